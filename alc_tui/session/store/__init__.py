"""Sessions on disk: the folder, document, arrays, journal, events, and locks. Does not import torch."""
