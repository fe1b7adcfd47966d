"""Every setting of a session: its values, their origins, and their expected cost. Independent of the store."""
