"""Review: decided samples that deserve a second look."""
