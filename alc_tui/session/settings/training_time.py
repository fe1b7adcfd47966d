"""Estimates the training time of a session from the measured speed of this machine.

A rough estimate that tends to be too low: it excludes decoding, downloads, the overhead of selection and VOG (about
10%), samplers, checkpoints, and other load on the machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from alc_tui.session.settings.config import Config
from alc_tui.session.settings.departures import ALL_EPOCHS_AVERAGE, CE_ON_ALL, VOG_PASS
from alc_tui.session.settings.names import AUTO, CO_TEACHING, MEAN, TWO_PEERS

VIEWS = 4
"""How many images dividemix learns from for each labeled sample: two of it, and two of an unlabeled one."""


@dataclass(frozen=True)
class Speed:
    """Seconds per image for training and for scoring, with one network; features: for one view of an image, if a
    backbone's features are computed first."""

    learning: float
    scoring: float
    features: float = 0.0


@dataclass(frozen=True)
class Estimate:
    """Seconds. learning: LNL, until the first queue is ranked. round: one retraining, the mean over the rounds.
    is_uncertain: other programs used the cores while the speed was measured."""

    learning: float
    round: float
    is_uncertain: bool = False

    def of(self, number: int) -> float:
        """Of round `number`; round 0 is LNL."""
        return self.round if number else self.learning

    @property
    def longest(self) -> float:
        """The longest training without a person's work in between."""
        return max(self.learning, self.round)


def estimate_training(speed: Speed, config: Config, training: int, validation: int, test: int, clean: int) -> Estimate:
    """training, validation, test: the number of samples in each. clean: the expected size of the clean set.

    Each epoch learns from the training samples and scores the validation samples; each phase ends with the test
    samples, scored with the best weights and the last, and one scoring of the training samples. Two peers are trained,
    and scored alone (peer 1) and together; the rounds continue with one or both. An epoch of dividemix after its
    warm-up scores the training samples and VIEWS of each clean one, half of them by the other peer too, and learns from
    these views. A round of alc-ct learns from all training samples. Frozen features are computed before LNL.
    """
    peers = 2 if config.method in TWO_PEERS else 1
    epochs = 0 if config.method == "al" else config.epochs
    divided = epochs - config.warmup if config.method == "dividemix" else 0
    own_pass = config.vog_pass == "eval" or config.has_departure(VOG_PASS)
    gradients = training if config.method == "ct-vog" and own_pass else 0
    watched = test if config.has_departure(ALL_EPOCHS_AVERAGE) else 0
    learned = peers * ((epochs - divided) * training + divided * VIEWS * clean)
    validated = max(epochs, 1) * (validation + watched)
    scored = peers * (validated + epochs * gradients + divided * (training + VIEWS * clean * 3 // 2))
    scored += _test_passes(config, peers) * test + (peers if config.ranks_by_mean else 1) * training
    if config.method in CO_TEACHING and config.forget_rate == AUTO:
        learned += noise_epochs(config) * training
        scored += 2 * validation + training
    viewed = config.views * training + validation + test
    learned_again, scored_again = _round(config, training, validation, test, clean)
    return Estimate(
        learned * speed.learning + scored * speed.scoring + viewed * speed.features,
        learned_again * speed.learning + scored_again * speed.scoring,
    )


def _round(config: Config, training: int, validation: int, test: int, clean: int) -> tuple[float, float]:
    """The number of images that a round trains on and scores."""
    decided = (config.budget or 0) * (config.rounds + 1) / 2
    takes_all = config.method == "alc-ct" or (config.method == "ce" and config.has_departure(CE_ON_ALL))
    learned = training if takes_all else clean + decided
    watched = test if config.has_departure(ALL_EPOCHS_AVERAGE) else 0
    peers = 2 if config.retrains_both else 1
    scored = peers * config.round_epochs * (validation + watched) + _test_passes(config, peers) * test
    return peers * config.round_epochs * learned, scored + (peers if config.ranks_by_mean else 1) * training


def _test_passes(config: Config, peers: int) -> int:
    """How often a network is run on the test set at the end: the best and the last weights of each ensemble."""
    if peers == 1:
        return 2
    return 10 if config.prediction == MEAN else 6


def noise_epochs(config: Config) -> int:
    """Number of epochs for each of the two networks that estimate the noise rate, each on half of the data."""
    return max(config.epochs // 2, 5)
