"""Scores of a classifier, and how sure they are."""
