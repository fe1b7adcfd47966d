"""What lies in the folder of a data set: which files are its images, and what is left out for which reason."""
