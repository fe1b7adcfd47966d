"""The grid: the queue of a round as thumbnails, to look around in and to decide several samples at once."""
