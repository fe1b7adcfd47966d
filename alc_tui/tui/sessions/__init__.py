"""Sessions: the list of sessions in a store, the form for a new session, and its summary."""
