from __future__ import annotations

import pytest

from alc_tui.text.rounds import why_done


@pytest.mark.parametrize(
    ("finished", "rounds", "sentence"),
    [
        (3, 2, "All rounds are done"),
        (1, 0, "All rounds are done"),
        (1, 2, "Nothing counts as noisy, so there is nothing to label"),
        (2, 2, "No sample is left to label"),
    ],
)
def test_a_session_says_why_it_has_no_further_round(finished: int, rounds: int, sentence: str) -> None:
    assert why_done(finished, rounds) == sentence
