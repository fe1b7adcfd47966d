"""Recipes: how the whole loop learns, asks, and learns again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from alc_tui.errors import UsageError
from alc_tui.session.settings.config import SETTINGS
from alc_tui.session.settings.names import BALANCED, BOTH, MEAN, PAPER, TWO_PEERS
from alc_tui.session.settings.presets import RECIPE_SETTINGS
from alc_tui.session.settings.setting import check_choice

CO_TEACHING = ("ct-vog", "ct")
METHODS = (*CO_TEACHING, "ce", "elr", "dividemix")
"""The methods of `fit`."""

T = TypeVar("T")
_NAMES = (PAPER, BALANCED)
_FIELDS = ("method", "sampler", "balance", "decided_weight", "tune_peers", "prediction")


@dataclass(frozen=True)
class Recipe:
    """What `fit`, `FitResult.rank` and `retrain` do; made by `recipe`.

    method: one of METHODS, of LNL. sampler: a name in `SAMPLERS`, which ranks the noisy samples. balance: b in [0, 1],
    the power with which retraining balances the classes, and decided_weight: v ≥ 1, how often it draws decided samples
    compared with others: a sample of class c is drawn in proportion to v / n_c^b. tune_peers: `one` or `both`, the
    peers that are retrained. prediction: `peer1`, or `mean` for the mean of both peers' probabilities.
    """

    method: str
    sampler: str
    balance: float
    decided_weight: float
    tune_peers: str
    prediction: str

    def predicting(self, peers: Sequence[T]) -> Sequence[T]:
        """Those of the peers, or of something of each, by whose mean probabilities samples are ranked and predicted."""
        return peers if self.prediction == MEAN else peers[:1]


def recipe(name: str = PAPER, **changes: object) -> Recipe:
    """A recipe by name, with changes.

    name: `paper` (Khanal et al. 2024: Co-teaching with VOG, entropy, peer 1 retrained) or `balanced` (Co-teaching,
    rare classes first, both peers retrained with square-root class balancing, decided samples four times as often).
    changes: of any attribute of `Recipe`.

    Raises UsageError (a ValueError) for an unknown name, attribute or value, and for values that do not go together.
    """
    check_choice("recipe", name, _NAMES)
    for attribute in changes:
        check_choice("attribute of a recipe", attribute, _FIELDS)
    values = {field: SETTINGS[field].default for field in _FIELDS} | RECIPE_SETTINGS[name] | changes
    check_choice("method", values["method"], METHODS)
    for field in _FIELDS:
        SETTINGS[field].check(values[field])
    made = Recipe(**values)
    if made.tune_peers == BOTH and made.method not in TWO_PEERS:
        raise UsageError(
            f"The method {made.method!r} trains one network; pass `tune_peers='one'` and `prediction='peer1'` to "
            "`recipe`, or choose ct-vog, ct or dividemix."
        )
    if made.prediction == MEAN and made.tune_peers != BOTH:
        raise UsageError("The mean of both peers' predictions needs both retrained; pass `tune_peers='both'`.")
    return made
