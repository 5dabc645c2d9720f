"""File formats to text, a module each."""
