from __future__ import annotations

import math
import re
from typing import Any

import pytest

from alc_tui.errors import UsageError
from alc_tui.session.settings.config import SETTINGS, Config
from alc_tui.session.settings.presets import dataset_preset, paper_budget


def test_defaults_are_the_papers() -> None:
    config = Config(dataset="isic")
    assert (config.epochs, config.round_epochs, config.rounds) == (50, 25, 8)
    assert (config.batch_size, config.lr, config.warmup, config.vog_window) == (256, 0.01, 10, 5)
    assert (config.backbone, config.weights, config.image_size) == ("resnet18", "imagenet", 224)
    assert (config.method, config.clean_set, config.vog_pass) == ("ct-vog", "last_epoch", "fused")


def test_a_configuration_comes_back_from_its_values() -> None:
    config = Config(dataset="demo", noise=0.25, forget_rate=0.5, sampler="coreset", budget=3)
    assert Config.from_dict(config.as_dict()) == config
    assert list(config.as_dict()) == list(SETTINGS)


def test_a_setting_that_does_not_exist_is_named() -> None:
    with pytest.raises(UsageError, match="Unknown setting 'epoch'"):
        Config.from_dict({"dataset": "demo", "epoch": 3})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sampler": "entropie"}, "Unknown sampler 'entropie'; did you mean entropy?"),
        ({"sampler": "zzz"}, "Unknown sampler 'zzz'; use one of random, entropy"),
        ({"method": "vog"}, "Unknown method 'vog'"),
        ({"recipe": "mine"}, "Unknown recipe 'mine'"),
        ({"clean_set": "all"}, "Unknown clean set 'all'"),
        ({"vog_pass": "train"}, "Unknown VOG pass 'train'"),
        ({"split": "patient"}, "Unknown split 'patient'"),
        ({"noise_kind": "unifrom"}, "Unknown noise kind 'unifrom'; did you mean uniform?"),
        ({"forget_rate": "much"}, "'much' for forget rate is of the wrong type; specify a number in [0, 1) or auto."),
    ],
)
def test_an_unknown_choice_is_refused_with_what_there_is(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        Config(dataset="demo", **change)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rounds": "two"}, "'two' for rounds is of the wrong type; specify a whole number in [0, 10000]."),
        ({"rounds": None}, "None for rounds is of the wrong type"),
        ({"epochs": 2.0}, "2.0 for epochs is of the wrong type"),
        ({"seed": True}, "True for seed is of the wrong type"),
        ({"noise": [0.4]}, "[0.4] for noise is of the wrong type; specify a number in [0, 1)."),
        ({"departures": ["all"]}, "['all'] for departures is of the wrong type; specify a text."),
        ({"blind": "yes"}, "'yes' for blind is of the wrong type; specify true or false."),
        ({"dataset": None}, "None for data set is of the wrong type"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        Config(**{"dataset": "demo", **change})
    assert sentence in str(caught.value)


NOT_NUMBERS = [math.nan, math.inf]


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("noise", [None, 0, 0.5, 0.999], [1, -0.1, 1.5, *NOT_NUMBERS]),
        ("forget_rate", ["auto", 0, 0.999], [1, -0.1, *NOT_NUMBERS]),
        ("mix_ratio", [0, 1, 0.2], [-0.1, 1.01, *NOT_NUMBERS]),
        ("seed", [0, 2**63 - 1], [-1, 2**63]),
        ("long_tail", [None, 1, 100], [0.5, -1, *NOT_NUMBERS]),
        ("warmup", [0, 10], [-1]),
        ("rounds", [0, 8], [-1]),
        ("budget", [None, 1], [0, -5]),
        ("epochs", [1], [0, -1]),
        ("round_epochs", [1], [0]),
        ("vog_window", [1], [0]),
        ("batch_size", [2], [1, 0]),
        ("image_size", [8, 4096], [7, 4097]),
        ("lr", [1e-6, 3], [0, -0.1, *NOT_NUMBERS]),
    ],
)
def test_numbers_are_kept_to_their_range(name: str, allowed: list[Any], refused: list[Any]) -> None:
    for value in allowed:
        assert getattr(Config(dataset="demo", **{name: value}), name) == value
    for value in refused:
        with pytest.raises(UsageError, match=str(value).replace("-", r"\-")) as caught:
            Config(dataset="demo", **{name: value})
        assert caught.value.exit_code == 2


