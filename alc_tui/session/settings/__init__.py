"""Every setting of a session: its values, where they come from, and what they will cost. Knows no store."""
