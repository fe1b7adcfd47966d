"""Live training progress: metrics, curves, clean shares, and log of a session's worker."""
