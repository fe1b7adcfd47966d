"""Widgets shared by several screens; they only display data."""
