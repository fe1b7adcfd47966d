from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from alc_tui.errors import AlcError, TrainingFailed
from alc_tui.session.training.weights.checkpoint import Checkpoint, fitting, load_weights, save_weights


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weights" / "checkpoint.safetensors"


def number(path: Path) -> float:
    return float(load_weights(path)["x"])


def test_what_was_saved_is_loaded_to_the_bit(path: Path) -> None:
    state = {
        "weight": torch.randn(3, 2),
        "epoch": torch.tensor(7),
        "score": torch.tensor(0.1, dtype=torch.float64),
        "selected": torch.tensor([True, False]),
    }
    checkpoint = Checkpoint(path)
    checkpoint.save(state)
    checkpoint.wait()
    loaded = Checkpoint(path).load()
    assert loaded is not None and set(loaded) == set(state)
    assert all(torch.equal(loaded[name], state[name]) and loaded[name].dtype == state[name].dtype for name in state)


def test_training_goes_on_with_as_many_threads_as_before_unless_told_otherwise(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = torch.get_num_threads()
    try:
        for variable, expected in (("", 3), ("1", 2)):
            monkeypatch.setenv("OMP_NUM_THREADS", variable)
            torch.set_num_threads(3)
            checkpoint = Checkpoint(path)
            checkpoint.save({"x": torch.ones(1)})
            torch.set_num_threads(2)
            checkpoint.wait()
            checkpoint.load()
            assert torch.get_num_threads() == expected
    finally:
        torch.set_num_threads(before)


def test_a_checkpoint_whose_tensors_are_missing_or_renamed_is_refused(path: Path) -> None:
    checkpoint = Checkpoint(path)
    checkpoint.save({"x": torch.ones(1), "y": torch.ones(1)})
    checkpoint.wait()
    whole = load_weights(path)
    others = {name: value for name, value in whole.items() if name not in "xy"}
    for changed in ("x", "xz"):
        save_weights(path, others | {name: torch.ones(1) for name in changed})
        with pytest.raises(AlcError, match=r"does not fit its session .*missing or renamed"):
            checkpoint.load()


def test_tensors_that_do_not_fit_are_one_sentence(path: Path) -> None:
    for error in (KeyError("weight"), RuntimeError("size mismatch\nfor weight")):
        with pytest.raises(AlcError, match=r"safetensors does not fit its session .*delete it"), fitting(path):
            raise error


def test_there_is_nothing_to_load_before_the_first_epoch_and_after_removal(path: Path) -> None:
    checkpoint = Checkpoint(path)
    assert checkpoint.load() is None
    checkpoint.save({"x": torch.ones(1)})
    checkpoint.remove()
    assert checkpoint.load() is None


def test_the_training_may_change_its_tensors_while_they_are_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write = threading.Event()
    write = Checkpoint._write

    def late(checkpoint: Checkpoint, state: dict[str, torch.Tensor]) -> None:
        may_write.wait(60)
        write(checkpoint, state)

    monkeypatch.setattr(Checkpoint, "_write", late)
    state, checkpoint = {"x": torch.ones(1)}, Checkpoint(path)
    checkpoint.save(state)
    state["x"].fill_(2)
    may_write.set()
    checkpoint.wait()
    assert number(path) == 1


def test_the_newest_state_is_the_one_that_stays(path: Path) -> None:
    checkpoint = Checkpoint(path)
    for value in range(5):
        checkpoint.save({"x": torch.tensor(float(value))})
    checkpoint.wait()
    assert number(path) == 4


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_state_is_saved_as_often_as_its_size_allows_and_at_the_end(path: Path) -> None:
    clock = Clock()
    checkpoint = Checkpoint(path, clock)
    large = torch.zeros(8 * 10**6, dtype=torch.uint8)  # a second may take 16 MB
    on_disk = []
    for clock.now in (0.4, 0.6, 1.0, 1.2):
        assert checkpoint.offer({"x": torch.tensor(clock.now), "large": large})
        checkpoint.wait()
        on_disk.append(round(number(path), 1) if path.exists() else None)
    assert on_disk == [None, 0.6, 0.6, 1.2]
    assert checkpoint.offer({"x": torch.tensor(5.0), "large": large}, is_last=True)
    checkpoint.wait()
    assert number(path) == 5


def test_half_a_minute_is_the_most_that_is_lost_however_large_the_state_is(path: Path) -> None:
    clock = Clock()
    checkpoint = Checkpoint(path, clock)
    large = torch.zeros(1).expand(10**9)  # 4 GB, which take no memory
    with pytest.MonkeyPatch.context() as patch:
        saved: list[float] = []
        patch.setattr(checkpoint, "save", lambda _state: saved.append(clock.now))
        for clock.now in (29.9, 30.1):
            checkpoint.offer({"x": large}, keeps=False)
    assert saved == [30.1]


def test_a_training_that_is_stopped_leaves_the_last_epoch_that_was_kept(path: Path) -> None:
    checkpoint = Checkpoint(path, clock=lambda: 0.0)
    for value in (1.0, 2.0):
        assert checkpoint.offer({"x": torch.tensor(value)} | {"large": torch.zeros(100)})
    assert not path.exists()
    checkpoint.flush()
    assert number(path) == 2
    path.unlink()
    checkpoint.flush()
    assert not path.exists()


def test_a_copy_that_was_interrupted_is_never_written(path: Path) -> None:
    class Interrupted(dict[str, torch.Tensor]):
        def items(self) -> Any:
            yield "x", torch.tensor(9.0)
            raise KeyboardInterrupt

    checkpoint = Checkpoint(path, clock=lambda: 0.0)
    checkpoint.save({"x": torch.tensor(1.0), "y": torch.tensor(1.0)})
    checkpoint.wait()
    with pytest.raises(KeyboardInterrupt):
        checkpoint.keep(Interrupted())
    checkpoint.flush()
    assert number(path) == 1


def test_nothing_is_kept_in_the_memory_that_is_being_written(path: Path) -> None:
    may_write = threading.Event()
    checkpoint = Checkpoint(path, clock=lambda: 0.0)

    def late(path: Path, state: dict[str, torch.Tensor]) -> None:
        may_write.wait(60)
        save_weights(path, state)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alc_tui.session.training.weights.checkpoint.save_weights", late)
        checkpoint.save({"x": torch.tensor(1.0)})
        assert not checkpoint.offer({"x": torch.tensor(2.0)})
        may_write.set()
        checkpoint.wait()
    assert number(path) == 1


def test_a_crash_before_the_rename_leaves_the_old_state(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    save_weights(path, {"x": torch.tensor(1.0)})
    with monkeypatch.context() as crashing:
        crashing.setattr(Path, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            save_weights(path, {"x": torch.tensor(2.0)})
    assert number(path) == 1


def test_a_full_disk_is_told_with_the_next_save_and_the_old_state_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    checkpoint = Checkpoint(path)
    checkpoint.save({"x": torch.tensor(1.0)})
    checkpoint.wait()
    monkeypatch.setattr("os.fsync", fail)
    checkpoint.save({"x": torch.tensor(2.0)})
    with pytest.raises(TrainingFailed, match=r"checkpoint\.safetensors could not be written .*No space left") as caught:
        checkpoint.save({"x": torch.tensor(3.0)})
    assert caught.value.exit_code == 4
    assert number(path) == 1


def test_a_damaged_or_missing_file_is_named(path: Path) -> None:
    with pytest.raises(AlcError, match=r"checkpoint\.safetensors is missing or damaged"):
        load_weights(path)
    save_weights(path, {"x": torch.ones(100)})
    whole = path.read_bytes()
    for damaged in (b"", whole[:9], whole[:-1], b"\xff" * len(whole), b"not tensors at all"):
        path.write_bytes(damaged)
        with pytest.raises(AlcError, match=r"checkpoint\.safetensors is missing or damaged .*delete it"):
            Checkpoint(path).load()
