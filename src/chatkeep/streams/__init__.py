"""A live answer as a log that can be replayed: runs, their journal, and those who follow them."""
