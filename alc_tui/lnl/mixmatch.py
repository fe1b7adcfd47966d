"""The equations of DivideMix's training step (Li, Socher, Hoi 2020, Sec. 3.2 and Alg. 1), with the paper's symbols.

Pure functions of tensors; nothing is drawn at random.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def sharpen(p: Tensor, temperature: float) -> Tensor:
    """Sharpen(p, T)_c = p_c^(1/T) / Σ_c p_c^(1/T) (MixMatch's); p: float[n, C], rows sum to 1. T in (0, 1]; 1 leaves p
    unchanged; as T approaches 0, the largest p_c dominates."""
    powers = p ** (1 / temperature)
    return powers / powers.sum(1, keepdim=True)


def co_refine(y: Tensor, w: Tensor, p: Tensor, temperature: float) -> Tensor:
    """ŷ = Sharpen(w·y + (1 − w)·p, T): the given label, weighted by its clean probability, plus the prediction.

    y: float[n, C], one-hot. w: float[n], the clean probability. p: float[n, C], the network's mean prediction over the
    augmentations.
    """
    return sharpen(w[:, None] * y + (1 - w[:, None]) * p, temperature)


def co_guess(predictions: Tensor, temperature: float) -> Tensor:
    """q = Sharpen(1/(2M) Σ_m (p_model(û_m; θ1) + p_model(û_m; θ2)), T): the guess of both networks together.

    predictions: float[2·M, n, C], of both networks for each of M augmentations.
    """
    return sharpen(predictions.mean(0), temperature)


def mix_up(first: Tensor, second: Tensor, lam: Tensor) -> Tensor:
    """λ'·first + (1 − λ')·second with λ' = max(λ, 1 − λ) so that the first input has the larger weight.

    first, second: float[n, …]. lam: λ in [0, 1], float[n].
    """
    larger = torch.maximum(lam, 1 - lam).reshape(-1, *[1] * (first.dim() - 1))
    return larger * first + (1 - larger) * second


def labeled_loss(logits: Tensor, p: Tensor) -> Tensor:
    """L_X = −1/n Σ_i Σ_c p_c · log p_model,c; logits, p: float[n, C], n ≥ 1."""
    return F.cross_entropy(logits, p)


def unlabeled_loss(logits: Tensor, p: Tensor) -> Tensor:
    """L_U = 1/(C·n) Σ_i ‖p − p_model‖²; logits, p: float[n, C], n ≥ 1.

    The 1/C is that of MixMatch (Berthelot et al. 2019) and of the authors' code, for which λ_u was tuned; the paper's
    equation omits it.
    """
    return F.mse_loss(logits.softmax(1), p)


def prior_penalty(logits: Tensor) -> Tensor:
    """L_reg = Σ_c π_c · log(π_c / p̄_c) with π_c = 1/C and p̄ the mean prediction; logits: float[n, C].

    0 where the predictions are spread evenly over the classes, above 0 elsewhere.
    """
    mean = logits.softmax(1).mean(0)
    prior = torch.full_like(mean, 1 / len(mean))
    return (prior * (prior / mean).log()).sum()


def ramp_up(epochs: float, length: float) -> float:
    """The fraction of λ_u applied after `epochs`, which may be fractional: rises linearly to 1 at `length` > 0."""
    return min(max(epochs / length, 0.0), 1.0)
