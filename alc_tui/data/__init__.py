"""Images and labels: sources, noise, imbalance, splits and the decoded-image cache. Knows no torch."""
