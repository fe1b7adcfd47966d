"""Engines: what runs the tasks of a sweep. They submit tasks, say in which state they are, and cancel them."""
