"""Files of tensors: checkpoints, and networks as plain state dicts."""
