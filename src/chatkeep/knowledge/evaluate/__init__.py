"""Evaluation: how well documents are found, cited and answered from.

Above: `chatkeep evaluate` and the benchmarks. `beir` measures retrieval on a test collection, `golden` the
whole path on one's own questions; each gives a `Run`, which `runs` keeps, `compare` compares and `report`
shows.
"""
