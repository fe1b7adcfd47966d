"""Decoded images on disk, so that each image is decoded once."""
