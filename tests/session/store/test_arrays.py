from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alc_tui.data.dataset import TEST, TRAIN, UNKNOWN, VAL
from alc_tui.data.texts import Texts
from alc_tui.errors import AlcError
from alc_tui.session.store.arrays import RoundArrays, Samples, load_round, load_samples, save


@pytest.fixture
def samples() -> Samples:
    return Samples(
        ids=Texts(np.array(["a", "β/\udcff", "c", "d"])),
        locators=Texts(np.array(["a.png", "b.png", "c.png", "d.png"])),
        given=np.array([0, 1, 1, 0]),
        truth=np.array([1, UNKNOWN, 1, 0]),
        split=np.array([TRAIN, VAL, TRAIN, TEST], dtype=np.int8),
    )


@pytest.fixture
def arrays() -> RoundArrays:
    halves = np.full((2, 2), 0.5, dtype=np.float32)
    return RoundArrays(
        clean=np.array([True, False]),
        labels=np.array([0, 1]),
        loss=np.array([0.25, 1.5], dtype=np.float32),
        vog=np.array([np.nan, 2.0], dtype=np.float32),
        probabilities=halves,
        ranking=np.array([1]),
        scores=np.array([0.5]),
        test_best=halves[:1],
        test_last=halves[:1],
        neighbors=np.array([[0, -1, -1, -1]]),
        clusters=np.array([0]),
        typical=np.array([[0, -1], [-1, -1]]),
    )


def same(one: Samples | RoundArrays, other: Samples | RoundArrays) -> bool:
    pairs = [(np.asarray(getattr(one, field.name)), np.asarray(getattr(other, field.name))) for field in fields(one)]
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() and a.shape == b.shape for a, b in pairs)


def test_samples_come_back_as_they_were(samples: Samples, tmp_path: Path) -> None:
    save(tmp_path / "samples.npz", samples)
    assert same(load_samples(tmp_path / "samples.npz"), samples)


def test_a_rounds_arrays_come_back_as_they_were(arrays: RoundArrays, tmp_path: Path) -> None:
    save(tmp_path / "round-00.npz", arrays)
    assert same(load_round(tmp_path / "round-00.npz"), arrays)


def test_positions_are_those_of_the_split(samples: Samples) -> None:
    assert samples.train.tolist() == [0, 2]
    assert samples.validation.tolist() == [1]
    assert samples.test.tolist() == [3]


def test_what_is_scored_by_is_the_truth_where_it_is_known(samples: Samples) -> None:
    assert samples.labels_to_score.tolist() == [1, 1, 1, 0]


def test_the_truth_is_known_if_that_of_every_training_sample_is(samples: Samples) -> None:
    assert samples.truth_is_known
    samples.truth[2] = UNKNOWN
    assert not samples.truth_is_known