def test_noise_of_another_kind_needs_a_rate_and_none_takes_none() -> None:
    for kind in ("pair", "instance"):
        assert Config(dataset="demo", noise=0.5, noise_kind=kind).injects_noise
        with pytest.raises(UsageError, match=f"kind {kind} needs a noise rate; add --noise"):
            Config(dataset="demo", noise_kind=kind)
    assert Config(dataset="demo", noise_kind="matrix:m.csv").injects_noise
    with pytest.raises(UsageError, match="The noise matrix determines the noise rate; omit --noise"):
        Config(dataset="demo", noise=0.5, noise_kind="matrix:m.csv")
    assert not Config(dataset="demo").injects_noise
    assert Config(dataset="demo", noise_kind="none").noise is None
    with pytest.raises(UsageError, match="already noisy; omit --noise"):
        Config(dataset="demo", noise=0.5, noise_kind="none")


@pytest.mark.parametrize(
    ("text", "classes"), [(None, ()), ("", ()), ("MEL", ("MEL",)), (" MEL , a b,", ("MEL", "a b"))]
)
def test_exempt_classes_are_named_between_commas(text: str | None, classes: tuple[str, ...]) -> None:
    assert Config(dataset="demo", noise=0.5, noise_exempt=text).exempt_classes == classes


def test_only_from_injected_noise_can_a_class_be_exempt() -> None:
    assert Config(dataset="demo", noise_kind="matrix:m.csv", noise_exempt="MEL").exempt_classes == ("MEL",)
    with pytest.raises(UsageError, match="omit --noise-exempt"):
        Config(dataset="demo", noise_exempt="MEL")


@pytest.mark.parametrize(
    ("dataset", "noise", "preset"),
    [
        ("isic", 0.4, {"mix_ratio": 0.0}),
        ("isic", 0.5, {"mix_ratio": 0.2}),
        ("isic", None, {"mix_ratio": 0.2}),
        ("nct-lt", 0.7, {"mix_ratio": 1.0}),
        ("nct", None, {"mix_ratio": 1.0}),
        ("medmnist:pathmnist", 0.5, {"image_size": 28}),
        ("medmnist:pathmnist@64", 0.5, {"image_size": 64}),
        ("folder:demo", 0.5, {}),
    ],
)
def test_each_data_set_has_the_papers_settings(dataset: str, noise: float | None, preset: dict[str, Any]) -> None:
    assert dataset_preset(dataset, noise) == preset


def test_every_setting_of_the_demo_can_be_set() -> None:
    assert Config.from_dict({"dataset": "demo", **dataset_preset("demo", 0.5)}).backbone == "small"


@pytest.mark.parametrize(
    ("dataset", "noise", "training", "budget"),
    [
        ("isic", 0.4, 17_731, 394),
        ("isic", 0.5, 17_731, 492),
        ("nct-lt", 0.7, 15_924, 70),
        ("nct-lt", 0.8, 15_924, 80),
        ("folder:x", 0.5, 17_731, 492),
        ("isic", 0.4, 1773, 39),
        ("folder:x", None, 10, 1),
    ],
)
def test_the_budget_is_the_papers_share_of_the_training_samples(
    dataset: str, noise: float | None, training: int, budget: int
) -> None:
    assert paper_budget(dataset, noise, training) == budget


def test_the_ceiling_has_no_rounds() -> None:
    assert Config(dataset="demo", method="clean", rounds=0).rounds == 0
    with pytest.raises(UsageError, match="all labels are true and none need cleaning; specify --rounds 0"):
        Config(dataset="demo", method="clean")


def test_dividemix_has_an_epoch_after_its_warm_up() -> None:
    assert Config(dataset="demo", method="dividemix", warmup=10, epochs=11).warmup == 10
    with pytest.raises(UsageError, match="a warm-up of 10 of 10 epochs, the method dividemix never divides"):
        Config(dataset="demo", method="dividemix", warmup=10, epochs=10)


def test_the_first_queue_of_active_learning_alone_is_random_whatever_the_sampler() -> None:
    alone, ours = (Config(dataset="demo", method=method, sampler="margin") for method in ("al", "ct-vog"))
    assert [alone.sampler_of(number) for number in (1, 2, 8)] == ["random", "margin", "margin"]
    assert ours.sampler_of(1) == "margin"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"views": 2}, "--views is for frozen features; add --freeze, or omit --views."),
        ({"head": "linear"}, "--head is for frozen features; add --freeze, or omit --head."),
        ({"features": "f.npz", "views": 2}, "Features from a file have one view of each image; omit --views."),
    ],
)
def test_settings_of_frozen_features_need_them(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        Config(dataset="demo", **settings)
    assert Config(dataset="demo", freeze=True, views=2, head="linear").is_frozen


def test_a_live_session_needs_frozen_features() -> None:
    with pytest.raises(UsageError, match="--live is for frozen features; add --freeze, or omit --live"):
        Config(dataset="isic", live=True)
    assert Config(dataset="isic", live=True, freeze=True).live
    assert Config(dataset="isic", live=True, features="features.npz").live


def test_results_without_live_sessions_keep_their_ids() -> None:
    assert SETTINGS["live"].is_implied(False)
