from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest
import torch

from alc_tui.interpreter import module_command
from alc_tui.model.probing.made_images import made_images, with_wrong_labels

CPU = torch.device("cpu")


def test_made_images_of_a_class_look_alike_and_those_of_two_classes_do_not() -> None:
    pixels, labels = made_images(40, 12, 2, CPU)
    assert pixels.shape == (40, 12, 12, 3) and pixels.dtype == np.uint8 and set(labels) == {0, 1}
    patterns = np.stack([pixels[labels == label].mean(0) for label in (0, 1)])
    distance = np.abs(pixels[:, None].astype(float) - patterns).mean((2, 3, 4))
    assert (distance.argmin(1) == labels).all()


def test_made_images_are_those_of_their_seed() -> None:
    first, again, other = (made_images(300, 4, 3, CPU, seed)[0] for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()


def test_wrong_labels_are_as_many_as_asked_for_and_of_all_other_classes() -> None:
    labels = np.zeros(3000, dtype=np.int64)
    wrong = with_wrong_labels(labels, 0.4, classes=4)
    counts = np.bincount(wrong, minlength=4)
    assert counts.sum() == 3000 and abs(counts[0] - 1800) < 150 and (abs(counts[1:] - 400) < 100).all()


@pytest.mark.slow
def test_a_processor_agrees_with_itself_and_repeats_itself() -> None:
    done = subprocess.run(
        [*module_command("alc_tui.lnl.device_check"), "--device", "cpu", "--small"],
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert answer["agreement"] == 1 and answer["is_repeatable"] and answer["parts"] == 1
    assert answer["device"].startswith("cpu") and answer["images_per_second"] > 0


@pytest.mark.slow
def test_a_device_that_is_not_there_is_a_sentence() -> None:
    command = [*module_command("alc_tui.lnl.device_check"), "--device", "cuda:99"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert "'cuda:99' is not available here" in answer["error"]


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is checked, which takes a minute")
def test_a_processor_that_nobody_named_is_not_checked() -> None:
    command = module_command("alc_tui.lnl.device_check")
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert answer.keys() == {"device"}
