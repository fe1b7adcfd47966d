"""The grid: shows the queue of a round as thumbnails, for browsing and for deciding several samples at once."""
