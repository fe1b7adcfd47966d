"""The app on a made session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import processes
from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.app import AlcApp
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.timings import Timings
from tests.app.person import QUICK, Person, Sit
from tests.made_sessions import finish_round, make_session


@pytest.fixture
def sit() -> Sit:
    """`async with sit(folder) as person`: the app on a session, at 80 × 24 unless told; `write=False` only watches."""

    @asynccontextmanager
    async def at_the_terminal(
        folder: SessionFolder,
        size: tuple[int, int] = (80, 24),
        preferences: Preferences | None = None,
        annotator: str = "anna",
        write: bool = True,
        timings: Timings = QUICK,
    ) -> AsyncIterator[Person]:
        with SessionService(folder, annotator=annotator, write=write) as service:
            app = AlcApp(folder.path.parent, service, preferences, timings)
            async with app.run_test(size=size, notifications=True) as pilot:
                yield Person(pilot, service)

    return at_the_terminal


@pytest.fixture
def session(tmp_path: Path) -> SessionFolder:
    """Three classes, two rounds of five samples, ready to be labeled."""
    return make_session(tmp_path / "skin", with_truth=False)


@pytest.fixture(autouse=True)
def truecolor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that shows all colors, whatever the tests are run in."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture(autouse=True)
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[SessionFolder]:
    """The sessions for which a worker was started; the worker pretends and is done at once."""
    started: list[SessionFolder] = []

    def pretend(folder: SessionFolder) -> None:
        started.append(folder)
        finish_round(folder)

    def prepare(_folder: SessionFolder) -> None:
        raise OSError("none is prepared")

    monkeypatch.setattr(processes, "spawn", pretend)
    monkeypatch.setattr(processes, "PreparedWorker", prepare)
    return started


@pytest.fixture(autouse=True, scope="session")
def styles_are_parsed_once() -> Iterator[None]:
    """Apps with the same colors share the parsed rules of their style sheets, which Textual keeps for one app only."""
    parse, parsed = Stylesheet._parse_rules, dict[tuple[Any, ...], list[RuleSet]]()

    def parse_once(sheet: Stylesheet, css: str, read_from: Any, *options: Any, **named: Any) -> list[RuleSet]:
        colors = tuple(sheet._variables.items())
        key = (css, read_from, options, tuple(named.items()), colors)
        if key not in parsed:
            parsed[key] = parse(sheet, css, read_from, *options, **named)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield
