"""Images and labels: sources, noise, imbalance, splits, and the decoded-image cache. Does not import torch."""
