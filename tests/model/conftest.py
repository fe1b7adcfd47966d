"""What the tests of networks and loops start from."""

from __future__ import annotations

from tests.learners import compute, data, one_thread, perceptron, tensors

__all__ = ["compute", "data", "one_thread", "perceptron", "tensors"]
