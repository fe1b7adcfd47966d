"""The grid of a round."""
