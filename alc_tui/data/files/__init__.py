"""Files that others may read, write and interrupt: whole writes, shared modes, hidden names, locks, and reading."""
