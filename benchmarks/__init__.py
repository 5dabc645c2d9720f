"""Measurements, printed as tables: `python -m benchmarks`."""
