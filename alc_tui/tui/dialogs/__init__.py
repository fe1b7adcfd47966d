"""Dialogs: modal screens that ask a question or show help."""
