"""Compare: the sample beside typical clean images of its classes, with the verdict keys of the labeling screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round, save
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict, Verdicts
from alc_tui.tui.compare.examples import Examples
from alc_tui.tui.compare.screen import CompareScreen
from alc_tui.tui.labeling.sample.thumbnails import Thumbnails
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.widgets.preview import Preview
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, make_session


async def compares(person: Person) -> None:
    await person.presses("c")
    await person.waits_until(lambda: person.is_at(CompareScreen))
    await person.pilot.pause()  # until the screen is laid out


async def decided(person: Person, key: str) -> list[tuple[str, str, str | None]]:
    """The decisions after a key of the comparison."""
    await person.pilot.press(key)
    await person.waits_until(lambda: person.is_at(LabelScreen))
    await person.pilot.pause()
    return person.decisions()


def titles(person: Person) -> list[str]:
    return [str(each.query_one("Static").render()) for each in person.screen(CompareScreen).query(Examples)]


def shown(person: Person) -> list[list[int]]:
    """The positions of the examples of both classes."""
    rows = person.screen(CompareScreen).query(Thumbnails)
    return [[thumbnail.position for thumbnail in row._thumbnails] for row in rows]


def different(person: Person) -> str:
    """A sample whose given label is not the suggestion, made the one on the screen."""
    service = person.service
    return next(item.sample for item in map(service.item, range(len(service.queue))) if item.given != item.suggestion)


async def test_the_image_is_beside_typical_images_of_the_given_label_and_of_the_suggestion(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(session) as person:
        sample = different(person)
        person.screen(LabelScreen).jump(sample)
        await compares(person)
        item = person.service.item_of(sample)
        first, second = titles(person)
        assert first.startswith(f"{item.given}   given") and second.startswith(f"{item.suggestion}   model")
        assert person.screen(CompareScreen).query_one(Preview)._position == item.position
        await person.waits_until(lambda: all(shown(person)))
        for name, positions in zip((item.given, item.suggestion), shown(person), strict=True):
            assert positions == list(person.service.typical(name).positions[: len(positions)])
        await person.sees_text("nearest to the mean of their class")


@pytest.mark.parametrize(("size", "fewest"), [((80, 24), 12), ((120, 40), 28), ((200, 60), 48)])
async def test_examples_are_large(session: SessionFolder, sit: Sit, size: tuple[int, int], fewest: int) -> None:
    async with sit(session, size=size) as person:
        await compares(person)
        await person.waits_until(lambda: all(shown(person)))
        for row in person.screen(CompareScreen).query(Thumbnails):
            assert row.area[0] >= fewest and row.area[1] >= fewest // 2
            assert 2 * row.area[0] + 1 <= row.size.width


@pytest.mark.parametrize(
    ("key", "kind", "label"),
    [("2", "label", CLASSES[1]), ("s", "skip", None), ("f", "flag", None), ("x", "exclude", None)],
)
async def test_the_keys_of_verdicts_work_as_on_the_labeling_screen(
    session: SessionFolder, sit: Sit, key: str, kind: str, label: str | None
) -> None:
    async with sit(session) as person:
        sample = person.service.queue[0]
        await compares(person)
        assert await decided(person, key) == [(sample, kind, label)]
        assert person.service.decisions[0].seconds > 0


async def test_enter_keeps_the_given_label_and_a_accepts_the_suggestion(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        first, second = (person.service.item(place) for place in (0, 1))
        await compares(person)
        await decided(person, "enter")
        await compares(person)
        await decided(person, "a")
        assert person.decisions() == [
            (first.sample, "label", first.given),
            (second.sample, "label", second.suggestion),
        ]


async def test_a_key_that_was_remapped_decides_here_too(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, preferences=Preferences(keys={"label.skip": "w"})) as person:
        await compares(person)
        assert await decided(person, "w") == [(person.service.queue[0], "skip", None)]


async def test_undo_takes_back_the_last_verdict_and_goes_back_to_its_sample(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        first, second = person.service.queue[:2]
        await person.presses("1")
        await compares(person)
        assert [kind for _, kind, _ in await decided(person, "u")] == ["label", "undo"]
        await person.sees_text("Undone: ")
        await person.presses("2")
        assert person.decisions()[-1] == (first, "label", CLASSES[1])
        assert person.service.verdict(second) is None


async def test_undo_with_nothing_to_undo_says_so(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await compares(person)
        assert await decided(person, "u") == []
        await person.sees_text("Nothing to undo")


async def test_help_names_undo_for_which_the_footer_has_no_space(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await compares(person)
        footer = person.sees.splitlines()[-1]
        await person.pilot.press("question_mark")
        await person.sees_text("Undo the last verdict")
        assert "esc Back" in footer


async def test_escape_goes_back_to_the_same_sample(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await compares(person)
        assert await decided(person, "escape") == []
        await person.presses("1")
        assert person.decisions() == [(person.service.queue[0], "label", CLASSES[0])]


async def test_tab_goes_through_the_other_classes(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await compares(person)
        item = person.service.item(0)
        others = sorted(set(CLASSES) - {item.given}, key=lambda name: -item.probabilities[CLASSES.index(name)])
        for name in [*others, others[0]]:
            assert [title.split()[0] for title in titles(person)] == [item.given, name]
            await person.pilot.press("tab")
        await person.pilot.press("shift+tab", "down")
        assert [title.split()[0] for title in titles(person)] == [others[1], others[0]]
        await person.pilot.press("up")
        assert titles(person)[1].split()[0] == others[0]


async def test_right_shows_more_of_them_and_left_the_ones_before(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "skin", samples=120)) as person:
        await compares(person)
        await person.waits_until(lambda: all(shown(person)))
        before = shown(person)
        await person.pilot.press("right")
        assert all(not set(one) & set(other) for one, other in zip(before, shown(person), strict=True))
        assert shown(person)[0] == list(person.service.typical(titles(person)[0].split()[0]).positions[2:4])
        await person.pilot.press("left", "left")
        assert shown(person) == before


async def test_blind_mode_shows_all_classes_alike(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "skin", blind=True)) as person:
        for _ in range(3):
            await compares(person)
            assert titles(person) == [CLASSES[0], CLASSES[1]]
            assert not {"given", "model", "%"} & set(person.sees.replace("%", " % ").split())
            assert "Confirm" not in person.sees and "Accept" not in person.sees
            await person.pilot.press("enter", "a")
            assert person.is_at(CompareScreen)
            await person.pilot.press("3")
            await person.waits_until(lambda: person.is_at(LabelScreen))
        assert [one.blind for one in person.service.decisions] == [True] * 3


async def test_a_round_of_an_earlier_version_goes_by_probability_and_says_so(session: SessionFolder, sit: Sit) -> None:
    path = session.round_arrays(0)
    arrays = load_round(path)
    save(path, replace(arrays, typical=np.empty((len(CLASSES), 0), dtype=np.int64)))
    async with sit(session) as person:
        await compares(person)
        await person.sees_text("written by an earlier version of alc")
        name = person.service.item(0).given
        local = person.service.samples.train.tolist().index(shown(person)[0][0])
        same = arrays.clean & (arrays.labels == CLASSES.index(name))
        assert arrays.probabilities[local, CLASSES.index(name)] == arrays.probabilities[same, CLASSES.index(name)].max()


def without_clean_images(session: SessionFolder) -> SessionFolder:
    path = session.round_arrays(0)
    arrays = load_round(path)
    save(path, replace(arrays, typical=np.full_like(arrays.typical, -1)))
    return session


async def test_where_a_class_has_no_clean_image_those_with_this_given_label_stand_for_it_unverified(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(without_clean_images(session)) as person:
        await compares(person)
        name = person.service.item(0).given
        await person.sees_text(f"No clean image of {name}: those shown have this given label, unverified.")
        assert titles(person)[0].endswith("   unverified")
        await person.waits_until(lambda: all(shown(person)))
        samples = person.service.samples
        assert {CLASSES[samples.given[position]] for position in shown(person)[0]} == {name}
        assert person.service.item(0).position not in shown(person)[0]


async def test_images_that_people_labeled_as_the_class_come_first_and_alone(session: SessionFolder, sit: Sit) -> None:
    async with sit(without_clean_images(session)) as person:
        decided, other = (person.service.item(place) for place in (0, 1))
        await person.presses(str(CLASSES.index(other.given) + 1))
        await compares(person)
        await person.sees_text(f"No clean image of {other.given}: those shown were labeled {other.given} by people.")
        assert titles(person)[0].endswith("   labeled by people")
        await person.waits_until(lambda: all(shown(person)))
        assert shown(person)[0] == [decided.position]


def test_an_image_that_was_decided_otherwise_does_not_stand_for_its_given_label(tmp_path: Path) -> None:
    with SessionService(
        without_clean_images(make_session(tmp_path / "skin", budget=20)), "anna", write=True
    ) as service:
        before = service.typical(CLASSES[0], Verdicts()).positions
        items = map(service.item, range(len(service.queue)))
        item = next(item for item in items if item.position in before)
        service.decide(item.sample, Verdict("exclude"))
        after = service.typical(CLASSES[0], service.verdict_history).positions
        assert item.position not in after and set(before) - {item.position} <= set(after)


async def test_blind_mode_shows_no_given_labels_of_others(tmp_path: Path, sit: Sit) -> None:
    async with sit(without_clean_images(make_session(tmp_path / "skin", blind=True))) as person:
        await compares(person)
        assert titles(person) == [f"{name}   no clean image" for name in CLASSES[:2]]
        assert shown(person) == [[], []] and "unverified" not in person.sees


async def test_a_second_pass_shows_no_verdicts_of_others(tmp_path: Path, sit: Sit) -> None:
    folder = without_clean_images(make_session(tmp_path / "skin", budget=3, with_truth=False))
    with SessionService(folder, "bert", write=True) as first:
        for sample in first.queue:
            first.decide(sample, Verdict("label", CLASSES[0]), "queue", CLASSES[0])
    async with sit(folder, preferences=Preferences(second_pass=True)) as person:
        await compares(person)
        assert "labeled by people" not in person.sees


async def test_those_who_watch_can_compare_and_not_decide(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, write=False) as person:
        await compares(person)
        assert "Skip" not in person.sees
        await person.pilot.press("s")
        assert person.is_at(CompareScreen)
