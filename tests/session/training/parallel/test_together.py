"""A session that several processes train together: what lies on disk in the end, and who writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from alc_tui.active.cleaning import TrainingSet
from alc_tui.active.samplers import Ranking
from alc_tui.errors import UsageError
from alc_tui.model.parallel.group import Group, LostProcess
from alc_tui.session.store.arrays import RoundArrays, load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, Event, EventLog, EventReader, Notice, Position, RoundFinished, Started
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.advance import advance
from alc_tui.session.training.parallel.assistant import assist_in
from alc_tui.session.training.ranking import next_ranking
from alc_tui.session.training.scoring import outputs_of, predictors
from alc_tui.session.training.workspace import open_workspace
from tests.model.parallel.together import together
from tests.session.small import answer_truly, copy, make


@pytest.fixture(autouse=True, scope="module")
def single_precision() -> Iterator[None]:
    """Processors that multiply bf16 compute in float32, too, so that another order of adding makes no difference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alc_tui.model.device._cpu_multiplies_bf16", lambda: False)
        yield


SLOW_LEARNING = {"epochs": 2, "lr": 1e-5}
"""The weights hardly move, so that rounding does not decide what is selected."""


def train(folder: SessionFolder, size: int) -> None:
    """The session's next step on several processes, which are threads here."""

    def work(group: Group) -> None:
        if group.is_first:
            advance(folder, EventLog(folder.events).write, group)
        else:
            assist_in(folder, group)

    together(size, work)


def arrays(folder: SessionFolder, number: int) -> RoundArrays:
    document = Document(folder.document)
    return load_round(
        folder.round_arrays(number),
        load_samples(folder.samples, len(document.session.classes)),
        len(document.session.classes),
    )


def weights(folder: SessionFolder, number: int) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = safetensors.torch.load_file(folder.weights(number))
    return state


def assert_alike(ours: SessionFolder, theirs: SessionFolder, number: int) -> None:
    """Whether a round has the same counts, and numbers that differ by rounding alone."""
    one, other = (Document(folder.document).rounds[number] for folder in (ours, theirs))
    assert (one.clean_size, one.queued, one.forget_rate) == (other.clean_size, other.queued, other.forget_rate)
    mine, yours = arrays(ours, number), arrays(theirs, number)
    assert np.allclose(mine.loss, yours.loss, rtol=0, atol=1e-3)
    assert np.allclose(mine.probabilities, yours.probabilities, rtol=0, atol=1e-3)
    assert len(mine.ranking) == len(yours.ranking)
    state = weights(theirs, number)
    for name, value in weights(ours, number).items():
        assert torch.allclose(value.double(), state[name].double(), rtol=0, atol=1e-3), name


@pytest.fixture(scope="module")
def alone(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """A session after LNL on one process; not to be written to."""
    folder = make(colors, tmp_path_factory.mktemp("alone"), "small", **SLOW_LEARNING)
    train(folder, 1)
    return folder


def test_two_processes_end_like_one_and_one_of_them_writes(alone: SessionFolder, colors: Path, tmp_path: Path) -> None:
    shared = make(colors, tmp_path, "small", **SLOW_LEARNING)
    train(shared, 2)
    assert_alike(shared, alone, 0)
    assert len(Document(shared.document).rounds) == 1 and not shared.checkpoint.exists()
    events = EventReader(shared.events).poll()
    assert [type(event) for event in events if not isinstance(event, Notice | Position)] == [
        Started,
        Epoch,
        Epoch,
        RoundFinished,
    ]
    assert any(isinstance(event, Started) and "2 processes" in event.device for event in events)


def test_rounds_are_retrained_together_too(alone: SessionFolder, tmp_path: Path) -> None:
    one, shared = (copy(alone, tmp_path, name) for name in ("one", "two"))
    for folder, size in ((one, 1), (shared, 2)):
        answer_truly(folder)
        train(folder, size)
    assert_alike(shared, one, 1)
    assert [event.round for event in EventReader(shared.events).poll() if isinstance(event, RoundFinished)] == [0, 1]


def test_the_noise_rate_is_estimated_together_and_stored_once(colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "small", forget_rate="auto", **SLOW_LEARNING)
    train(folder, 2)
    document = Document(folder.document)
    assert document.session.estimated_noise == document.rounds[0].forget_rate


@pytest.mark.parametrize(
    ("sampler", "departures"),
    [("peers", None), ("bald", None), ("bald", "bald-without-dropout,augmented-ranking"), ("badge", None)],
)
def test_all_processes_rank_what_they_have_scored_together(
    sampler: str, departures: str | None, alone: SessionFolder
) -> None:
    def work(group: Group) -> Ranking:
        workspace = open_workspace(alone, lambda _event: None, group)
        workspace = replace(workspace, config=replace(workspace.config, sampler=sampler, departures=departures))
        networks = workspace.trained_peers(0)
        outputs = outputs_of(workspace, *predictors(workspace.config, networks))
        first = workspace.round_arrays(0)
        return next_ranking(workspace, 0, networks, outputs, TrainingSet(first.clean, first.labels), shown=())

    (expected,) = together(1, work)
    for ranking in together(2, work):
        assert len(ranking.order) == len(expected.order) == 5
        assert np.allclose(np.sort(ranking.scores), np.sort(expected.scores), rtol=0, atol=1e-3)


def test_another_number_of_processes_resumes_from_the_checkpoint(
    alone: SessionFolder, colors: Path, tmp_path: Path
) -> None:
    folder = make(colors, tmp_path, "small", **SLOW_LEARNING)

    def stop_after_an_epoch(event: Event) -> None:
        EventLog(folder.events).write(event)
        if isinstance(event, Epoch):
            raise KeyboardInterrupt

    def work(group: Group) -> None:
        if group.is_first:
            with pytest.raises(KeyboardInterrupt):
                advance(folder, stop_after_an_epoch, group)
        else:
            with pytest.raises(LostProcess):
                assist_in(folder, group)

    together(3, work)
    assert Document(folder.document).rounds == [] and folder.checkpoint.exists()
    train(folder, 2)
    started = [event.epoch for event in EventReader(folder.events).poll() if isinstance(event, Started)]
    assert started == [0, 1]
    assert_alike(folder, alone, 0)


def test_frozen_features_are_computed_together_and_heads_by_one(colors: Path, tmp_path: Path) -> None:
    alone, shared = (make(colors, tmp_path / name, "small", freeze=True, views=2) for name in ("one", "two"))
    train(alone, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALC_CACHE", str(tmp_path / "cache"))
        train(shared, 3)
    assert_alike(shared, alone, 0)
    (started,) = (event for event in EventReader(shared.events).poll() if isinstance(event, Started))
    assert "processes" not in started.device


def test_what_the_first_process_refuses_ends_the_others(alone: SessionFolder, tmp_path: Path) -> None:
    folder = copy(alone, tmp_path)

    def work(group: Group) -> str:
        refusal = UsageError if group.is_first else LostProcess
        with pytest.raises(refusal) as refused:
            advance(folder, lambda _event: None, group)
        return str(refused.value)

    sentence, _ = together(2, work)
    assert "has 5 undecided samples" in sentence
