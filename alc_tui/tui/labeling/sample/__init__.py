"""One sample on the labeling screen: the image, and what is laid out around it."""
