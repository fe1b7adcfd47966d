"""Sizes of heads, in a module that does not import torch."""

HIDDEN_UNITS = 256
"""Units of the hidden layer of a head on frozen features."""
PRINCIPAL_COMPONENTS = 128
"""Principal components of frozen features that a head uses, at most."""
