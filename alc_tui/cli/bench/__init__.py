"""`alc bench`: run suites, and report and plot their results."""
