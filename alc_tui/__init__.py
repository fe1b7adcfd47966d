"""Active label cleaning for imbalanced medical images under heavy label noise."""

__version__ = "0.4.0"
