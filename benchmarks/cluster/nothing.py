"""A task that does nothing, for what an engine costs by itself."""
