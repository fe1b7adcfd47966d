"""Which samples of a batch are selected as clean: the mixing rule (Khanal et al. 2024, Sec. 2.1)."""

from __future__ import annotations

import torch
from torch import Tensor


def select(loss: Tensor, by_loss: int, vog: Tensor | None = None, by_vog: int = 0) -> Tensor:
    """The R1 samples of smallest loss and, from the rest, the R2 of smallest VOG; ties go to the earlier position.

    loss: float[B]. by_loss: R1. vog: float[B], needed if by_vog > 0. by_vog: R2, with R1 + R2 ≤ B.
    Returns int64[R1 + R2], positions in the batch. Does not synchronize with the device.
    """
    small_loss = loss.argsort(stable=True)[:by_loss]
    if by_vog == 0 or vog is None:
        return small_loss
    finite = vog.nan_to_num(nan=torch.finfo(vog.dtype).max)
    rest = finite.index_fill(0, small_loss, torch.inf)
    return torch.cat([small_loss, rest.argsort(stable=True)[:by_vog]])
