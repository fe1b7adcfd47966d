"""What the worker does: learning, retraining, ranking and checkpoints."""
