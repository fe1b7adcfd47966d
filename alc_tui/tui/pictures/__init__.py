"""Draws images in terminal cells. Independent of widgets, screens, and sessions."""
