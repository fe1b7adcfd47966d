"""Scores of a classifier and their confidence intervals."""
