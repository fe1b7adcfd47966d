"""A short sample of every campaign finds no broken promise."""

from __future__ import annotations

import pytest

from tests.campaign.campaigns import CAMPAIGNS, run
from tests.campaign.findings import NotPossibleError

SECONDS = 1.0
"""Each campaign goes on until it has made one trial of each kind."""


@pytest.mark.slow
@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_sample_of_the_campaign_finds_nothing(name: str) -> None:
    try:
        findings = run(name, SECONDS, seed=0)
    except NotPossibleError as error:
        pytest.skip(str(error))
    assert findings.violations == []
