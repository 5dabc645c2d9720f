"""Outbound: one module an outside system."""
