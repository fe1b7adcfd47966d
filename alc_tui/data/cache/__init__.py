"""Decoded images on disk, each decoded once."""
