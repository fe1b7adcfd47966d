"""The Training screen."""
