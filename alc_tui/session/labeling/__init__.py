"""Deciding: queue, passes, review, agreement, merging, oracles, export. Knows no torch and no screen."""
