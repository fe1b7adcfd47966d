"""Reports of results as tables."""
