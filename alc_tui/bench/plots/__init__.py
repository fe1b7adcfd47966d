"""Results as figures, in files or in the terminal."""
