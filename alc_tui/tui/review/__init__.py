"""Review: decided samples that need a second look."""
