"""Searches architecture and training settings: ``edge-htr tune``."""
