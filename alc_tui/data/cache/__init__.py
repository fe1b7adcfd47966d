"""Caches decoded images and their features on disk, so that each is computed only once."""
