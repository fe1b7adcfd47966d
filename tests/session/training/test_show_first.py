"""Samples that another tool found suspicious are shown before all others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from alc_tui.active.cleaning import TrainingSet
from alc_tui.active.samplers import SAMPLERS, Ranking
from alc_tui.errors import AlcError, UsageError
from alc_tui.session import create
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.settings.resolution import resolve
from alc_tui.session.store.arrays import load_round, load_samples
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.show_first import load_show_first, save_show_first
from alc_tui.session.training.ranking import next_ranking
from alc_tui.session.training.scoring import outputs_of
from alc_tui.session.training.workspace import Workspace, open_workspace
from tests.session.small import SETTINGS, copy, make


def draft(images: Path, file: Path, **changes: object) -> create.SessionDraft:
    options = {"dataset": f"folder:{images}", **SETTINGS, "show_first": str(file), **changes}
    config, origins = resolve(options, {}, file.parent)
    return create.check(config, origins, device=DeviceProbe("cpu", None))


@pytest.fixture
def workspace(split: SessionFolder, tmp_path: Path) -> Workspace:
    torch.set_num_threads(1)
    folder = copy(split, tmp_path / "copy")
    opened = open_workspace(folder, lambda _event: None)
    return replace(opened, config=replace(opened.config, show_first="issues.csv", budget=6))


def ranked(workspace: Workspace, sampler: str = "entropy", shown: tuple[str, ...] = ()) -> Ranking:
    first = load_round(workspace.folder.round_arrays(0))
    asked = replace(workspace, config=replace(workspace.config, sampler=sampler))
    peer1 = asked.trained(workspace.folder.weights(0))
    return next_ranking(asked, 0, (peer1,), outputs_of(asked, peer1), TrainingSet(first.clean, first.labels), shown)


def ids_at(workspace: Workspace, places: list[int]) -> list[str]:
    ids: list[str] = workspace.samples.ids[workspace.train][places].tolist()
    return ids


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_they_come_first_in_their_order_whatever_the_sampler(workspace: Workspace, sampler: str) -> None:
    clean = load_round(workspace.folder.round_arrays(0)).clean
    noisy_one, clean_one = int(np.flatnonzero(~clean)[-1]), int(np.flatnonzero(clean)[0])
    save_show_first(workspace.folder.show_first, ids_at(workspace, [noisy_one, clean_one]))
    ranking = ranked(workspace, sampler)
    assert ranking.order[:2].tolist() == [noisy_one, clean_one]
    assert len(set(ranking.order.tolist())) == len(ranking.scores) == 6
    assert not clean[ranking.order[2:]].any() and np.isfinite(ranking.scores).all()


def test_they_keep_the_scores_of_the_sampler(workspace: Workspace) -> None:
    plain = ranked(replace(workspace, config=replace(workspace.config, show_first=None)))
    swapped = [int(plain.order[3]), int(plain.order[1])]
    save_show_first(workspace.folder.show_first, ids_at(workspace, swapped))
    ranking = ranked(workspace)
    assert ranking.order.tolist() == [*swapped, *(each for each in plain.order.tolist() if each not in swapped)]
    score_of = dict(zip(plain.order.tolist(), plain.scores.tolist(), strict=True))
    assert ranking.scores.tolist() == [score_of[place] for place in ranking.order.tolist()]


def test_those_shown_before_are_not_shown_again_and_the_rest_waits_for_later_rounds(workspace: Workspace) -> None:
    names = ids_at(workspace, list(range(9)))
    save_show_first(workspace.folder.show_first, names)
    assert ranked(workspace).order.tolist() == list(range(6))
    assert ranked(workspace, shown=tuple(names[:6])).order[:3].tolist() == [6, 7, 8]


def test_a_session_keeps_the_names_of_its_training_samples(colors: Path, tmp_path: Path) -> None:
    train = make(colors, tmp_path / "store", "plain")
    ids = [str(each) for each in load_samples(train.samples).ids]
    table = tmp_path / "issues.csv"
    table.write_text("".join(f"{name}\n" for name in ("image", *reversed(ids), "none.png")))
    checked = draft(colors, table)
    training = {str(checked.samples.ids[place]) for place in checked.samples.train}
    assert checked.show_first == tuple(name for name in reversed(ids) if name in training)
    assert set(checked.unmatched) == {"none.png", *(set(ids) - training)}
    folder = create.write(checked, tmp_path / "store", "first")
    table.unlink()
    assert tuple(load_show_first(folder.show_first)) == checked.show_first
    folder.show_first.write_text("[1]")
    with pytest.raises(AlcError, match=r"show-first\.json is missing or damaged \(not a list of ids\)"):
        load_show_first(folder.show_first)


def test_a_file_that_fits_no_training_sample_is_refused(colors: Path, tmp_path: Path) -> None:
    (tmp_path / "issues.csv").write_text("image\nnone.png\n")
    with pytest.raises(UsageError, match=r"issues\.csv names no training sample of this data set"):
        draft(colors, tmp_path / "issues.csv")
