"""`alc dataset`: list, describe, and prepare data sets."""
