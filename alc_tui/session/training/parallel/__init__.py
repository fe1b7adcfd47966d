"""The processes that train a session together: starting, joining, and ending them."""
