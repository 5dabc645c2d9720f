"""What reading documents costs, `chatkeep ingest` and the usual pipeline side by side.

`corpus` writes the documents, `usual` is the pipeline, `report` measures both from outside and prints.
"""
