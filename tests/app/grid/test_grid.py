"""The grid: the whole round as thumbnails, and several samples decided at once, never by a single key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image

from alc_tui.data.images import FileImages
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_samples, save
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict
from alc_tui.session.store.records import Retraining
from alc_tui.tui.app import AlcApp
from alc_tui.tui.choices import Choices
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.grid import screen as grid
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.grid.thumbnail_grid import ThumbnailGrid
from alc_tui.tui.grid.tiling import SIZES, largest_size, pattern
from alc_tui.tui.labeling import screen as label
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.review.screen import ReviewScreen
from alc_tui.tui.terminal import receipt
from alc_tui.tui.terminal.receipt import Receipt
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, make_session, update_facts


@pytest.fixture
def twenty(tmp_path: Path) -> SessionFolder:
    """A queue of twenty: at 80 × 24 a page holds 6 × 3 of them."""
    return make_session(tmp_path / "skin", budget=20)


async def opens_grid(person: Person) -> None:
    await person.presses("g")
    await person.waits_until(lambda: person.is_at(GridScreen))
    await painted(person)


async def painted(person: Person) -> None:
    """Wait until every thumbnail of the page is on the screen."""
    shown = person.app.screen.query_one(ThumbnailGrid)
    await person.waits_until(lambda: all(shown.seen(tile) is not None for tile in shown.on_page))


async def types(person: Person, *keys: str) -> None:
    """Type as fast as keys come; a y only once its question was read."""
    for key in keys:
        if key == "y":
            await person.reads_the_question()
        await person.pilot.press(key)
        await person.waits_until(lambda: person.app._sieve.held is None)


def here(person: Person) -> int:
    """The place of the sample that is described below the thumbnails."""
    line = str(person.screen(GridScreen).query_one("#here").render())
    return person.service.queue.index(line.split()[1])


def said(person: Person) -> str:
    return str(person.screen(GridScreen).query_one("#said").render())


def other_class(person: Person, place: int) -> str:
    return next(name for name in CLASSES if name != person.service.item(place).given)


async def test_each_thumbnail_says_its_rank_and_what_has_become_of_it(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service, queue = person.service, person.service.queue
        given, changed = service.item(0).given, other_class(person, 1)
        service.decide(queue[0], Verdict("label", given))
        service.decide(queue[1], Verdict("label", changed))
        for place, kind in enumerate(("skip", "flag", "exclude"), start=2):
            service.decide(queue[place], Verdict(kind))
        await opens_grid(person)
        for caption in (f"1 {given} ", f"2 {changed}* ", "3 skip ", "4 flag ", "5 excl ", "6 open ", "18 open "):
            assert f" {caption}" in person.sees
        assert "19 open" not in person.sees
        assert "all: 20 of 20   decided 5" in person.sees


async def test_the_cursor_begins_at_the_first_undecided_sample(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        for sample in person.service.queue[:4]:
            person.service.decide(sample, Verdict("skip"))
        await opens_grid(person)
        assert here(person) == 4


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (["right"], 1),
        (["right", "right", "left"], 1),
        (["left"], 0),
        (["down"], 6),
        (["down", "down", "up"], 6),
        (["up"], 0),
        (["pagedown"], 18),
        (["pagedown", "pagedown"], 19),
        (["pagedown", "pageup"], 0),
        (["end"], 19),
        (["end", "right"], 19),
        (["end", "up"], 13),
        (["right"] * 4 + ["down"] * 3, 19),
        (["end", "down"], 19),
        (["end", "home"], 0),
    ],
)
async def test_keys_move_the_cursor(twenty: SessionFolder, sit: Sit, keys: list[str], place: int) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, *keys)
        await person.pilot.pause()
        assert here(person) == place


async def test_enter_shows_the_sample_large_and_out_of_turn(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "down", "right", "enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.sees_text(person.service.queue[7])
        await person.presses("2")
        assert person.decisions() == [(person.service.queue[7], "label", CLASSES[1])]


async def test_a_click_moves_the_cursor_and_two_show_it_large(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await person.pilot.click(ThumbnailGrid, offset=(1 + 13 + 4, 6 + 2))
        assert here(person) == 7
        await person.pilot.click(ThumbnailGrid, offset=(1 + 13 + 4, 6 + 2), times=2)
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.sees_text(person.service.queue[7])


async def test_escape_goes_back(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        assert person.decisions() == []


async def test_only_what_is_shown_and_the_next_page_are_read(
    tmp_path: Path, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[int] = set()
    really = FileImages.read

    def noticed(self: FileImages, position: int) -> Image.Image:
        read.add(position)
        return really(self, position)

    monkeypatch.setattr(FileImages, "read", noticed)
    async with sit(make_session(tmp_path / "many", samples=300, budget=100)) as person:
        await opens_grid(person)
        await person.pilot.pause(0.2)
        two_pages = {person.service.item(place).position for place in range(36)}
        beside_the_first = {near.position for place in (0, 1) for near in person.service.item(place).neighbors}
        assert read <= two_pages | beside_the_first
        await types(person, "end")
        await painted(person)
        assert person.service.item(99).position in read


async def test_t_shows_samples_of_one_state_after_the_other(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service, queue = person.service, person.service.queue
        service.decide(queue[0], Verdict("label", service.item(0).given))
        service.decide(queue[1], Verdict("label", other_class(person, 1)))
        service.decide(queue[2], Verdict("flag"))
        service.decide(queue[3], Verdict("flag"))
        service.decide(queue[4], Verdict("skip"))
        await opens_grid(person)
        for title in (
            "undecided: 15 of 20",
            "decided: 5 of 20",
            "changed: 1 of 20",
            "flagged: 2 of 20",
            "skipped: 1 of 20",
            "excluded: 0 of 20",
            "all: 20 of 20",
        ):
            await types(person, "t")
            await person.sees_text(title)
            assert ("No image is excluded." in person.sees) == title.startswith("excluded")
            assert (f"2 {other_class(person, 1)}*" in person.sees) == title.startswith(("decided", "changed", "all"))


async def test_the_cursor_stays_at_its_sample_when_others_are_left_out(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        for sample in person.service.queue[:3]:
            person.service.decide(sample, Verdict("skip"))
        await opens_grid(person)
        await types(person, "right", "right", "t")
        await person.sees_text("undecided: 17 of 20")
        assert here(person) == 5


async def test_c_shows_samples_of_the_class_that_stands(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service = person.service
        place = next(number for number in range(20) if service.item(number).given != "BCC")
        service.decide(service.queue[place], Verdict("label", "BCC"))
        expected = {number for number in range(20) if service.item(number).given == "BCC"} | {place}
        await opens_grid(person)
        await types(person, "c", "B", "C", "C", "enter")
        await person.sees_text(f"all, BCC: {len(expected)} of 20")
        await types(person, "c", "escape")
        await person.sees_text("all: 20 of 20")


@pytest.mark.parametrize("key", ["1", "s", "f", "x", "slash"])
async def test_a_single_key_never_decides(twenty: SessionFolder, sit: Sit, key: str) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, key)
        await person.sees_text("Mark images first (space)")
        assert person.is_at(GridScreen)
        assert person.decisions() == []


@pytest.mark.parametrize(
    ("key", "question", "kind", "decided"),
    [
        ("2", f"Label 2 images as {CLASSES[1]}?", "label", CLASSES[1]),
        ("s", "Skip 2 images?", "skip", None),
        ("f", "Flag 2 images?", "flag", None),
        ("x", "Exclude 2 images?", "exclude", None),
    ],
)
async def test_what_is_marked_is_decided_after_one_question(
    twenty: SessionFolder, sit: Sit, key: str, question: str, kind: str, decided: str | None
) -> None:
    async with sit(twenty) as person:
        queue = person.service.queue
        await opens_grid(person)
        await types(person, "right", "space", "down", "space")
        assert "2 marked" in person.sees
        assert "●2 open" in person.sees
        await types(person, key)
        await person.sees_text(question)
        assert person.decisions() == []
        await types(person, "y")
        await person.waits_until(lambda: person.is_at(GridScreen))
        assert person.decisions() == [(queue[1], kind, decided), (queue[7], kind, decided)]
        await person.waits_until(lambda: "marked" not in person.sees)


async def test_verdicts_of_the_grid_are_told_from_others_and_share_the_time_they_took(
    twenty: SessionFolder, sit: Sit
) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "space", "right", "space", "1", "y")
        await person.waits_until(lambda: len(person.decisions()) == 2)
        first, second = Journal(twenty.journal).decisions
        assert (first.occasion, first.blind, first.annotator) == ("grid", False, "anna")
        assert first.seconds == second.seconds > 0


@pytest.mark.parametrize("key", ["n", "escape"])
async def test_a_no_decides_nothing_and_keeps_the_marks(twenty: SessionFolder, sit: Sit, key: str) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "space", "1")
        await person.waits_until(lambda: person.is_at(ConfirmScreen))
        await types(person, key)
        await person.waits_until(lambda: person.is_at(GridScreen))
        assert person.decisions() == []
        assert "1 marked" in person.sees


async def test_the_question_tells_what_is_decided_already(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service, queue = person.service, person.service.queue
        service.decide(queue[0], Verdict("label", CLASSES[0]))
        service.decide(queue[1], Verdict("label", CLASSES[1]))
        service.decide(queue[2], Verdict("skip"))
        await opens_grid(person)
        await types(person, "home", "space", "right", "space", "right", "space", "right", "space", "1")
        await person.sees_text("y  yes")
        asked = str(person.app.screen.query_one("ConfirmScreen Static").render())
        assert f"Label 3 images as {CLASSES[0]}?" in asked
        assert "2 of them are decided already and will be changed." in asked
        assert f"One more is labeled {CLASSES[0]} already." in asked
        await types(person, "y")
        await person.waits_until(lambda: len(person.decisions()) == 6)
        assert [sample for sample, _, _ in person.decisions()[3:]] == queue[1:4]


async def test_nothing_is_asked_where_nothing_would_change(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        person.service.decide(person.service.queue[0], Verdict("flag"))
        await opens_grid(person)
        await types(person, "home", "space", "f")
        assert "One more is flagged already." in said(person)


async def test_space_takes_a_mark_away_again(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "space", "space", "1")
        assert "Mark images first" in said(person)
        assert "●" not in person.sees


async def test_the_asterisk_marks_the_page_and_takes_its_marks_away(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "asterisk")
        await person.sees_text("18 marked")
        await types(person, "pagedown")
        await painted(person)
        await types(person, "asterisk")
        await person.sees_text("20 marked")
        await types(person, "asterisk")
        await person.sees_text("18 marked")
        await types(person, "backspace")
        await person.waits_until(lambda: "marked" not in person.sees.splitlines()[1])


async def test_the_asterisk_marks_only_what_is_shown(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        for sample in person.service.queue[:17]:
            person.service.decide(sample, Verdict("skip"))
        await opens_grid(person)
        await types(person, "t")
        await person.sees_text("undecided: 3 of 20")
        await painted(person)
        await types(person, "asterisk", "f")
        await person.sees_text("Flag 3 images?")


async def test_u_takes_back_the_last_batch_and_nothing_older(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service, queue = person.service, person.service.queue
        service.decide(queue[0], Verdict("label", CLASSES[2]))
        await opens_grid(person)
        await types(person, "home", "space", "right", "space", "1", "y")
        await person.sees_text(f"2 labeled {CLASSES[0]}. u takes them back.")
        await types(person, "u")
        await person.sees_text("Taken back: the verdicts on the last 2.")
        first, second = service.verdict(queue[0]), service.verdict(queue[1])
        assert first is not None and first.label == CLASSES[2]
        assert second is None
        await types(person, "u")
        await person.sees_text("Nothing was decided here")
        assert service.verdict(queue[0]) == first


async def test_a_class_is_found_by_its_name(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "space", "slash", "B", "C", "enter")
        await person.sees_text("Label 1 image as BCC?")
        await types(person, "y")
        await person.waits_until(lambda: person.decisions() == [(person.service.queue[0], "label", "BCC")])


async def test_an_image_that_cannot_be_seen_gets_no_label(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        queue = person.service.queue
        (person.service.data_root / queue[10]).write_bytes(b"no image")
        await opens_grid(person)
        assert "cannot be" in person.sees
        await types(person, *["right"] * 10, "space", "1")
        assert "One more cannot be seen" in said(person)
        await types(person, "left", "space", "1")
        await person.sees_text("Label 1 image as")
        await types(person, "y")
        await person.waits_until(lambda: person.decisions() == [(queue[9], "label", CLASSES[0])])
        await types(person, "right", "space", "x", "y")
        await person.waits_until(lambda: (queue[10], "exclude", None) in person.decisions())


async def test_an_image_that_is_not_painted_yet_cannot_be_marked(
    twenty: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, really = Event(), FileImages.read
    late: list[int] = []

    def slowly(self: FileImages, position: int) -> Image.Image:
        if position in late:
            opened.wait(5)
        return really(self, position)

    monkeypatch.setattr(FileImages, "read", slowly)
    async with sit(twenty) as person:
        late.append(person.service.item(12).position)
        await person.presses("g")
        await person.waits_until(lambda: person.is_at(GridScreen))
        await types(person, "down", "down", "space")
        assert "not painted yet" in said(person)
        await person.waits_until(lambda: person.screen(GridScreen).query_one(ThumbnailGrid).seen(0) is not None)
        await types(person, "asterisk")
        assert "●13 open" not in person.sees
        opened.set()
        await painted(person)
        await types(person, "space")
        await person.sees_text("●13 open")


async def test_a_yes_as_fast_as_the_keys_before_it_decides_nothing(
    twenty: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        monkeypatch.setattr(receipt, "GUARD_SECONDS", 60)
        await person.pilot.press("asterisk", "1", "y")
        await person.sees_text("before this could be seen")
        assert person.is_at(ConfirmScreen) and person.decisions() == []


async def test_an_image_is_seen_once_the_terminal_has_it(
    twenty: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(twenty) as person:
        await person.looks()
        asked: list[Callable[[float], None]] = []
        monkeypatch.setattr(Receipt, "ask", lambda _, then: asked.append(then))
        await person.presses("g")
        await person.waits_until(lambda: person.is_at(GridScreen))
        shown = person.screen(GridScreen).query_one(ThumbnailGrid)
        await person.waits_until(lambda: len(shown.waiting) == 18)
        assert [shown.seen(tile) for tile in shown.on_page] == [None] * 18
        await types(person, "space")
        assert "not painted yet" in said(person)
        await types(person, "asterisk", "1")
        assert person.is_at(GridScreen) and "●" not in person.sees
        asked[-1](0.0)
        assert [shown.seen(tile) for tile in shown.on_page] == [True] * 18
        await types(person, "asterisk")
        await person.sees_text("18 marked")


async def test_an_answer_for_another_page_is_none_for_this_one(
    twenty: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        asked: list[Callable[[float], None]] = []
        monkeypatch.setattr(Receipt, "ask", lambda _, then: asked.append(then))
        shown = person.screen(GridScreen).query_one(ThumbnailGrid)
        await types(person, "pagedown")
        await person.waits_until(lambda: len(asked) > 0 and len(shown.waiting) == 2)
        await types(person, "pageup")
        await person.waits_until(lambda: len(shown.waiting) == 18)
        asked[0](0.0)
        assert [shown.seen(tile) for tile in shown.on_page] == [None] * 18


async def test_images_behind_a_question_are_asked_for_again_after_it(
    twenty: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "space")
        asked: list[Callable[[float], None]] = []
        monkeypatch.setattr(Receipt, "ask", lambda _, then: asked.append(then))
        shown = person.screen(GridScreen).query_one(ThumbnailGrid)
        await types(person, "pagedown")
        await person.waits_until(lambda: len(shown.waiting) == 2)
        await types(person, "f")
        await person.waits_until(lambda: person.is_at(ConfirmScreen) and asked[-1].__name__ == "_received")
        await types(person, "n")
        await person.waits_until(lambda: person.is_at(GridScreen) and asked[-1].__name__ != "_received")
        asked[-1](0.0)
        assert [shown.seen(tile) for tile in shown.on_page] == [True, True]


async def test_over_a_review_enter_says_how_to_leave_it(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        for sample in person.service.queue[:2]:
            person.service.decide(sample, Verdict("flag"))
        await person.presses("r")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        await types(person, "enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await opens_grid(person)
        await types(person, "down", "enter")
        await person.sees_text("A review shows its own samples")
        assert person.is_at(GridScreen)
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("s")
        assert person.decisions()[-1] == (person.service.queue[0], "skip", None)


async def test_a_full_disk_says_how_many_were_decided_and_keeps_the_other_marks(
    twenty: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(twenty, size=(100, 30)) as person:
        queue, really = person.service.queue, Journal._write

        def full(self: Journal, line: bytes) -> None:
            if len(self.decisions) == 2:
                raise OSError(28, "No space left on device")
            really(self, line)

        await opens_grid(person)
        await types(person, "space", "right", "space", "right", "space")
        monkeypatch.setattr(Journal, "_write", full)
        await types(person, "1", "y")
        await person.sees_text("2 of 3 were decided, then: The verdict could not be written")
        assert [sample for sample, _, _ in person.decisions()] == queue[:2]
        assert "1 marked" in person.sees
        monkeypatch.undo()
        await types(person, "u")
        await person.sees_text("Taken back: the verdicts on the last 2.")


async def test_a_blind_session_keeps_its_secrets_and_decides_one_by_one(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "skin", budget=20, blind=True)) as person:
        service, queue = person.service, person.service.queue
        service.decide(queue[3], Verdict("label", "BCC", blind=True))
        await opens_grid(person)
        assert "given" not in person.sees and "model" not in person.sees
        assert "You label blind" in said(person)
        await types(person, "space", "asterisk", "1")
        assert person.is_at(GridScreen) and "●" not in person.sees
        await types(person, "c", "B", "C", "C", "enter")
        await person.sees_text("all, BCC: 1 of 20")
        assert f"given {service.item(3).given}" in person.sees
        assert len(person.decisions()) == 1


@pytest.mark.parametrize("blind", [True, False])
async def test_folders_named_after_classes_are_told_only_where_the_label_is_no_secret(
    tmp_path: Path, sit: Sit, blind: bool
) -> None:
    folder = make_session(tmp_path / "skin", budget=20, blind=blind)
    samples = load_samples(folder.samples)
    inside = np.array([f"{CLASSES[given]}/{name}" for name, given in zip(samples.ids, samples.given, strict=True)])
    save(folder.samples, replace(samples, ids=inside, locators=inside))
    async with sit(folder, (160, 48), Choices(preview="off")) as person:
        service, queue = person.service, person.service.queue
        service.decide(queue[3], Verdict("label", "BCC", blind=blind))
        await opens_grid(person)
        for sample in queue[4:10]:
            assert sample.partition("/")[2] in person.sees
            assert (sample in person.sees) != blind
        assert queue[3] in person.sees


async def test_what_the_grid_told_is_not_blind_any_more(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        queue = person.service.queue
        await opens_grid(person)
        await types(person, "right")
        await person.sees_text(queue[1])
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("b", "1", "1", "1")
        assert [(one.sample, one.blind) for one in person.service.decisions] == [
            (queue[0], False),
            (queue[1], False),
            (queue[2], True),
        ]


async def test_whose_class_was_asked_for_is_not_blind_any_more(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service = person.service
        told = {sample for place, sample in enumerate(service.queue) if service.item(place).given == "BCC"}
        assert 0 < len(told - {service.queue[0]}) < 18
        await opens_grid(person)
        await types(person, "c", "B", "C", "C", "enter")
        await person.sees_text(f"all, BCC: {len(told)} of 20")
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("b", *["1"] * 20)
        seen = {one.sample for one in service.decisions if not one.blind}
        assert len(service.decisions) == 20
        assert seen == told | {service.queue[0]}


async def test_a_batch_that_was_taken_back_is_not_blind_any_more(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "asterisk", "1", "y")
        await person.waits_until(lambda: len(person.decisions()) == 18)
        await types(person, "u", "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("b", "1", "1", "1")
        assert [one.blind for one in person.service.decisions[-3:]] == [False] * 3


async def test_blind_what_was_seen_before_is_no_secret(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service = person.service
        await person.presses("b")
        await opens_grid(person)
        assert f"given {service.item(0).given}" in person.sees
        await types(person, "right")
        await person.sees_text(service.queue[1])
        assert "given" not in person.sees


async def test_a_round_that_is_being_retrained_can_only_be_looked_at(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        update_facts(twenty, retraining=Retraining(1, 0))
        person.service.refresh()
        await opens_grid(person)
        assert "Round 1 is being retrained" in said(person)
        await types(person, "space", "f", "u")
        assert person.is_at(GridScreen) and person.decisions() == []


async def test_a_round_that_goes_into_retraining_meanwhile_is_not_changed(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "space", "f", "y")
        await person.waits_until(lambda: len(person.decisions()) == 1)
        update_facts(twenty, retraining=Retraining(1, 1))
        await types(person, "u")
        await person.waits_until(lambda: "Round 1 is being retrained" in said(person))
        assert len(person.decisions()) == 1


async def test_who_watches_sees_what_is_decided_elsewhere(
    twenty: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label, "WATCH_SECONDS", 0.05)
    monkeypatch.setattr(grid, "WATCH_SECONDS", 0.05)
    with SessionService(twenty, annotator="ben") as service, SessionService(twenty, "anna", write=True) as writer:
        async with AlcApp(twenty.path.parent, service).run_test(size=(80, 24)) as pilot:
            person = Person(pilot, service)
            await opens_grid(person)
            assert "You are watching" in said(person)
            await types(person, "space", "1")
            assert "●" not in person.sees
            writer.decide(writer.queue[2], Verdict("flag"))
            await person.sees_text(" 3 flag ")
            await types(person, "right", "right")
            assert "flagged by anna" in person.sees


async def test_plus_and_minus_change_the_size_of_the_images(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "plus")
        await person.sees_text("page 1 of 3")
        assert "8 open" in person.sees and "9 open" not in person.sees
        await types(person, "minus", "minus")
        await person.sees_text("page 1 of 2")


async def test_a_larger_terminal_shows_larger_images(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty, size=(160, 48)) as person:
        await opens_grid(person)
        assert "page 1 of 1" in person.sees
        columns, rows = person.screen(GridScreen).query_one(ThumbnailGrid)._pattern.area
        assert columns >= 18 and rows >= 8


async def test_the_keys_have_their_sentences_in_the_help(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty, size=(80, 60)) as person:
        await opens_grid(person)
        await types(person, "question_mark")
        await person.sees_text("mark this page, or nothing of it")


def test_tiles_share_out_the_room_there_is() -> None:
    fitting = pattern((78, 18), (12, 5))
    assert (fitting.columns, fitting.rows, fitting.page, fitting.area) == (6, 3, 18, (12, 5))
    roomier = pattern((158, 43), (18, 8))
    assert (roomier.columns, roomier.rows, roomier.area) == (8, 4, (18, 9))
    assert pattern((5, 3), (12, 5)).page == 1


def test_images_are_as_large_as_enough_of_them_allow() -> None:
    assert SIZES[largest_size((78, 18), 500)] == (12, 5)
    assert SIZES[largest_size((158, 42), 500)] == (18, 8)
    assert SIZES[largest_size((78, 18), 8)] == (18, 8)
    assert SIZES[largest_size((78, 19), 1)] == (38, 18)
    assert SIZES[largest_size((10, 4), 500)] == (12, 5)
