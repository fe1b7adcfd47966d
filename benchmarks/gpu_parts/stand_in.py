"""The authors' way of training on the same device, written anew as a stand-in for their code.

Per epoch: a loader of two processes augments decoded images one by one with Pillow; each of two networks learns in
float32, selects on the host, and then passes over all samples again for its per-sample gradients. Their code also
decodes JPEG files and writes pickles, which is left out here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from alc_tui.model.augment import IMAGENET_MEAN, IMAGENET_STD
from alc_tui.model.networks import Network
from benchmarks.gpu_parts.setting import NOISE_RATE, Data, Facts, Setting, make_data, peers

WORKERS = 2
MEASURED_BATCHES = 8
"""At most, of each of the three passes of an epoch; the first batch of each is not counted."""


class OneByOne(Dataset[tuple[Tensor, int, int]]):
    """Decoded images, augmented one by one."""

    def __init__(self, data: Data, image_size: int) -> None:
        from torchvision import transforms

        self._data = data
        self._change = transforms.Compose(
            [
                transforms.RandomCrop(image_size),
                transforms.RandomHorizontalFlip(),
                transforms.RandomRotation(10),
                transforms.RandomApply([transforms.GaussianBlur(5, (0.1, 1.0))], 0.5),
                transforms.RandomApply([transforms.ColorJitter(0.1, 0.1, 0.1, 0.01)], 0.5),
                transforms.ToTensor(),
                transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
            ]
        )

    def __len__(self) -> int:
        return len(self._data.given)

    def __getitem__(self, index: int) -> tuple[Tensor, int, int]:
        image = Image.fromarray(self._data.pixels[index])
        return self._change(image), int(self._data.given[index]), index


def measure(setting: Setting) -> Iterator[Facts]:
    """A few batches of each pass; an epoch is that many times longer as it has more batches."""
    data = make_data(setting, setting.batch_size * (MEASURED_BATCHES + 1), setting.image_size)
    networks = [network.to(setting.compute.device).train() for network in peers(setting)]
    optimizers = [torch.optim.SGD(n.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4) for n in networks]
    gradients = torch.zeros(len(data.given), networks[0].dimensions + 1)
    share = setting.seconds_left / 4
    learning = rate(setting, data, share, lambda *batch: learn(networks, optimizers, *batch))
    passes = [
        rate(setting, data, share, lambda *batch, network=network: record(network, gradients, *batch))
        for network in networks
    ]
    images_per_second = 1 / (1 / learning + sum(1 / each for each in passes))
    epoch = setting.train / images_per_second
    yield {
        "what": "stand-in for the authors' way",
        "is_stand_in": True,
        "is_extrapolated": True,
        "images_per_second": round(images_per_second, 1),
        "learning_images_per_second": round(learning, 1),
        "gradient_pass_images_per_second": [round(each, 1) for each in passes],
        "epoch_seconds": round(epoch, 1),
        "lnl_seconds": round(setting.epochs * epoch, 1),
        "workers": WORKERS,
    }


def rate(setting: Setting, data: Data, seconds: float, work: object) -> float:
    """Images per second of a pass over some batches, loading included."""
    assert callable(work)
    loader = DataLoader(
        OneByOne(data, setting.image_size),
        setting.batch_size,
        shuffle=True,
        num_workers=WORKERS,
        pin_memory=setting.is_gpu,
        persistent_workers=False,
    )
    done, began, deadline = 0, 0.0, time.perf_counter() + seconds
    for number, (images, labels, indices) in enumerate(islice(loader, MEASURED_BATCHES + 1)):
        work(images.to(setting.compute.device), labels.to(setting.compute.device), indices)
        setting.wait()
        if number == 0:
            began = time.perf_counter()
            continue
        done += len(indices)
        if time.perf_counter() > deadline:
            break
    return done / (time.perf_counter() - began)


def learn(
    networks: list[Network], optimizers: list[torch.optim.SGD], images: Tensor, labels: Tensor, _indices: Tensor
) -> None:
    """Each network learns from what the other one selects, on the host."""
    losses = [F.cross_entropy(network(images)[0], labels, reduction="none") for network in networks]
    keep = int((1 - NOISE_RATE) * len(labels))
    picks = [np.argsort(loss.detach().cpu().numpy())[:keep].copy() for loss in losses]
    for loss, pick, optimizer in zip(losses, reversed(picks), optimizers, strict=True):
        optimizer.zero_grad()
        loss[torch.from_numpy(pick).to(loss.device)].mean().backward()
        optimizer.step()


def record(network: Network, gradients: Tensor, images: Tensor, labels: Tensor, indices: Tensor) -> None:
    """The gradient of each sample with respect to its row of the last layer, after a whole backward pass."""
    network.zero_grad()
    logits, features = network(images)
    F.cross_entropy(logits, labels).backward()
    error = logits.detach().softmax(1) - F.one_hot(labels, logits.shape[1])
    inputs = torch.cat([features.detach(), torch.ones_like(error[:, :1])], 1)
    every_row = torch.einsum("bc,bd->bcd", error, inputs) / len(labels)
    gradients[indices] = every_row[torch.arange(len(labels), device=labels.device), labels].cpu()