@pytest.mark.parametrize("moment", ["os.fsync", "pathlib.Path.replace"])
def test_a_crash_before_the_rename_leaves_the_old_arrays(
    moment: str, arrays: RoundArrays, samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "round-00.npz"
    save(path, arrays)
    with monkeypatch.context() as crashing:
        crashing.setattr(moment, crash)
        with pytest.raises(KeyboardInterrupt):
            save(path, samples)
    assert same(load_round(path), arrays)


@pytest.mark.parametrize("missing", [{"clusters", "typical"}, {"clusters", "typical", "neighbors"}])
def test_a_file_of_an_earlier_version_has_neither_clusters_nor_typical_samples(
    missing: set[str], arrays: RoundArrays, tmp_path: Path
) -> None:
    path = tmp_path / "round-00.npz"
    told = {field.name: getattr(arrays, field.name) for field in fields(RoundArrays)}
    np.savez(path, **{name: value for name, value in told.items() if name not in missing})
    loaded = load_round(path)
    assert loaded.clusters.tolist() == [-1] and loaded.typical.shape == (2, 0)
    assert loaded.neighbors.shape == (1, 0 if "neighbors" in missing else 4)
    assert {loaded.neighbors.dtype, loaded.clusters.dtype, loaded.typical.dtype} == {np.dtype(np.int64)}
    assert same(replace(loaded, **{name: told[name] for name in missing}), arrays)


@pytest.mark.parametrize("missing", [field.name for field in fields(RoundArrays)])
def test_a_file_that_lacks_anything_else_is_damaged(missing: str, arrays: RoundArrays, tmp_path: Path) -> None:
    path = tmp_path / "round-00.npz"
    told = {field.name: getattr(arrays, field.name) for field in fields(RoundArrays)}
    np.savez(path, **{name: value for name, value in told.items() if name != missing})
    with pytest.raises(AlcError, match=f"round-00.npz is missing or damaged.*{missing}"):
        load_round(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AlcError, match=r"round-00\.npz is missing or damaged \(FileNotFoundError"):
        load_round(tmp_path / "round-00.npz")


def test_arrays_of_another_kind_are_refused(samples: Samples, tmp_path: Path) -> None:
    path = tmp_path / "round-00.npz"
    save(path, samples)
    with pytest.raises(AlcError, match="damaged"):
        load_round(path)
    np.save(tmp_path / "plain.npy", samples.given)
    with pytest.raises(AlcError, match="damaged"):
        load_samples(tmp_path / "plain.npy")


@pytest.mark.parametrize(
    ("name", "values", "problem"),
    [
        ("clean", np.array([1, 0]), "clean: values of type int64"),
        ("labels", np.array([0.0, 1.0]), "labels: values of type float64"),
        ("labels", np.array([0, 2]), r"labels: values outside \[0, 1\]"),
        ("loss", np.zeros(3, dtype=np.float32), r"loss: shape \(3,\), expected 2"),
        ("probabilities", np.zeros((2, 2, 1), dtype=np.float32), r"probabilities: shape \(2, 2, 1\)"),
        ("ranking", np.array([2]), r"ranking: values outside \[0, 1\]"),
        ("ranking", np.array([-1]), "ranking: values outside"),
        ("scores", np.zeros(0), "scores: shape"),
        ("test_last", np.zeros((1, 3), dtype=np.float32), "test_last: shape"),
        ("neighbors", np.array([[5, -1]]), "neighbors: values outside"),
        ("clusters", np.array([1]), r"clusters: values outside \[-1, 0\]"),
        ("clusters", np.array([0, 0]), r"clusters: shape \(2,\), expected 1"),
        ("typical", np.array([[2], [0]]), r"typical: values outside \[-1, 1\]"),
        ("typical", np.array([[0]]), r"typical: shape \(1, 1\), expected 2"),
    ],
)
def test_an_array_of_a_round_that_does_not_fit_is_named(
    name: str, values: np.ndarray, problem: str, arrays: RoundArrays, tmp_path: Path
) -> None:
    save(tmp_path / "round-00.npz", replace(arrays, **{name: values}))
    with pytest.raises(AlcError, match=f"round-00.npz is missing or damaged .*{problem}"):
        load_round(tmp_path / "round-00.npz")


def test_the_same_sample_twice_in_a_queue_is_damage(arrays: RoundArrays, tmp_path: Path) -> None:
    twice = replace(arrays, ranking=np.array([1, 1]), scores=np.zeros(2), neighbors=np.zeros((2, 0), dtype=np.int64))
    twice = replace(twice, clusters=np.zeros(2, dtype=np.int64))
    save(tmp_path / "round-00.npz", twice)
    with pytest.raises(AlcError, match="ranking: the same sample twice"):
        load_round(tmp_path / "round-00.npz")


def test_a_round_that_does_not_fit_its_session_is_refused(
    samples: Samples, arrays: RoundArrays, tmp_path: Path
) -> None:
    path = tmp_path / "round-00.npz"
    save(path, arrays)
    assert same(load_round(path, samples, 2), arrays)
    with pytest.raises(AlcError, match="probabilities: shape"):
        load_round(path, samples, 3)
    with pytest.raises(AlcError, match="probabilities: shape"):
        load_round(path, replace(samples, split=np.zeros(4, dtype=np.int8)), 2)


@pytest.mark.parametrize(
    ("name", "values", "problem"),
    [
        ("ids", np.array(["a", "a", "c", "d"]), "ids: the same one twice"),
        ("ids", np.array(["a", "\ud800", "c", "d"]), "ids: not text"),
        ("ids", np.arange(4), "ids: values of type int64"),
        ("locators", np.array(["a.png"]), "locators: shape"),
        ("given", np.array([0, 1, 2, 0]), r"given: values outside \[0, 1\]"),
        ("truth", np.array([0, -2, 1, 0]), "truth: values outside"),
        ("split", np.array([0, 1, 2, 3], dtype=np.int8), "split: values outside"),
    ],
)
def test_samples_that_do_not_fit_are_named(
    name: str, values: Any, problem: str, samples: Samples, tmp_path: Path
) -> None:
    save(tmp_path / "samples.npz", replace(samples, **{name: values}))
    with pytest.raises(AlcError, match=f"samples.npz is missing or damaged .*{problem}"):
        load_samples(tmp_path / "samples.npz", classes=2)


def test_what_is_no_file_is_named_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "samples.npz")
    (tmp_path / "round-00.npz").mkdir()
    for load, name in ((load_samples, "samples.npz"), (load_round, "round-00.npz")):
        with pytest.raises(AlcError, match=rf"{name} cannot be read \(Not a regular file\)"):
            load(tmp_path / name)


def test_a_want_of_memory_is_no_damage(samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    save(tmp_path / "samples.npz", samples)
    monkeypatch.setattr(np, "load", fail)
    with pytest.raises(MemoryError):
        load_samples(tmp_path / "samples.npz")


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "samples.npz"
    arrays: dict[str, Any] = {field.name: np.array([print], dtype=object) for field in fields(Samples)}
    np.savez(path, **arrays)
    with pytest.raises(AlcError, match="damaged"):
        load_samples(path)


def test_whatever_byte_is_damaged_the_file_is_named_or_its_numbers_are_right(
    arrays: RoundArrays, tmp_path: Path
) -> None:
    path = tmp_path / "round-00.npz"
    save(path, arrays)
    whole, refused = path.read_bytes(), 0
    for position in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            assert same(load_round(path), arrays)
        except AlcError as error:
            assert str(path) in str(error) and "\n" not in str(error)
            refused += 1
    assert refused > len(whole) / 6


def test_wherever_the_file_is_cut_off_it_is_named(arrays: RoundArrays, tmp_path: Path) -> None:
    path = tmp_path / "round-00.npz"
    save(path, arrays)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(AlcError, match=r"round-00\.npz is missing or damaged"):
            load_round(path)
