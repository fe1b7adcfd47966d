from __future__ import annotations

import json
from pathlib import Path

import pytest
import safetensors

from alc_tui.model.networks import build
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.weights.checkpoint import save_weights
from tests.cli.person import Alc
from tests.made_sessions import CLASSES, make_session

EXPORT = ("session", "export", "--weights", "best")


@pytest.fixture
def session(store: Path) -> SessionFolder:
    """A made session with the best weights of both of its networks."""
    folder = make_session(store / "skin", backbone="small", tune_peers="both", prediction="mean")
    for peer in (1, 2):
        save_weights(folder.weights(0, peer, best=True), build("small", len(CLASSES), "none", seed=peer).state_dict())
    return folder


def test_both_networks_are_written_with_the_names_of_their_classes(alc: Alc, session: SessionFolder) -> None:
    seen = alc(*EXPORT)
    assert (seen.code, seen.out) == (0, "")
    assert seen.err == "Wrote skin-best.safetensors and skin-best-peer-2.safetensors.\n"
    for name in ("skin-best.safetensors", "skin-best-peer-2.safetensors"):
        with safetensors.safe_open(name, "pt") as file:
            assert json.loads(file.metadata()["classes"]) == list(CLASSES)


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_file_in_the_way_is_replaced_only_with_force(
    alc: Alc, session: SessionFolder, tmp_path: Path, more: tuple[str, ...]
) -> None:
    target = tmp_path / "mine.safetensors"
    target.write_bytes(b"mine")
    seen = alc(*EXPORT, "--to", target, *more)
    assert seen.code == 2 and seen.error == f"{target} exists; specify another --to, or replace it with --force."
    assert target.read_bytes() == b"mine"
    assert alc(*EXPORT, "--to", target, "--force", *more).code == 0
    assert (target.read_bytes() == b"mine") is bool(more)


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(
    alc: Alc, session: SessionFolder, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    target, other = tmp_path / "new" / "net.pt", tmp_path / "new" / "net-peer-2.pt"
    seen = alc(*EXPORT, "--to", target, "--dry-run", "--json")
    assert seen.code == 0 and seen.err == f"Would write {target} and {other}.\n"
    assert seen.json == {"paths": [str(target), str(other)], "written": False}
    assert sorted(tmp_path.rglob("*")) == before


def test_json_tells_what_was_written(alc: Alc, session: SessionFolder) -> None:
    told = alc(*EXPORT, "--json").json
    assert told == {"paths": ["skin-best.safetensors", "skin-best-peer-2.safetensors"], "written": True}


@pytest.mark.parametrize("format_", ["csv", "folders"])
def test_a_format_of_labels_is_refused(alc: Alc, session: SessionFolder, format_: str) -> None:
    seen = alc(*EXPORT, "--format", format_)
    assert seen.code == 2 and "--weights" in seen.error and "--format" in seen.error
    assert not list(Path().glob("*.safetensors"))
