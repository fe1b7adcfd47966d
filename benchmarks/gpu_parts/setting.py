"""What all parts share: the device, the sizes, made data, learners, and clocks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from alc_tui.data.cache.sizes import stored_size
from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.model.batches import TrainingData
from alc_tui.model.device import Compute
from alc_tui.model.networks import Network, build
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.probing.made_images import made_images, with_wrong_labels
from alc_tui.model.sources import SHARE_OF_FREE_MEMORY, Images

CLASSES = 8
NOISE_RATE = 0.5

Facts = dict[str, Any]
Part = Callable[["Setting"], Iterator[Facts]]


@dataclass(frozen=True)
class Setting:
    """The device and the sizes of a part.

    train, validation, test: samples of the whole data set. few, few_epochs: samples and epochs of parts that do not
    need it. image_size: of the network's input. few_size: of the parts that also train on the processor. deadline: on
    the monotonic clock, when the part should be done; it then extrapolates.
    """

    compute: Compute
    deadline: float
    backbone: str = "resnet18"
    image_size: int = 224
    few_size: int = 64
    batch_size: int = 256
    train: int = 17731
    validation: int = 2533
    test: int = 5067
    few: int = 2048
    few_epochs: int = 6
    epochs: int = 50
    round_epochs: int = 25

    @property
    def seconds_left(self) -> float:
        """Until the deadline."""
        return self.deadline - time.monotonic()

    def timed(self, work: Callable[[], object]) -> float:
        """Seconds of a call, the device's work included."""
        self.wait()
        began = time.perf_counter()
        work()
        self.wait()
        return time.perf_counter() - began

    def wait(self) -> None:
        """Until the device has done what it was given."""
        if self.is_gpu:
            torch.cuda.synchronize(self.compute.device)

    @property
    def is_gpu(self) -> bool:
        """Whether the device is a GPU of CUDA."""
        return self.compute.device.type == "cuda"


def small(setting: Setting) -> Setting:
    """The smallest sizes, to see whether the parts work."""
    return replace(
        setting,
        backbone="small",
        image_size=16,
        few_size=16,
        batch_size=16,
        train=48,
        validation=16,
        test=16,
        few=48,
        few_epochs=2,
        epochs=8,
        round_epochs=3,
    )


def with_samples(setting: Setting, train: int) -> Setting:
    """As many samples to train on; the other splits and the few in proportion."""
    share = train / setting.train
    validation, test = round(share * setting.validation), round(share * setting.test)
    return replace(setting, train=train, validation=validation, test=test, few=min(setting.few, train))


@dataclass(frozen=True)
class Data:
    """Made images uint8[n, S', S', 3], their true and their given labels int64[n]; half of these are wrong."""

    pixels: NDArray[np.uint8]
    truth: NDArray[np.int64]
    given: NDArray[np.int64]


def make_data(setting: Setting, count: int, image_size: int) -> Data:
    """Images of which crops of `image_size` are taken."""
    pixels, truth = made_images(count, stored_size(image_size), CLASSES, setting.compute.device)
    return Data(pixels, truth, with_wrong_labels(truth, NOISE_RATE, CLASSES))


def images(data: Data, image_size: int, compute: Compute, share: float = SHARE_OF_FREE_MEMORY) -> Images:
    """The images as inputs. share: see `Images`."""
    return Images(data.pixels, np.arange(len(data.pixels)), image_size, compute, share=share)


def method(warmup: int, window: int) -> CoTeachingSettings:
    """Co-teaching with VOG after the warm-up."""
    return CoTeachingSettings(forget_rate=NOISE_RATE, warmup=warmup, window=window)


def peers(setting: Setting) -> tuple[Network, Network]:
    """Two networks with random weights, the same each time."""
    return build(setting.backbone, CLASSES, "none", 1), build(setting.backbone, CLASSES, "none", 2)


def co_teaching(
    setting: Setting,
    source: Images,
    labels: NDArray[np.int64],
    settings: CoTeachingSettings,
    epochs: int,
    compute: Compute | None = None,
    kind: type[CoTeaching] = CoTeaching,
) -> CoTeaching:
    """Co-teaching on the first samples of a source, as many as there are labels."""
    data = TrainingData(source, np.arange(len(labels)), labels)
    plan = TrainingPlan(epochs=epochs, batch_size=setting.batch_size, lr=0.01)
    return kind(peers(setting), data, settings, plan, compute or setting.compute, seed=0)


def differing(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> Facts:
    """How many tensors of two states differ in a bit, and by how much at most."""
    names = [name for name, value in one.items() if not torch.equal(value, other[name])]
    largest = max((float((one[name].double() - other[name].double()).abs().max()) for name in names), default=0.0)
    return {
        "tensors": len(one),
        "differing": len(names),
        "largest_difference": largest,
        "first_differing": names[:5],
    }
