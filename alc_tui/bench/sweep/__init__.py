"""Running a suite: what is missing, how many jobs at a time, and how far they are."""
