"""How many samples of a batch are learned from: the forget-rate schedule and the counts R, R1, R2 (Khanal et al. 2024,
Sec. 2.1).

Computed with exact fractions to avoid floating-point errors: (1 − 0.8)·250 is 50.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor


def exact(decimal: float) -> Fraction:
    """The exact fraction for a decimal such as 0.8, instead of the nearest binary float."""
    return Fraction(str(decimal))


def forget_rate(tau: float, epoch: int, gradual: int) -> Fraction:
    """τ(e): from 0 at epoch 0 linearly to τ at epoch T_k − 1, then τ.

    tau: τ in [0, 1). epoch: e ≥ 0. gradual: T_k ≥ 1 epochs. Han et al. 2018, Alg. 1, with c = 1.
    """
    if epoch >= gradual - 1:
        return exact(tau)
    return exact(tau) * Fraction(epoch, gradual - 1)


def keep_count(batch: int, rate: Fraction) -> int:
    """R = ⌊(1 − τ(e))·B⌋ of a batch of B samples."""
    return floor((1 - rate) * batch)


def mix_counts(keep: int, mix_ratio: float) -> tuple[int, int]:
    """(R1, R2): of R samples, R2 = ⌊m·R⌋ by VOG and R1 = R − R2 by loss; m in [0, 1]."""
    by_vog = floor(exact(mix_ratio) * keep)
    return keep - by_vog, by_vog


def truncated_keep_count(batch: int, rate: Fraction) -> int:
    """R as the authors' code counts it: truncated from binary floats, (1 − 0.8)·250 is 49."""
    return int((1 - float(rate)) * batch)


def truncated_mix_counts(keep: int, mix_ratio: float) -> tuple[int, int]:
    """(R1, R2) as the authors' code counts them: int(R·(1 − m)) and int(R·m), which can be one short of R."""
    return int(keep * (1 - mix_ratio)), int(keep * mix_ratio)


def clean_count(samples: int, batch_size: int, rate: Fraction, clean_set: str) -> int:
    """The size of the clean set at the last epoch's forget rate, known before the training starts.

    `last_epoch` counts batch by batch, the smaller last one by its own size; `global` counts once.
    """
    if clean_set == "global":
        return keep_count(samples, rate)
    whole, rest = divmod(samples, batch_size)
    sizes = [batch_size] * whole + [rest] * (rest > 0)
    if rest == 1 and whole:
        sizes = [*sizes[:-2], batch_size + 1]
    return sum(keep_count(size, rate) for size in sizes)
