"""The way from screen to screen."""
