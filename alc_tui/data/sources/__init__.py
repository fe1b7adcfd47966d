"""Data sets on disk: one module per layout."""
