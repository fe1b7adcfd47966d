"""What networks take as input: the images of a session, or frozen features of them."""
