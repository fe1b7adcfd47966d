"""Dialogs: screens that ask or explain one thing and close."""
