"""Several processes that train together, one on each GPU."""
