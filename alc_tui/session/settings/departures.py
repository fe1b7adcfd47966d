"""Departures of the authors' published code from their paper, one setting each, so that their effects can be measured
separately.

Not included, because they do not change a session's results: the authors' name for the peers' summed logits, which are
reported apart from peer 1's (`peers`), and their count of rounds, of which round 0 is one. Not reproduced: batch
normalization's running statistics after BALD's passes in train mode, which the next retraining overwrites.
"""

from __future__ import annotations

FREE_CORRECTIONS = "free-corrections"
VOG_START = "vog-start"
VOG_PASS = "vog-pass"
SELECTION_COUNTS = "selection-counts"
COSINE_PERIOD = "cosine-period"
RANDOM_SEED = "random-seed"
AUGMENTED_RANKING = "augmented-ranking"
BALD_WITHOUT_DROPOUT = "bald-without-dropout"
CE_ON_ALL = "ce-on-all"
SHARED_NOISE = "shared-noise"
ALL_EPOCHS_AVERAGE = "all-epochs-average"
ROTATION = "rotation"
BALD_PASSES = "bald-passes"
EXEMPT_TARGETS = "exempt-targets"

DEPARTURES = {
    FREE_CORRECTIONS: "Samples selected by LNL get their true labels from round 1 on; the ledger counts them.",
    VOG_START: "VOG takes effect one epoch later.",
    VOG_PASS: "VOG's gradients come from an extra pass in train mode; those of the last batch are scaled up.",
    SELECTION_COUNTS: "R, R1, and R2 are truncated floating-point values; R1 + R2 can be R − 1.",
    COSINE_PERIOD: "In the rounds, the cosine schedule ends after rounds + 1 epochs, then rises again.",
    RANDOM_SEED: "The random sampler uses the same seed in every round.",
    AUGMENTED_RANKING: "Samplers rank randomly augmented images.",
    BALD_WITHOUT_DROPOUT: "BALD runs the network in train mode, without any dropout.",
    CE_ON_ALL: "With the method ce, rounds train on all samples, including those that are still noisy.",
    SHARED_NOISE: "All seeds share the same noise and the same split.",
    ALL_EPOCHS_AVERAGE: "The test score is also reported as the average over all epochs.",
    ROTATION: "Images are rotated after the crop, with nearest-neighbor sampling, which leaves black corners.",
    BALD_PASSES: "BALD runs 10 passes instead of 20.",
    EXEMPT_TARGETS: "Noise does not change a label into that of an exempt class.",
}
ROUND_DEPARTURES = (
    FREE_CORRECTIONS,
    COSINE_PERIOD,
    RANDOM_SEED,
    AUGMENTED_RANKING,
    BALD_WITHOUT_DROPOUT,
    BALD_PASSES,
    CE_ON_ALL,
)
"""Departures that take effect only after LNL, so that a replay can change them."""
ALL = "all"
FIRST_ALL = tuple(DEPARTURES)[:11]
"""What `all` means in sessions and results of versions up to 0.4; later ones list the names instead."""
NONE = "none"
