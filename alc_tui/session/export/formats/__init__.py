"""One module per export format: what it writes for a table of labels."""
