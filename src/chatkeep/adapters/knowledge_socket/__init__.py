"""The knowledge base of one process, read by others over a Unix domain socket."""
