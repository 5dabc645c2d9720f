"""The vocabulary every part shares. Pure: no I/O, no vendor."""
