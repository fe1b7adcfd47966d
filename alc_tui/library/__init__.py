"""The Python API for plain arrays, as used in notebooks. `alc_tui` exports its names lazily.

A thin layer over the packages below it: it validates arguments and determines sizes, devices, and positions. Does not
depend on a terminal.
"""
