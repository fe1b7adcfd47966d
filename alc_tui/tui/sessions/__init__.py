"""The list of sessions, and the form for new ones."""
