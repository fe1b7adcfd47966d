"""Two people of one lab label a session in turn, on a shared disk."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from alc_tui.session.export.names import CSV
from alc_tui.session.export.table import label_table
from alc_tui.session.export.writing import write_labels
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder, staging
from alc_tui.session.store.journal import Journal, Verdict
from tests.made_sessions import finish_round, make_session, update_facts
from tests.people import ANNA, BEN, LAB, act_as, needs_root, open_to_all

pytestmark = needs_root


@pytest.fixture(params=[0o2775, 0o775], ids=["setgid", "plain"])
def shared(tmp_path: Path, request: pytest.FixtureRequest) -> SessionFolder:
    """Anna's session, which she has made writable for the lab."""
    open_to_all(tmp_path)
    folder = make_session(tmp_path / "store" / "skin")
    for path in [folder.path.parent, *folder.path.parent.rglob("*")]:
        os.chown(path, ANNA, LAB)
        path.chmod(request.param if path.is_dir() else 0o664)
    return folder


def label(folder: SessionFolder, annotator: str, count: int) -> None:
    with SessionService(folder, annotator, write=True) as service:
        open_samples = [sample for sample in service.queue if service.verdict(sample) is None]
        for sample in open_samples[:count]:
            service.decide(sample, Verdict("skip"))


def test_both_can_label_and_train_whoever_came_first(shared: SessionFolder) -> None:
    act_as(BEN, lambda: label(shared, "ben", 2))
    act_as(ANNA, lambda: label(shared, "anna", 1))
    act_as(BEN, lambda: label(shared, "ben", 2))
    act_as(BEN, lambda: finish_round(shared))
    act_as(ANNA, lambda: label(shared, "anna", 5))
    act_as(ANNA, lambda: finish_round(shared))
    assert [each.annotator for each in Journal(shared.journal).decisions] == ["ben"] * 2 + ["anna"] + ["ben"] * 2 + [
        "anna"
    ] * 5
    assert len(Document(shared.document).rounds) == 3


def test_everything_that_one_writes_is_writable_for_the_lab(shared: SessionFolder) -> None:
    def use() -> None:
        label(shared, "ben", 5)
        update_facts(shared, device="cpu")
        finish_round(shared)
        with staging(shared.replay("gt")) as staged:
            staged.journal.touch()
        with SessionService(shared) as service:
            write_labels(label_table(service), CSV, shared.path / "out" / "labels.csv")

    before = set(shared.path.rglob("*"))
    act_as(BEN, use, umask=0o077)
    new = set(shared.path.rglob("*")) - before
    folders = {path.name for path in new if path.is_dir()}
    assert {"replays", "gt", "out"} <= folders and {"lock", "journal.jsonl", "round-01.npz"} <= {p.name for p in new}
    for path in [*new - {shared.replay("gt").journal}, shared.document]:
        status = path.stat()
        wanted = stat.S_IRGRP | stat.S_IWGRP | (stat.S_IXGRP if path.is_dir() else 0)
        assert (status.st_gid, status.st_mode & wanted) == (LAB, wanted), path
