"""Marked samples are decided together, after one question, and the last batch can be undone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Decision, Journal, Verdict
from alc_tui.session.store.records import Retraining
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.review.screen import ReviewScreen
from tests.app.grid.looking import opens_grid, painted, said, types
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, update_facts


@pytest.mark.parametrize("key", ["1", "s", "f", "x", "slash"])
async def test_a_single_key_never_decides(twenty: SessionFolder, sit: Sit, key: str) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, key)
        await person.sees_text("Mark images with Space first")
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
async def test_marked_samples_are_decided_after_one_question(
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


async def test_verdicts_of_the_grid_are_distinguished_and_share_their_time(twenty: SessionFolder, sit: Sit) -> None:
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


async def test_the_question_says_what_is_already_decided(twenty: SessionFolder, sit: Sit) -> None:
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
        assert "2 of them are already decided and will be changed." in asked
        assert f"One more is already labeled {CLASSES[0]}." in asked
        await types(person, "y")
        await person.waits_until(lambda: len(person.decisions()) == 6)
        assert [sample for sample, _, _ in person.decisions()[3:]] == queue[1:4]


async def test_nothing_is_asked_where_nothing_would_change(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        person.service.decide(person.service.queue[0], Verdict("flag"))
        await opens_grid(person)
        await types(person, "home", "space", "f")
        assert "One more is already flagged." in said(person)


async def test_space_takes_a_mark_away_again(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "space", "space", "1")
        assert "Mark images with Space first" in said(person)
        assert "●" not in person.sees


async def test_the_asterisk_marks_the_page_and_takes_its_marks_away(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "asterisk")
        await person.sees_text("12 marked")
        await types(person, "pagedown")
        await painted(person)
        await types(person, "asterisk")
        await person.sees_text("20 marked")
        await types(person, "asterisk")
        await person.sees_text("12 marked")
        await types(person, "backspace")
        await person.waits_until(lambda: "marked" not in person.sees.splitlines()[1])


async def test_the_asterisk_marks_only_visible_samples(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        for sample in person.service.queue[:17]:
            person.service.decide(sample, Verdict("skip"))
        await opens_grid(person)
        await types(person, "t")
        await person.sees_text("undecided: 3 of 20")
        await painted(person)
        await types(person, "asterisk", "f")
        await person.sees_text("Flag 3 images?")


async def test_u_undoes_the_batches_from_the_last_one_on(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service, queue = person.service, person.service.queue
        service.decide(queue[0], Verdict("label", CLASSES[2]))
        await opens_grid(person)
        await types(person, "home", "space", "right", "space", "1", "y")
        await person.sees_text(f"2 labeled {CLASSES[0]}. Press u to undo.")
        await types(person, "u")
        await person.sees_text(f"Undone: 2 images labeled {CLASSES[0]}.")
        first, second = service.verdict(queue[0]), service.verdict(queue[1])
        assert first is not None and first.label == CLASSES[2]
        assert second is None
        await types(person, "u")
        await person.sees_text(f"{CLASSES[2]}")
        await person.waits_until(lambda: service.verdict(queue[0]) is None)
        await types(person, "u")
        await person.sees_text("Nothing to undo: no verdict of this round is left.")


async def test_u_takes_back_a_later_review_first_and_then_the_batch(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service, (first, second) = person.service, person.service.queue[:2]
        await opens_grid(person)
        await types(person, "space", "right", "space", "3", "y")
        await person.sees_text(f"2 labeled {CLASSES[2]}. Press u to undo.")
        person.app.action_review()
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        service.review(second, Verdict("label", CLASSES[0]))
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(GridScreen))
        await person.sees_text(f"2 {CLASSES[0]}")
        await types(person, "u")
        await person.sees_text(f"→ {CLASSES[0]}" if service.given_label(second) != CLASSES[0] else "confirmed")
        labels = [verdict.label for sample in (first, second) if (verdict := service.verdict(sample)) is not None]
        assert labels == [CLASSES[2], CLASSES[2]]
        await types(person, "u")
        await person.sees_text(f"Undone: 2 images labeled {CLASSES[2]}.")
        await types(person, "u")
        await person.sees_text("Nothing to undo: no verdict of this round is left.")


async def test_u_says_that_a_batch_is_being_used_by_a_retraining(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "space", "1", "y")
        await person.sees_text(f"1 labeled {CLASSES[0]}. Press u to undo.")
        update_facts(twenty, retraining=Retraining(1, len(person.service.decisions)))
        await types(person, "u")
        await person.sees_text("Round 1 is being retrained, so its verdicts cannot be undone.")


async def finishes_early(person: Person) -> None:
    """After two verdicts."""
    await person.presses("1", "2", "ctrl+e")
    await person.reads_the_question()
    await person.pilot.press("y")
    await person.sees_text("is finished early")


async def test_u_lets_a_round_go_on_that_was_finished_early(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await finishes_early(person)
        await opens_grid(person)
        await types(person, "u")
        await person.sees_text("Undone: round 1 is not finished, it goes on.")
        await painted(person)
        assert "all: 20 of 20" in person.sees
        assert person.screen(GridScreen).thumbnails.on_page == range(12)
        await types(person, "end", "enter")
        await person.looks()
        assert "image 20 of 20" in person.sees
        await person.presses("1")
        await person.sees_text("image 3 of 20")


async def test_the_labeling_screen_goes_on_with_a_round_that_u_in_the_grid_has_opened(
    twenty: SessionFolder, sit: Sit
) -> None:
    async with sit(twenty) as person:
        await finishes_early(person)
        await opens_grid(person)
        await types(person, "u", "escape")
        await person.sees_text("image 3 of 20")
        await person.presses("1")
        assert person.decisions()[-1] == (person.service.queue[2], "label", CLASSES[0])


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
        assert "One more cannot be shown" in said(person)
        await types(person, "left", "space", "1")
        await person.sees_text("Label 1 image as")
        await types(person, "y")
        await person.waits_until(lambda: person.decisions() == [(queue[9], "label", CLASSES[0])])
        await types(person, "right", "space", "x", "y")
        await person.waits_until(lambda: (queue[10], "exclude", None) in person.decisions())


async def test_a_full_disk_says_how_many_were_decided_and_keeps_the_other_marks(
    twenty: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(twenty, size=(100, 30)) as person:
        queue, extend = person.service.queue, Journal.extend

        def full(self: Journal, decisions: Sequence[Decision]) -> list[Decision]:
            if len(self.decisions) == 2:
                raise OSError(28, "No space left on device")
            return extend(self, decisions)

        await opens_grid(person)
        await types(person, "space", "right", "space", "right", "space")
        monkeypatch.setattr(Journal, "extend", full)
        await types(person, "1", "y")
        await person.sees_text("Only 2 of 3 were decided: The verdict could not be written")
        assert [sample for sample, _, _ in person.decisions()] == queue[:2]
        assert "1 marked" in person.sees
        monkeypatch.undo()
        await types(person, "u")
        await person.sees_text(f"Undone: 2 images labeled {CLASSES[0]}.")
