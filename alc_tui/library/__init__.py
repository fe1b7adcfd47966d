"""The library: what a notebook calls, on plain arrays. `alc_tui` itself exports its names, lazily.

A thin layer above the rooms below it: it checks arguments, names sizes, devices and positions, and knows no
terminal.
"""
