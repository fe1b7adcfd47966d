"""Numbers, bars, and sentences shared by the command line, the app, and the benchmarks. Prints nothing."""
