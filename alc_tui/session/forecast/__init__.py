"""What the next round will probably bring, and when it is reasonable to stop."""
