"""`alc doctor`: what the terminal, the machine and the disk can do, each with a verdict and what to do."""
