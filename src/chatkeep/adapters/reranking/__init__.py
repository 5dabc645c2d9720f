"""Cross-encoders on this machine: a question and a passage read together give one score."""
