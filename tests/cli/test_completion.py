"""What the shell is offered after Tab, asked as bash and fish ask."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui.bench.report.rendering import FORMATS
from alc_tui.bench.report.sections import SECTIONS
from alc_tui.cli import completion
from alc_tui.cli.bench import commands as bench
from alc_tui.session.export import names as names_of_exports
from alc_tui.session.settings import names
from alc_tui.session.settings.config import SETTINGS
from alc_tui.session.store import folder
from tests.cli.person import Alc
from tests.made_sessions import make_session

Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(alc: Alc, monkeypatch: pytest.MonkeyPatch) -> Complete:
    """`complete("session new --sampler ")`: what bash is offered for the last word."""

    def ask(typed: str) -> list[str]:
        words = ["alc", *typed.split(" ")]
        monkeypatch.setenv("_ALC_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(words).rstrip())
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        return alc().out.split()

    return ask


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("session new --sampler ", [*names.SAMPLER_NAMES]),
        ("session new --sampler co", ["coreset"]),
        ("session replay --sampler self", ["self-confidence"]),
        ("session new --method ", [*names.METHODS]),
        ("session new --backbone resnet", ["resnet18", "resnet34", "resnet50", "resnet101"]),
        ("session new --device cuda", ["cuda", "cuda:0", "cuda:1"]),
        ("session new --forget-rate ", ["auto"]),
        ("session new --noise-kind ", ["uniform", "pair", "instance", "none", "matrix:"]),
        ("session new --dataset ", ["isic", "nct", "nct-lt", "medmnist:", "folder:", "csv:", "label-studio:", "demo"]),
        ("session new --dataset medmnist:path", ["medmnist:pathmnist"]),
        ("session new --departures vog-", ["vog-start", "vog-pass"]),
        ("session new --departures vog-start,vog-", ["vog-start,vog-pass"]),
        ("session replay --departures n", ["none"]),
        ("session replay --oracle gt", ["gt", "gt:error="]),
        ("session label --preview q", ["quadrant"]),
        ("session export --format ", list(names_of_exports.FORMATS)),
        ("dataset info de", ["demo"]),
        ("bench run demo --device cu", ["cuda", "cuda:0", "cuda:1"]),
        ("bench report demo --format j", ["json"]),
        ("bench report demo --table r", ["rounds", "rare"]),
        ("session sh", ["show"]),
    ],
)
def test_values_are_offered(complete: Complete, typed: str, offered: list[str]) -> None:
    assert complete(typed) == offered


@pytest.mark.parametrize("command", ["show", "train", "label", "attach", "replay", "export", "delete", "merge"])
def test_sessions_are_offered_wherever_one_is_named(complete: Complete, store: Path, command: str) -> None:
    for name in ("skin", "skin-2", "tissue"):
        make_session(store / name)
    assert complete(f"session {command} ski") == ["skin", "skin-2"]


def test_a_store_that_cannot_be_read_offers_nothing(
    complete: Complete, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert complete("session show ") == []

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(folder, "sessions", refuse)
    assert complete("session show ") == []


def test_a_shell_that_shows_meanings_is_told_them(alc: Alc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_ALC_COMPLETE", "complete_fish")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "alc session new --method div")
    assert alc().out.splitlines() == ["dividemix\tDivideMix."]


def test_the_names_in_the_help_of_reports_are_those_that_reports_know() -> None:
    assert bench.FORMAT_NAMES == FORMATS and tuple(SECTIONS) == bench.TABLE_NAMES


def test_every_setting_with_known_values_offers_them() -> None:
    for setting in SETTINGS.values():
        has_known = bool(setting.choices or setting.suggestions or setting.words)
        assert (completion.values_of(setting) is not None) == has_known


@pytest.mark.parametrize("typed", ["session new --backbone ", "session show "])
def test_completing_imports_nothing_slow(store: Path, typed: str) -> None:
    make_session(store / "skin")
    look = (
        "import atexit, sys\n"
        "heavy = ('torch', 'textual', 'numpy', 'PIL')\n"
        "found = lambda: [name for name in heavy if name in sys.modules]\n"
        "atexit.register(lambda: print('imported:', *found(), file=sys.stderr))\n"
        "from alc_tui.cli.main import run\n"
        "run()\n"
    )
    words = ["alc", *typed.split(" ")]
    asked = {"_ALC_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=False, env={**os.environ, **asked}
    )
    assert done.stdout and done.stderr.splitlines()[-1] == "imported:"


@pytest.mark.parametrize("option", ["--dataset", "--departures", "--noise-kind", "--method", "--sampler", "--recipe"])
def test_fish_is_offered_one_line_for_each_value(alc: Alc, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    """It takes each further line for a value."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("_ALC_COMPLETE", "complete_fish")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", f"alc session new {option} ")
    lines = alc().out.splitlines()
    assert len(lines) > 2 and all("\t" in line for line in lines)
