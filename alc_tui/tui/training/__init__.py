"""The training, live: figures, curves, clean shares and log of a session's worker."""
