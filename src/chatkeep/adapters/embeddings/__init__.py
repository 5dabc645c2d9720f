"""Texts to vectors, on this machine. `weights.find_embedder` is the way in."""
