from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alc_tui.errors import UsageError
from alc_tui.session import create
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.quicker import alternatives
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.resolution import resolve
from alc_tui.session.settings.training_time import Speed


def draft(images: Path, **settings: Any) -> create.SessionDraft:
    options = {"dataset": f"folder:{images}", "noise": 0.4, "budget": 5, "rounds": 2, "image_size": 64, **settings}
    config, origins = resolve(options, {}, None)
    return create.check(config, origins, device=replace(by_pixels(config), is_busy=True))


def by_pixels(config: Config) -> DeviceProbe:
    """A machine whose speed depends on the image size and the network only."""
    seconds = config.image_size**2 / 64**2 * (1 if config.backbone == "small" else 100)
    return DeviceProbe("cpu (2 cores)", Speed(seconds, seconds / 10))


def test_two_alternatives_are_measured_and_are_faster(colors: Path) -> None:
    slow = draft(colors, weights="none")
    found = alternatives(slow, by_pixels)
    assert [dict(each.changes) for each in found] == [
        {"backbone": "small", "weights": "none"},
        {"epochs": 10, "warmup": 2, "round_epochs": 5},
    ]
    assert slow.estimate is not None and slow.estimate.is_uncertain
    assert all(each.estimate.longest < slow.estimate.longest / 4 for each in found)


def test_large_images_are_made_smaller_first(colors: Path) -> None:
    found = alternatives(draft(colors, weights="none", image_size=128), by_pixels)
    assert [dict(each.changes) for each in found] == [
        {"image_size": 64},
        {"backbone": "small", "weights": "none", "image_size": 64},
    ]


def test_frozen_features_come_first_where_the_backbone_is_pretrained(colors: Path) -> None:
    def machine(config: Config) -> DeviceProbe:
        return DeviceProbe("cpu", Speed(1e-4, 1e-5, features=10.0)) if config.freeze else by_pixels(config)

    found = alternatives(draft(colors, weights="imagenet", image_size=128), machine)
    assert [dict(each.changes) for each in found] == [{"freeze": True}, {"image_size": 64}]
    assert found[0].estimate.longest == pytest.approx(
        (4 * 50 + 22) * 10, rel=0.01
    )  # augmented views of training images only


def test_frozen_features_are_measured_at_the_size_that_they_would_have(colors: Path) -> None:
    sizes = dict[bool, int]()

    def machine(config: Config) -> DeviceProbe:
        sizes.setdefault(config.freeze, config.image_size)
        return DeviceProbe("cpu", Speed(1e-4, 1e-5, features=10.0)) if config.freeze else by_pixels(config)

    options = {"dataset": f"folder:{colors}", "noise": 0.4, "budget": 5, "rounds": 2}
    config, origins = resolve(options, {}, None)
    alternatives(create.check(config, origins, device=by_pixels(config)), machine)
    assert sizes[True] == 64


def test_a_frozen_session_can_only_take_smaller_images(colors: Path) -> None:
    frozen = draft(colors, weights="none", image_size=128, freeze=True)
    assert [dict(each.changes) for each in alternatives(frozen, by_pixels)] == [{"image_size": 64}]


def test_what_cannot_be_measured_or_is_not_faster_is_not_offered(colors: Path) -> None:
    def fail(config: Config) -> DeviceProbe:
        raise UsageError("This backbone does not take images of 64 px.")

    slow = draft(colors, weights="none")
    assert alternatives(slow, fail) == []
    assert alternatives(slow, lambda _: DeviceProbe("cpu", None)) == []
    as_slow = DeviceProbe("cpu", Speed(100.0, 10.0))
    assert [each.changes["epochs"] for each in alternatives(slow, lambda _: as_slow)] == [10]


@pytest.mark.parametrize("method", ["ct", "ct-vog", "alc-ct"])
def test_a_forget_rate_that_leaves_nothing_of_a_batch_is_refused(method: str, colors: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing of a batch of 4 samples .* --batch-size of at least 20"):
        draft(colors, method=method, forget_rate=0.95, batch_size=4)


def test_a_method_without_a_forget_rate_takes_any_batch(colors: Path) -> None:
    assert draft(colors, method="ce", forget_rate=0.95, batch_size=4).config.batch_size == 4
