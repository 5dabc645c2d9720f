"""Qdrant: its engine inside this process (`edge`), or a server or cluster of its own (`server`)."""
