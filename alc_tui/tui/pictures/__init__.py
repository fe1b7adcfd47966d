"""Images drawn in the cells of a terminal. Knows no widget, no screen and no session."""
