"""Compare: one sample beside typical clean samples of its classes."""
