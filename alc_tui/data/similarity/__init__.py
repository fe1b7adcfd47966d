"""Comparing samples by their features: near duplicates and outliers. Independent of torch."""
