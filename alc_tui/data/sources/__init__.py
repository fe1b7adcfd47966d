"""Where samples come from: one module per layout on disk."""
