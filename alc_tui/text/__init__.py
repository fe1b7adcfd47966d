"""Numbers, bars and sentences that the command line, the app and the benchmark share. Prints nothing."""
