"""Plots of results, as files or in the terminal."""
