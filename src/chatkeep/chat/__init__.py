"""The conversation: threads, turns, citations, in ChatKit's terms."""
