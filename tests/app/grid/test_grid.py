"""The grid: a round's queue to look around in, with cursor, pages and filters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alc_tui.data.images import FileImages, WindowedImage
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.store.records import Retraining
from alc_tui.tui.app import AlcApp
from alc_tui.tui.compare.screen import CompareScreen
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.grid.thumbnail_grid import ThumbnailGrid
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.review.screen import ReviewScreen
from tests.app.grid.looking import here, opens_grid, other_class, painted, said, types
from tests.app.person import QUICK, Person, Sit
from tests.made_sessions import CLASSES, make_session, update_facts


async def test_each_thumbnail_shows_its_rank_and_its_state(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service, queue = person.service, person.service.queue
        given, changed = service.item(0).given, other_class(person, 1)
        service.decide(queue[0], Verdict("label", given))
        service.decide(queue[1], Verdict("label", changed))
        for place, kind in enumerate(("skip", "flag", "exclude"), start=2):
            service.decide(queue[place], Verdict(kind))
        await opens_grid(person)
        for caption in (
            f"1 {given} ",
            f"2 {changed} ",
            "3 skipped ",
            "4 flagged ",
            "5 excluded ",
            "6 open ",
            "12 open ",
        ):
            assert f" {caption}" in person.sees
        assert "13 open" not in person.sees
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
        (["down", "down"], 12),
        (["up"], 0),
        (["pagedown"], 12),
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


async def test_escape_leads_from_an_enlarged_image_back_to_the_grid_as_it_was(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "tab", "right", "space", "right")
        place = here(person)
        await types(person, "enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.sees_text(person.service.queue[place])
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(GridScreen))
        await person.waits_until(lambda: here(person) == place)
        assert "by suggestion" in person.sees and "1 marked" in person.sees
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await types(person, "escape")
        await person.pilot.pause(0.05)
        assert person.is_at(LabelScreen)


async def excludes_one_and_opens_grid(person: Person) -> None:
    await person.presses("x")
    await person.sees_text("excluded. Press u to undo.")
    await opens_grid(person)


async def test_an_enlarged_image_shows_its_verdict_and_offers_no_other_one_to_undo(
    twenty: SessionFolder, sit: Sit
) -> None:
    async with sit(twenty) as person:
        await excludes_one_and_opens_grid(person)
        await types(person, "home", "space", "2")
        await person.sees_text("Label 1 image")
        await types(person, "y", "home", "enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.sees_text(f"So far {CLASSES[1]}, by you.")
        assert "excluded. Press u" not in person.sees


async def test_what_the_grid_decided_leaves_no_earlier_verdict_to_undo_on_the_labeling_screen(
    twenty: SessionFolder, sit: Sit
) -> None:
    async with sit(twenty) as person:
        await excludes_one_and_opens_grid(person)
        await types(person, "space", "2")
        await person.sees_text("Label 1 image")
        await types(person, "y", "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.waits_until(lambda: "excluded. Press u" not in person.sees)


async def test_the_question_counts_what_is_on_other_pages(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "home", "space", "pagedown")
        await painted(person)
        await types(person, "space", "2")
        await person.sees_text("Label 2 images (1 on this page)")


async def test_q_closes_what_lies_on_top_and_quits_only_below(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        for key, kind in (("g", GridScreen), ("r", ReviewScreen), ("c", CompareScreen)):
            await person.presses(key)
            await person.waits_until(lambda kind=kind: person.is_at(kind))  # type: ignore[misc]
            await types(person, "q")
            await person.waits_until(lambda: person.is_at(LabelScreen))
        await types(person, "q")
        await person.waits_until(lambda: not person.app.is_running)


async def test_a_click_moves_the_cursor_and_two_show_it_large(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await person.pilot.click(ThumbnailGrid, offset=(1 + 13 + 4, 9 + 2))
        assert here(person) == 7
        await person.pilot.click(ThumbnailGrid, offset=(1 + 13 + 4, 9 + 2), times=2)
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.sees_text(person.service.queue[7])


async def test_escape_goes_back(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        assert person.decisions() == []


async def test_only_this_page_and_the_next_are_read(tmp_path: Path, sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[int] = set()
    really = FileImages.read_in_window

    def noticed(self: FileImages, position: int, window: str) -> WindowedImage:
        read.add(position)
        return really(self, position, window)

    monkeypatch.setattr(FileImages, "read_in_window", noticed)
    async with sit(make_session(tmp_path / "many", samples=300, budget=100)) as person:
        await opens_grid(person)
        await person.pilot.pause(0.2)
        two_pages = {person.service.item(place).position for place in range(24)}
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
            assert (f" → {other_class(person, 1)}" in person.sees) == title.startswith(("decided", "changed", "all"))


async def test_the_cursor_stays_at_its_sample_when_others_are_filtered_out(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        for sample in person.service.queue[:3]:
            person.service.decide(sample, Verdict("skip"))
        await opens_grid(person)
        await types(person, "right", "right", "t")
        await person.sees_text("undecided: 17 of 20")
        assert here(person) == 5


async def test_c_filters_by_the_current_class(twenty: SessionFolder, sit: Sit) -> None:
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
        await person.sees_text("A review is limited")
        assert person.is_at(GridScreen)
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("s")
        assert person.decisions()[-1] == (person.service.queue[0], "skip", None)


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


async def test_watchers_see_verdicts_of_others(twenty: SessionFolder) -> None:
    with SessionService(twenty, annotator="ben") as service, SessionService(twenty, "anna", write=True) as writer:
        app = AlcApp(twenty.path.parent, service, timings=replace(QUICK, watch=0.05))
        async with app.run_test(size=(80, 24)) as pilot:
            person = Person(pilot, service)
            await opens_grid(person)
            assert "You are watching" in said(person)
            await types(person, "space", "1")
            assert "●" not in person.sees
            writer.decide(writer.queue[2], Verdict("flag"))
            await person.sees_text(" 3 flagged ")
            await types(person, "right", "right")
            assert "flagged by anna" in person.sees


async def test_plus_and_minus_change_the_size_of_the_images(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "plus")
        await person.sees_text("page 1 of 5")
        assert "4 open" in person.sees and "5 open" not in person.sees
        await types(person, "minus", "minus")
        await person.sees_text("page 1 of 2")
        await types(person, *["plus"] * 5)
        await person.sees_text("page 1 of 10")


async def test_a_larger_terminal_shows_larger_images(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty, size=(200, 60)) as person:
        await opens_grid(person)
        await person.sees_text("page 1 of 3")
        columns, rows = person.screen(GridScreen).query_one(ThumbnailGrid)._tiling.area
        assert columns >= 48 and rows >= 24


async def test_the_keys_have_their_sentences_in_the_help(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty, size=(80, 60)) as person:
        await opens_grid(person)
        await types(person, "question_mark")
        await person.sees_text("Mark or unmark all images on this page.")
