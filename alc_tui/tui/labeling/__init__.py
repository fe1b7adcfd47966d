"""Labeling: one sample at a time, with its evidence and one key per verdict."""
