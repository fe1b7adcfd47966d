from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer

from alc_tui.cli import next_step
from alc_tui.errors import UsageError
from alc_tui.session import create, probe
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.training_time import Speed
from alc_tui.session.store import processes
from alc_tui.session.store.events import EventLog, Failed
from alc_tui.session.store.folder import SessionFolder
from tests.cli.person import Alc, Seen
from tests.made_sessions import finish_round
from tests.session.small import COLORS, PER_CLASS, options

New = Callable[..., Seen]


@pytest.fixture
def new(alc: Alc, colors: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> New:
    """`new(…)`: `alc session new` with the colors and these words more; the device is not asked for."""
    monkeypatch.setattr(probe, "probe_device", lambda _config: probe.DeviceProbe("cpu", None))
    return lambda *words: alc("session", "new", *options(colors), *words)


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sessions for which a worker was started; it pretends, and is done at once."""
    started: list[str] = []

    def pretend(folder: SessionFolder) -> None:
        started.append(folder.name)
        finish_round(folder)

    monkeypatch.setattr(processes, "spawn", pretend)
    return started


def test_a_session_is_made_trained_and_the_next_step_told(new: New, store: Path, spawned: list[str]) -> None:
    seen = new("--name", "mine")
    assert (seen.code, seen.out, spawned) == (0, "", ["mine"])
    assert "Session mine: 50 training, 7 validation and 15 test samples of 3 classes, on cpu" in seen.err
    assert seen.err.splitlines()[-1].startswith("Samples are waiting to be labeled; run `alc session label mine`")
    assert (store / "mine" / "session.json").is_file()


@pytest.mark.parametrize(("left_out", "code"), [(0, 0), (1, 2)])
def test_features_of_other_samples_are_announced_and_missing_ones_refused(
    left_out: int, code: int, new: New, tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "probe_device", lambda _config, dimensions: probe.DeviceProbe("cpu", None))
    ids = [*(f"{color}/{number:02d}.png" for color in COLORS for number in range(PER_CLASS)), "another"][left_out:]
    file = tmp_path / "features.npz"
    np.savez(file, ids=np.array(ids), features=np.random.default_rng(0).normal(size=(len(ids), 4)))
    seen = new("--name", "mine", "--features", str(file), "--no-train")
    assert seen.code == code and (store / "mine").exists() == (code == 0)
    if code:
        assert "lacks the features of 1 of 72 samples (the first is 'blue/00.png')" in seen.error
        assert "and 1 of its ids are no samples (the first is 'another')" in seen.error
    else:
        assert "Left out 1 id of the features (the first is 'another'), which no sample has." in seen.err


@pytest.fixture
def slow(new: New, monkeypatch: pytest.MonkeyPatch) -> New:
    """`new`, on a CPU that takes hours unless there are fewer epochs."""
    device = probe.DeviceProbe("cpu (2 cores)", Speed(60.0, 1.0), is_busy=True)
    monkeypatch.setattr(probe, "probe_device", lambda _config: device)
    return new


def test_a_training_of_hours_is_refused_without_a_terminal_with_faster_commands(
    slow: New, store: Path, spawned: list[str]
) -> None:
    seen = slow("--epochs", "30", "--warmup", "10", "--name", "mine")
    assert seen.code == 2 and spawned == [] and not store.exists()
    assert "On this CPU, the training takes about 50 h" in seen.error
    assert "(uncertain, because the machine is busy); faster are `alc session new --dataset folder:" in seen.error
    assert "--epochs 6" in seen.error and "--warmup 2" in seen.error and "--name mine`" in seen.error
    assert seen.error.endswith("add --yes to start it nevertheless.")


def test_a_training_of_hours_starts_with_yes_and_is_not_asked_about_without_training(
    slow: New, spawned: list[str]
) -> None:
    assert slow("--name", "a", "--yes").code == 0
    assert "then" in slow("--name", "b", "--no-train").err
    assert spawned == ["a"]


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 1)])
def test_at_a_terminal_a_training_of_hours_is_asked_about(
    answer: bool, code: int, slow: New, spawned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        if not answer:
            raise typer.Abort
        return answer

    monkeypatch.setattr("alc_tui.cli.session.long_training.is_terminal", lambda: True)
    monkeypatch.setattr(typer, "confirm", confirm)
    seen = slow("--name", "a")
    assert (seen.code, asked, spawned) == (code, ["Start it nevertheless?"], ["a"] if answer else [])
    assert "faster are `alc session new" in seen.err


def test_an_hour_on_a_gpu_is_not_asked_about(new: New, spawned: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    device = probe.DeviceProbe("cuda (NVIDIA H200)", Speed(60.0, 1.0))
    monkeypatch.setattr(probe, "probe_device", lambda _config: device)
    assert new("--name", "a").code == 0 and spawned == ["a"]


def test_threads_are_those_that_were_asked_for(new: New, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert new("--no-train", "--threads", "3").code == 0
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert new("--no-train", "--threads", "0").code == 2


def test_gpus_are_those_that_were_asked_for(new: New, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALC_GPUS", "1")
    assert new("--no-train", "--gpus", "3").code == 0
    assert os.environ["ALC_GPUS"] == "3"
    assert new("--no-train", "--gpus", "0").code == 2


def test_no_train_stops_there(new: New, spawned: list[str]) -> None:
    seen = new("--no-train")
    assert (seen.code, spawned) == (0, [])
    assert "Session folder-p40" in seen.err


def test_json_is_what_show_prints(new: New, alc: Alc, spawned: list[str]) -> None:
    told = new("--json").json
    assert told == alc("session", "show", "--json").json
    assert told["state"] == "labeling" and told["rounds"][0]["round"] == 0
    assert told["config"]["epochs"] == 3 and told["origins"]["epochs"] == "option"
    assert told["origins"]["forget_rate"] == "noise" and told["origins"]["vog_window"] == "default"


def test_in_a_terminal_that_cannot_show_the_app_the_training_runs_without_it(
    new: New, spawned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(next_step, "is_terminal", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    seen = new("--name", "one")
    assert seen.code == 0 and spawned == ["one"]
    assert "The labeling app cannot be drawn here (terminal: dumb)" in seen.err


def test_settings_from_the_working_folder_are_told(new: New, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alc.toml").write_text("[session]\nmix_ratio = 0.3\n")
    seen = new("--name", "one", "--no-train")
    assert seen.code == 0 and f"Settings from {tmp_path / 'alc.toml'}: mix_ratio.\n" in seen.err


def test_at_a_terminal_the_app_opens_unless_told_not_to(
    new: New, spawned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(next_step, "is_terminal", lambda: True)

    def run(_store: Path, service: SessionService, _choices: object) -> int:
        opened.append(service.folder.name)
        return 0

    monkeypatch.setattr("alc_tui.tui.run.run", run)
    assert new("--name", "one").code == 0
    assert opened == ["one"]
    assert new("--name", "two", "--no-label").code == 0
    assert new("--name", "three", "--json").code == 0
    assert new("--name", "four", "--no-train").code == 0
    assert opened == ["one"] and spawned == ["two", "three"]


def test_settings_come_from_option_variable_file_and_say_so(
    new: New, alc: Alc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALC_VOG_WINDOW", "2")
    monkeypatch.setenv("ALC_LR", "0.5")
    Path("alc.toml").write_text('[session]\nsampler = "margin"\nvog_window = 4\n')
    assert new("--no-train").code == 0
    lines = [line.split() for line in alc("session", "show", "--origin").out.splitlines()]
    assert ["vog_window", "2", "environment"] in lines
    assert ["lr", "0.05", "option"] in lines
    assert ["sampler", "margin", "alc.toml"] in lines
    assert ["recipe", "paper", "default"] in lines


def test_a_switch_that_a_file_turns_on_can_be_turned_off(new: New, alc: Alc) -> None:
    Path("alc.toml").write_text("[session]\nfast = true\nvog_normalized = true\n")
    assert new("--no-train", "--deterministic").code == 0
    lines = [line.split() for line in alc("session", "show", "--origin").out.splitlines()]
    assert ["fast", "False", "option"] in lines
    assert ["vog_normalized", "True", "alc.toml"] in lines


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--dataset isik", "Unknown data set 'isik'"),
        ("--dataset folder:nowhere", "nowhere cannot be read"),
        ("--dataset isic", "specify --data-root or set ALC_DATA"),
        ("--noise 1", "1.0 for noise is outside [0, 1)"),
        ("--noise -0.1", "-0.1 for noise is outside [0, 1)"),
        ("--noise nan", "nan for noise is outside [0, 1)"),
        ("--noise-kind odd", "Unknown noise kind 'odd'"),
        ("--noise-kind matrix:nowhere.csv", "omit --noise"),
        ("--noise-kind none", "omit --noise"),
        ("--forget-rate much", "--forget-rate is 'much'; expected a number or auto"),
        ("--forget-rate 1", "1.0 for forget rate is outside [0, 1)"),
        ("--sampler entropie", "Unknown sampler 'entropie'; did you mean entropy?"),
        ("--method vog", "Unknown method 'vog'"),
        ("--preset mine", "Unknown recipe 'mine'"),
        ("--split lesion", "has no groups of samples"),
        ("--budget 12", "larger than the noisy set of 22"),
        ("--budget 0", "0 for budget is outside"),
        ("--epochs 0", "0 for epochs is outside [1, 1000000]"),
        ("--name ../out", "'../out' is not a valid session name"),
        ("--long-tail 0.5", "0.5 for long tail is outside [1, ∞)"),
        ("--data-root nowhere", "nowhere is not a folder; check --data-root"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_makes_no_session(
    new: New, store: Path, words: str, sentence: str
) -> None:
    seen = new(*words.split())
    assert seen.code == 2 and seen.out == ""
    assert sentence in seen.error
    assert not store.exists()


def test_a_backbone_that_is_not_there_makes_no_session(new: New, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_config: object) -> str:
        raise UsageError("Unknown backbone 'resnet19'; did you mean resnet18?")

    monkeypatch.setattr(probe, "probe_device", refuse)
    seen = new("--backbone", "resnet19")
    assert seen.code == 2 and seen.error == "Unknown backbone 'resnet19'; did you mean resnet18?"
    assert not store.exists()


def test_a_taken_name_is_refused_before_any_image_is_read(
    new: New, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert new("--no-train", "--name", "mine").code == 0

    def work(*_: object, **__: object) -> None:
        raise AssertionError("images were read")

    monkeypatch.setattr(create, "check", work)
    seen = new("--name", "mine")
    assert seen.code == 2 and "Session 'mine' already exists in" in seen.error


def test_a_failed_training_leaves_a_session_to_go_on_with(new: New, alc: Alc, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: SessionFolder) -> None:
        EventLog(folder.events).write(Failed("The loss is not finite.", 4))

    monkeypatch.setattr(processes, "spawn", fail)
    seen = new("--name", "mine", "--json")
    assert (seen.code, seen.out, seen.error) == (4, "", "The loss is not finite.")
    assert alc("session", "show", "mine", "--json").json["state"] == "failed"


def test_ctrl_c_while_images_are_read_makes_no_session(new: New, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(create, "check", interrupt)
    seen = new()
    assert seen.code == 130 and not store.exists()
    assert "Interrupted; no session was created." in seen.err


def test_a_store_that_cannot_be_written_to_is_named(new: New, store: Path) -> None:
    store.write_text("no folder")
    seen = new()
    assert seen.code == 1 and str(store) in seen.error and "check the path" in seen.error


def test_a_full_disk_is_one_sentence_and_leaves_nothing(new: New, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", str(store))

    monkeypatch.setattr("alc_tui.session.store.arrays.save", fail)
    seen = new()
    assert seen.code == 1 and "No space left on device" in seen.error
    assert list(store.iterdir()) == []


def test_bad_images_and_twins_are_told(alc: Alc, store: Path, tmp_path: Path, colors: Path, new: New) -> None:
    own = Path(shutil.copytree(colors, tmp_path / "own"))
    shutil.copyfile(own / "red" / "05.png", own / "blue" / "99.png")
    (own / "red" / "06.png").write_bytes(b"")
    refused = alc("session", "new", *options(own), "--no-train")
    assert refused.code == 2 and "red/06.png: empty file" in refused.error and "--skip-bad" in refused.error
    made = alc("session", "new", *options(own), "--no-train", "--skip-bad")
    assert made.code == 0
    assert "Skipped 1 image that cannot be read" in made.err
    assert "1 group of duplicate images" in made.err
    told = alc("session", "show").out
    assert "Skipped  1 item " in told and "Copies   1 group " in told


def test_the_faster_command_has_all_that_was_typed(slow: New, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    seen = slow("--threads", "1", "--gpus", "1", "--no-blind", "--store", "elsewhere")
    assert seen.code == 2
    for words in ("--threads 1", "--gpus 1", "--no-blind", "--store elsewhere"):
        assert words in seen.error


def test_a_tilde_that_the_shell_has_left_is_the_home_folder(
    new: New, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert f"{tmp_path}/nowhere is not a folder" in new("--data-root=~/nowhere").error
