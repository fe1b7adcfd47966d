"""How long the trainings of a session will take, from the pace found on this machine.

Rough, and rather too short: it leaves out decoding and downloads, what selection and VOG add to a step (about a tenth),
the samplers, checkpoints, and what else the machine will have to do.
"""

from __future__ import annotations

from dataclasses import dataclass

from alc_tui.session.config import AUTO, Config


@dataclass(frozen=True)
class Pace:
    """Seconds in which one network learns from an image, and in which it scores one."""

    learning: float
    scoring: float


@dataclass(frozen=True)
class Estimate:
    """Seconds. learning: LNL, until the first queue is ranked. round: one retraining, the mean over the rounds."""

    learning: float
    round: float


def forecast(pace: Pace, config: Config, training: int, validation: int, test: int, clean: int) -> Estimate:
    """training, validation, test: how many samples there are of each. clean: how many of them LNL will take for clean.

    Each epoch learns from the training samples and scores the validation samples; each phase ends with the test
    samples, scored with the best weights and the last, and one look at the training samples. Two peers learn, are
    scored alone (peer 1) and together; the rounds go on with one.
    """
    peers = 1 if config.method == "ce" else 2
    gradients = training if config.method == "ct-vog" and config.vog_pass == "eval" else 0
    learned = config.epochs * peers * training
    scored = config.epochs * peers * (validation + gradients) + (2 if peers == 1 else 6) * test + training
    if peers == 2 and config.forget_rate == AUTO:
        learned += noise_epochs(config) * training
        scored += 2 * validation + training
    in_round = clean + (config.budget or 0) * (config.rounds + 1) / 2
    learned_again = config.round_epochs * in_round
    scored_again = config.round_epochs * validation + 2 * test + training
    return Estimate(
        learned * pace.learning + scored * pace.scoring, learned_again * pace.learning + scored_again * pace.scoring
    )


def noise_epochs(config: Config) -> int:
    """For how many epochs each of the two networks learns that estimate the noise rate, each from half of the data."""
    return max(config.epochs // 2, 5)
