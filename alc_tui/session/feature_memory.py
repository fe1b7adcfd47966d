"""How much memory frozen features and the gradients of their heads take."""

from __future__ import annotations

from alc_tui.data.memory import memory_size
from alc_tui.errors import UsageError
from alc_tui.model.sizes import HIDDEN_UNITS, PRINCIPAL_COMPONENTS
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.names import HIDDEN
from alc_tui.session.store.arrays import Samples


def check_memory(config: Config, dimensions: int, samples: Samples, device: str, available: int | None = None) -> None:
    """Raise UsageError if the features of all samples and VOG's window do not fit into memory.

    dimensions: D of the features. device: its description; other memory than a CPU's is not checked. available: bytes,
    those of this machine if omitted.
    """
    if not device.startswith("cpu"):
        return
    available = memory_size() if available is None else available
    features = 4 * dimensions * config.views * len(samples.ids)
    window = _window_bytes(config, dimensions, len(samples.train))
    if available and features + window > available:
        gigabytes = f"{(features + window) / 2**30:.0f} GiB"
        advice = "a smaller --vog-window" if window > features else "fewer --views"
        raise UsageError(
            f"The features and VOG's window take {gigabytes}, more than this machine's memory of "
            f"{available / 2**30:.0f} GiB; specify {advice}, or a backbone with fewer features."
        )


def _window_bytes(config: Config, dimensions: int, training: int) -> int:
    """Of both peers' gradients by the inputs of their last layer, in half precision, see `lnl.vog.GradientWindow`."""
    if config.method != "ct-vog" or config.mix_ratio == 0:
        return 0
    inputs = HIDDEN_UNITS if config.head == HIDDEN else min(dimensions, PRINCIPAL_COMPONENTS)
    return 2 * 2 * config.vog_window * training * (inputs + 1)
