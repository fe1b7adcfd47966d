"""Progress: the results of the finished rounds."""
