"""Labeling: queue, passes, review, agreement, merging, oracles, export. Independent of torch and screens."""
