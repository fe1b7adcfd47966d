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

DEPARTURES = {
    FREE_CORRECTIONS: "The samples that LNL selects get their true labels from round 1 on; the ledger counts them.",
    VOG_START: "VOG takes effect one epoch later.",
    VOG_PASS: "VOG's gradients come from one more pass in train mode; those of the last batch are inflated.",
    SELECTION_COUNTS: "R, R1 and R2 are truncated from binary floats; R1 + R2 can be one less than R.",
    COSINE_PERIOD: "In the rounds, the cosine schedule ends after as many epochs as there are rounds, then rises.",
    RANDOM_SEED: "The random sampler uses the same seed in every round.",
    AUGMENTED_RANKING: "Samplers rank by randomly augmented images.",
    BALD_WITHOUT_DROPOUT: "BALD runs the network in train mode, without any dropout.",
    CE_ON_ALL: "The rounds of cross-entropy train on all samples, including those still noisy.",
    SHARED_NOISE: "All seeds share one draw of the noise and one split.",
    ALL_EPOCHS_AVERAGE: "The test score is also reported as the average over all epochs.",
}
OF_ROUNDS = (
    FREE_CORRECTIONS,
    COSINE_PERIOD,
    RANDOM_SEED,
    AUGMENTED_RANKING,
    BALD_WITHOUT_DROPOUT,
    CE_ON_ALL,
)
"""Departures that take effect only after LNL, so that a replay can change them."""
ALL = "all"
NONE = "none"
