"""Inbound HTTP."""
