"""`alc doctor`: checks of the terminal, the machine, and the disk, each with a verdict and advice."""
