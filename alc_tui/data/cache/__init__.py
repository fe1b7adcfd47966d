"""Caches decoded images on disk, so that each image is decoded only once."""
