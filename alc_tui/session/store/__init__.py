"""What lies on disk: the session folder, its document, arrays, journal, events and locks. Knows no torch."""
