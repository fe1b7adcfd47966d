"""Runs a suite: plans missing runs, limits parallel jobs, and tracks progress."""
