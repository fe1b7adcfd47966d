"""The progress screen says what the rounds brought, how sure that is, and what it cost."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alc_tui.session.forecast.next_round import read_forecast
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.store.records import Intervals, MacroF1, RoundRecord
from alc_tui.text import forecast as forecast_texts
from alc_tui.text import scores
from alc_tui.tui.messages import ContinueSession
from alc_tui.tui.progress import screen as progress_screen
from alc_tui.tui.progress.confusion import Confusion
from alc_tui.tui.progress.screen import ProgressScreen
from tests.app.desk import Guest, at
from tests.made_sessions import CLASSES, finish_round, make_session
from tests.present import present


class Reader(Guest):
    """Somebody who reads what the rounds brought."""

    @property
    def lines(self) -> list[str]:
        return self.sees.splitlines()

    @property
    def sentence(self) -> str:
        """All words in reading order, whatever the width breaks."""
        return " ".join(self.sees.split())

    def row(self, name: str) -> str:
        return next(line.strip() for line in self.lines if line.strip().startswith(name))

    async def presses(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()


Read = Callable[..., AbstractAsyncContextManager[Reader]]


@pytest.fixture
def read() -> Read:
    """`async with read(service) as reader`: the progress screen of a session, at 80 × 24 unless told."""

    @asynccontextmanager
    async def at_the_screen(
        service: SessionService, size: tuple[int, int] = (80, 24), over: bool = False
    ) -> AsyncIterator[Reader]:
        async with at(ProgressScreen(service, over), size) as guest:
            await guest.pilot.pause()
            yield Reader(guest.pilot, guest.app)

    return at_the_screen


@pytest.fixture
def session(tmp_path: Path) -> SessionFolder:
    """Three classes, three rounds of five samples."""
    return make_session(tmp_path / "skin", rounds=3)


def decide_round(service: SessionService) -> None:
    """A round of two confirmed, one skipped, one flagged and one excluded, retrained."""
    queue = service.queue
    for sample in queue[:2]:
        service.decide(sample, Verdict("label", service.given_label(sample), 3))
    for sample, kind in zip(queue[2:], ("skip", "flag", "exclude"), strict=True):
        service.decide(sample, Verdict(kind, seconds=3))
    finish_round(service.folder)
    service.refresh()


@pytest.fixture
def service(session: SessionFolder) -> Any:
    """Two rounds done; what they brought is written by hand."""
    with SessionService(session, annotator="anna", write=True) as opened:
        decide_round(opened)
        decide_round(opened)
        opened.rounds = [rewritten(entry) for entry in opened.rounds]
        yield opened


def rewritten(entry: RoundRecord) -> RoundRecord:
    """Scores that rise by round, of which only the change of MEL is more than noise."""
    number = entry.round
    values = [[0.40, 0.60, 0.80], [0.45, 0.61, 0.74], [0.60, 0.60, 0.71]][number]
    change = Intervals((-0.004, 0.046), {"MEL": (0.02, 0.28), "NV": (-0.05, 0.04), "BCC": (-0.06, -0.01)})
    entry = with_best(entry, support=(40, 50, 30), confusion=((3, 1, 0), (0, 5, 0), (0, 1, 2)))
    return replace(
        entry,
        f1=dict(zip(CLASSES, values, strict=True)),
        macro_f1=MacroF1(best=[0.600, 0.600, 0.637][number], last=[0.590, 0.580, 0.630][number]),
        interval=Intervals((0.55, 0.66), {"MEL": (0.51, 0.69), "NV": (0.55, 0.65), "BCC": (0.60, 0.80)}),
        clean_per_class={"MEL": 12, "NV": 1345, "BCC": 7},
        change=change if number else None,
    )


def with_best(entry: RoundRecord, **scores: Any) -> RoundRecord:
    """The round with other scores at its best epoch."""
    return replace(entry, scores=replace(entry.scores, best=replace(entry.scores.best, **scores)))


@pytest.mark.parametrize(
    ("interval", "word"),
    [((0.001, 0.2), "up"), ((-0.2, -0.001), "down"), ((-0.1, 0.1), "within noise"), ((0.0, 0.2), "within noise")],
)
def test_a_change_is_one_only_if_its_interval_leaves_out_zero(interval: tuple[float, float], word: str) -> None:
    assert scores.direction(interval) == word


async def test_one_sentence_says_whether_the_model_improved(service: SessionService, read: Read) -> None:
    async with read(service) as reader:
        assert (
            "macro-F1 0.637 (95 % interval 0.550–0.660), +0.037 since round 1: within noise "
            "(95 % interval −0.004 … +0.046)"
        ) in reader.sentence
    last = service.rounds[-1]
    service.rounds[-1] = replace(last, change=replace(present(last.change), macro_f1=(0.001, 0.046)))
    async with read(service) as reader:
        assert "up beyond the test set's noise (95 % interval +0.001 … +0.046)" in reader.sentence


async def test_it_says_once_what_the_intervals_leave_out(service: SessionService, read: Read) -> None:
    async with read(service) as reader:
        assert (
            "up, down: beyond the test set's noise, 95 % for all classes together; "
            "another training run could differ more."
        ) in reader.sentence
        assert reader.sentence.count("another training") == 1
    del service.rounds[1:]
    async with read(service) as reader:
        assert "another training" not in reader.sentence, "nothing is compared"


async def test_a_session_of_before_the_intervals_is_shown_without(service: SessionService, read: Read) -> None:
    service.rounds = [replace(entry, interval=None, change=None, clean_per_class=None) for entry in service.rounds]
    async with read(service) as reader:
        assert (
            "macro-F1 0.637, +0.037 since round 1 (it is unknown how much of this change is noise)" in reader.sentence
        )
        assert reader.row("MEL").split()[:3] == ["MEL", "0.600", "+0.150"]
        for word in ("95 %", "clean  ", "within noise", "another training"):
            assert word not in reader.sees
        await reader.presses("f2")
        assert "│ 95 % interval" not in reader.sees


async def test_each_class_shows_its_score_and_its_change(service: SessionService, read: Read) -> None:
    async with read(service) as reader:
        rows = [reader.row(name).split() for name in CLASSES]
        assert rows[0][:5] == ["MEL", "0.600", "0.51–0.69", "+0.150", "up"]
        assert rows[1][:6] == ["NV", "0.600", "0.55–0.65", "−0.010", "within", "noise"]
        assert rows[2][:5] == ["BCC", "0.710", "0.60–0.80", "−0.030", "down"]
        assert rows[0][5:8] == ["▄▄▅", "40", "12"]  # 0.40, 0.45, 0.60 in eighths of the way from ▁ to █
        assert rows[1][7:9] == ["50", "1,345"]
        places = [reader.sees.index(f"\n {name}") for name in CLASSES]
        assert places == sorted(places)


async def test_a_class_that_cannot_be_sure_of_anything_does_not_look_sure(service: SessionService, read: Read) -> None:
    """Resampling one to four images, or answers that are all wrong, says nothing of another test set."""
    entry = with_best(service.rounds[-1], support=(5, 50, 4))
    before = present(entry.interval)
    interval = replace(before, f1={**before.f1, "NV": (0.0, 0.0)})
    service.rounds[-1] = replace(entry, f1={**entry.f1, "NV": 0.0}, interval=interval)
    async with read(service) as reader:
        assert reader.row("MEL").split()[2:5] == ["0.51–0.69", "+0.150", "up"]
        assert reader.row("NV").split()[1:4] == ["0.000", "–", "−0.610"]
        assert reader.row("BCC").split()[1:6] == ["0.710", "–", "−0.030", "too", "few"]
        assert "0.00–0.00" not in reader.sees


async def test_eight_classes_and_all_sentences_fit_at_80_by_24(tmp_path: Path, read: Read) -> None:
    names = [f"class {number}" for number in range(8)]
    with SessionService(make_session(tmp_path / "eight", names, samples=300), "anna", write=True) as eight:
        decide_round(eight)
        async with read(eight) as reader:
            assert all(reader.row(name) for name in names)
            for text in ("macro-F1", "clean set", "another training run could differ more.", "Press Enter", "Help"):
                assert text in reader.sentence


async def test_how_much_each_class_was_guessed_right_shows_where_truth_is_known(
    service: SessionService, read: Read, tmp_path: Path
) -> None:
    first = service.rounds[0]
    selection = replace(present(first.selection), guess={"MEL": 0.25, "NV": 0.5, "BCC": 1.0})
    service.rounds[0] = replace(first, selection=selection)
    async with read(service) as reader:
        assert [reader.row(name).split()[-1] for name in CLASSES] == ["25%", "50%", "100%"]
        legend = "clean: images in the clean set. guess: share of right labels that round 0 kept."
        assert legend in reader.sentence
        await reader.presses("f3")
        assert legend not in reader.sentence
    folder = make_session(tmp_path / "real", with_truth=False)
    with SessionService(folder) as real:
        async with read(real) as reader:
            assert "guess" not in reader.sees and "clean: images in the clean set." in reader.sees
            assert "correct labels" not in reader.sees


async def test_beside_the_classes_is_a_curve_only_where_there_are_two_points(
    service: SessionService, read: Read
) -> None:
    async with read(service, size=(200, 60)) as reader:
        assert "macro-F1 by labels spent" in reader.sees
    service.rounds = service.rounds[:1]
    async with read(service, size=(200, 60)) as reader:
        assert "macro-F1 by labels spent" not in reader.sees
        await reader.presses("f2")
        assert "macro-F1 by labels spent" in reader.sees


async def test_the_curve_shows_each_round_and_its_last_epoch(service: SessionService, read: Read) -> None:
    service.rounds = [
        replace(entry, decided_total=spent) for entry, spent in zip(service.rounds, (0, 40, 100), strict=True)
    ]
    async with read(service) as reader:
        await reader.presses("f2")
        frame = [line for line in reader.lines if line.rstrip()[-1:] in "┃┫┣" and line.strip()]
        for mark in "012":
            assert any(f"{mark}" in line[8:] for line in frame)
        assert sum(line.count("×") for line in frame) >= 2
        assert "│" in "".join(line[8:] for line in frame)
        assert {"0", "40", "100"} <= set(" ".join(reader.lines[-6:]).split())


async def test_the_confusion_matrix_has_true_rows_and_marks_what_is_right(service: SessionService, read: Read) -> None:
    async with read(service) as reader:
        await reader.presses("f3")
        assert reader.row("true").split() == ["true", "\\", "predicted", "MEL", "NV", "BCC", "images"]
        assert reader.row("MEL").split()[1:] == ["[3]", "1", "·", "4"]
        assert reader.row("BCC").split()[1:] == ["·", "1", "[2]", "3"]
        await reader.presses("t")
        assert reader.row("MEL").split()[1:] == ["[75%]", "25%", "·", "4"]
        assert reader.row("BCC").split()[1:] == ["·", "33%", "[67%]", "3"]


async def test_the_key_for_shares_is_offered_only_where_it_means_something(service: SessionService, read: Read) -> None:
    async with read(service) as reader:
        assert "Counts or %" not in reader.sees
        await reader.presses("f3")
        assert "Counts or %" in reader.sees
        await reader.presses("f4")
        assert "Counts or %" not in reader.sees


async def test_the_flow_goes_from_given_to_decided_labels(
    service: SessionService, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = {("MEL", "NV"): 12, ("NV", "NV"): 30, ("BCC", "skipped"): 3, ("NV", "BCC"): 0}
    monkeypatch.setattr(service, "flow", lambda: flow)
    async with read(service) as reader:
        await reader.presses("f4")
        assert "12 of 42 labels changed, 3 set aside." in reader.sees
        found = [line.split()[:5] for line in reader.lines if "→" in line]
        assert found[0] == ["NV", "→", "NV", "confirmed", "30"]
        assert found[1][:4] == ["MEL", "→", "NV", "12"]
        assert found[2][:4] == ["BCC", "→", "skipped", "3"]
        assert len(found) == 3


async def test_names_are_whole_in_the_matrix_and_the_flow_where_the_numbers_leave_room(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"seborrheic keratosis, irritated, of kind {number:02d}" for number in range(1, 31)]
    with SessionService(make_session(tmp_path / "long", names, samples=300, budget=2)) as service:
        monkeypatch.setattr(service, "flow", lambda: {(names[0], names[1]): 3})
        for columns, is_whole in ((200, True), (80, False)):
            async with read(service, size=(columns, 24)) as reader:
                await reader.presses("f3")
                assert (names[0] in reader.sees) == is_whole
                matrix = reader.app.screen.query_one(Confusion)
                assert matrix.show_horizontal_scrollbar == (not is_whole)
                await reader.presses("f4")
                assert (f"{names[0]} → {names[1]}" in reader.sees) == is_whole


async def test_the_ledger_adds_up(service: SessionService, read: Read) -> None:
    service.decide(service.queue[0], Verdict("label", service.given_label(service.queue[0]), 30))
    async with read(service) as reader:
        await reader.presses("f5")
        assert reader.row("round").split() == ["round", "1", "2", "3", "(now)", "total"]
        assert reader.row("shown").split() == ["shown", "5", "5", "1", "11"]
        assert reader.row("confirmed").split() == ["confirmed", "2", "2", "1", "5"]
        assert reader.row("skipped").split() == ["skipped", "1", "1", "0", "2"]
        assert reader.row("minutes").split() == ["minutes", "0.2", "0.2", "0.5", "1.0"]  # 15 s, 15 s, 30 s
        assert reader.row("seconds per verdict").split()[3:] == ["3.0", "3.0", "30.0", "5.5"]
        assert reader.row("free corrections").split()[2:] == ["0", "0", "0", "0"]


async def test_a_verdict_costs_the_time_of_repeats_and_review_over_all_of_them(
    service: SessionService, read: Read
) -> None:
    first, second = service.queue[:2]
    for sample in (first, second):
        service.decide(sample, Verdict("skip", seconds=10))
    service.undo()
    service.decide(first, Verdict("skip", seconds=4), occasion="repeat")
    service.review(service.evidence(1).ranking[0], Verdict("skip", seconds=3))
    async with read(service) as reader:
        await reader.presses("f5")
        assert reader.row("undone").split()[3] == "1"
        assert reader.row("seconds per verdict").split()[5] == "9.0"  # 27 s: one in the queue, one again, one in Review


async def test_a_round_of_nothing_but_review_is_in_the_ledger_too(service: SessionService, read: Read) -> None:
    service.review(service.evidence(1).ranking[0], Verdict("skip", seconds=6))
    async with read(service) as reader:
        await reader.presses("f5")
        assert reader.row("reviewed").split() == ["reviewed", "0", "0", "1", "1"]
        assert reader.row("seconds per verdict").split()[5] == "6.0"


async def test_agreement_with_the_suggestion_is_shown(service: SessionService, read: Read) -> None:
    labels = [one for one in service.verdicts().values() if one.kind == "label"]
    same = sum(one.label == one.suggested for one in labels)
    async with read(service) as reader:
        await reader.presses("f6")
        assert f"{100 * same / len(labels):.0f}% of {len(labels)}" in reader.row("with the suggestion, open")


async def test_without_verdicts_there_is_nothing_to_compare(tmp_path: Path, read: Read) -> None:
    with SessionService(make_session(tmp_path / "new"), "anna", write=True) as undecided:
        async with read(undecided) as reader:
            await reader.presses("f6")
            assert "Nothing to compare yet" in reader.sees


async def forecast_of(reader: Reader, text: str) -> None:
    """Wait until a forecast that contains the text is there."""
    await reader.app.workers.wait_for_complete()
    await reader.pilot.pause()
    assert text in reader.sentence


async def test_the_last_section_says_what_the_next_round_will_probably_bring(
    service: SessionService, read: Read
) -> None:
    forecast = present(read_forecast(service.folder))
    async with read(service) as reader:
        assert "probably" not in reader.sees
        await reader.presses("f7")
        await forecast_of(reader, " ".join([*forecast_texts.lines(forecast), forecast_texts.note(forecast)]))


async def test_a_high_terminal_shows_the_forecast_with_the_result(service: SessionService, read: Read) -> None:
    async with read(service, size=(120, 40)) as reader:
        await forecast_of(reader, "Round 3: ")
        assert reader.row("MEL")
        await reader.pilot.resize_terminal(80, 24)
        await reader.pilot.pause()
        assert "Round 3: " not in reader.sees


async def test_without_a_forecast_a_sentence_says_why(service: SessionService, read: Read) -> None:
    service.folder.round_arrays(1).unlink()
    async with read(service) as reader:
        await reader.presses("f7")
        await forecast_of(reader, "No forecast: ")
        assert "is missing or damaged" in reader.sentence
    decide_round(service)
    async with read(service) as reader:
        await reader.presses("f7")
        await forecast_of(reader, "There is no next round.")


async def test_a_click_on_a_name_shows_its_section(service: SessionService, read: Read) -> None:
    async with read(service) as reader:
        y = next(row for row, line in enumerate(reader.lines) if "confusion" in line)
        await reader.pilot.click(offset=(reader.lines[y].index("confusion") + 2, y))
        await reader.pilot.pause()
        assert "[confusion]" in reader.sees
        assert "true \\ predicted" in reader.sees


async def test_tab_goes_through_the_sections_and_around(service: SessionService, read: Read) -> None:
    async with read(service) as reader:
        await reader.presses("tab")
        assert "macro-F1 by labels spent" in reader.sees
        await reader.presses("shift+tab", "shift+tab", "shift+tab")
        assert "with the suggestion, open" in reader.sees
        await reader.presses("tab")
        assert "[next]" in reader.sees
        await reader.presses("tab")
        assert reader.row("MEL")


async def test_after_a_retraining_enter_continues_and_escape_does_nothing(service: SessionService, read: Read) -> None:
    async with read(service) as reader:
        assert "Press Enter to continue with round 3." in reader.sees
        await reader.presses("escape")
        assert isinstance(reader.app.screen, ProgressScreen)
        await reader.presses("enter")
        assert [type(one) for one in reader.app.heard] == [ContinueSession]


async def test_over_another_screen_escape_goes_back_and_enter_does_nothing(service: SessionService, read: Read) -> None:
    async with read(service, over=True) as reader:
        assert "Press Escape to go back." in reader.sees
        await reader.presses("enter")
        assert reader.app.heard == []
        await reader.presses("escape")
        assert not isinstance(reader.app.screen, ProgressScreen)


async def test_before_the_first_round_a_sentence_says_so(tmp_path: Path, read: Read) -> None:
    with SessionService(make_session(tmp_path / "new", trained=False)) as new:
        async with read(new, over=True) as reader:
            assert "No scores yet" in reader.sees
            await reader.presses("f1", "f3", "t", "tab", "down", "pagedown", "escape")
            assert not isinstance(reader.app.screen, ProgressScreen)


@pytest.mark.slow
async def test_thirty_classes_scroll_under_their_header(tmp_path: Path, read: Read) -> None:
    names = [f"a class with a long name, number {number:02d}" for number in range(30)]
    folder = make_session(tmp_path / "many", names, samples=300, budget=2)
    with SessionService(folder, write=True) as many:
        async with read(many) as reader:
            assert "number 29" not in reader.sees
            await reader.presses(*["pagedown"] * 3)
            assert "number 29" in reader.sees
            assert reader.row("class").split()[:2] == ["class", "F1"]
            await reader.presses("f3", *["pagedown"] * 3, *["right"] * 40)
            row = reader.row("30 a c")
            assert row.split()[-1] == str(many.rounds[0].scores.best.support[29])
            await reader.presses(*["left"] * 40, *["up"] * 40)
            assert reader.row("true").split()[3:6] == ["1", "2", "3"]
            assert reader.row("1 a c")


async def test_a_wide_terminal_shows_the_curve_beside_the_classes(service: SessionService, read: Read) -> None:
    async with read(service, size=(160, 48)) as reader:
        assert reader.row("MEL")
        assert "macro-F1 by labels spent" in reader.sees
        await reader.pilot.resize_terminal(80, 24)
        await reader.pilot.pause()
        assert "macro-F1 by labels spent" not in reader.sees
        assert reader.row("MEL")


async def test_names_of_classes_cannot_mark_up_or_steer_the_screen(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["[red]a[/]", "b\x1b[2J", "黒色腫"]
    folder = make_session(tmp_path / "odd", names)
    with SessionService(folder) as odd:
        monkeypatch.setattr(odd, "flow", lambda: {(names[0], names[1]): 1})
        async with read(odd) as reader:
            for section in "1345":
                await reader.presses(section)
                assert "\x1b" not in reader.sees
            await reader.presses("f1")
            for shown in ("[red]a[/]", "b\\x1b[2J", "黒色腫"):
                assert shown in reader.sees
            await reader.presses("f4")
            assert "[red]a[/]" in reader.sees


def test_every_command_has_a_sentence_for_the_help() -> None:
    for binding in ProgressScreen.BINDINGS:
        assert not isinstance(binding, tuple)
        assert json.dumps(binding.id).startswith('"progress.')
        assert binding.tooltip.endswith(".")


async def test_a_forecast_that_comes_when_the_screen_is_closing_is_dropped(
    service: SessionService, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()

    def slow_lines(_folder: SessionFolder) -> tuple[list[str], str]:
        may_end.wait(60)
        return ["too late"], ""

    monkeypatch.setattr(progress_screen, "forecast_lines", slow_lines)
    async with read(service) as reader:
        for panel in reader.app.screen.query("#forecast, #forecast-notes"):
            await panel.remove()
        may_end.set()
        await reader.app.workers.wait_for_complete()
