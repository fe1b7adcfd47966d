"""The script that times frozen features measures what a session does by default."""

from __future__ import annotations

from benchmarks.frozen_features import measure


def test_heads_learn_from_128_principal_components_in_rounds_of_both_recipes() -> None:
    told = measure(samples=300, dimensions=150, epochs=1, round_epochs=1)
    assert told["components"] == 128
    names = {"components_seconds", "lnl_seconds", "round_seconds_paper", "round_seconds_balanced"}
    assert told.keys() == {"components", *names}
    assert all(told[name] >= 0 for name in names)
