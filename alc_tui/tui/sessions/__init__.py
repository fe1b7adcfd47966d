"""Sessions: the list of a store, the form for a new session and its summary."""
