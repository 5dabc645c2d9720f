"""What a query costs among many chunks, chatkeep and `qdrant-client`'s local mode side by side.

`corpus` makes the chunks, `ours` and `local` measure, each in a process of its own on one core, and `report`
prints.
"""
