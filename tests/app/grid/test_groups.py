"""The grid shows the queue by rank, by suggestion or by similarity, and decides a group with one key."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from alc_tui.session.labeling.items import Item
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round, save
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.preferences import Preferences
from tests.app.grid.looking import here, opens_grid, painted, said, types
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, make_session


def group_of(person: Person, name: str) -> list[str]:
    """The samples that the model suggests as a class, in the order of the queue."""
    items = map(person.service.item, range(len(person.service.queue)))
    return [item.sample for item in items if item.suggestion == name]


def numbers(person: Person) -> list[int]:
    """The numbers of the tiles on the page, in order."""
    return [int(found) for found in re.findall(r"[ ●](\d+) (?:open|skip|flag|excl|MEL|NV|BCC)", person.sees)]


async def opens_by(person: Person, order: str) -> None:
    await opens_grid(person)
    while f"by {order}" not in person.sees:
        await types(person, "tab")
        await person.pilot.pause()
    await types(person, "home")
    await painted(person)


def labels_of(item: Item) -> str:
    """What stands below an image without a label yet."""
    return item.given if item.given == item.suggestion else f"{item.given} or {item.suggestion}"


async def test_each_tile_tells_the_given_label_and_the_suggestion(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        for place in range(12):
            item = person.service.item(place)
            assert labels_of(item) in person.sees
        person.service.decide(person.service.queue[0], Verdict("flag"))
        await types(person, "t", "t")
        await person.sees_text("decided: 1 of 20")
        assert labels_of(person.service.item(0)) in person.sees and "→" not in person.sees


async def test_an_arrow_says_what_a_given_label_was_changed_to(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        given, changed = person.service.item(0).given, person.service.item(1).given
        label = next(name for name in CLASSES if name != changed)
        person.service.decide(person.service.queue[0], Verdict("label", given))
        person.service.decide(person.service.queue[1], Verdict("label", label))
        await opens_grid(person)
        await types(person, "t", "t")
        await person.sees_text("decided: 2 of 20")
        assert f"{changed} → {label}" in person.sees and person.sees.count("→") == 1


async def test_long_names_are_shortened_where_they_do_not_fit_and_no_sooner(tmp_path: Path, sit: Sit) -> None:
    names = ("basophil granulocyte", "eosinophil granulocyte")
    folder = make_session(tmp_path / "blood", names, budget=20)
    async with sit(folder) as person:
        await opens_grid(person)
        assert re.search(r"[be]\w*…\w* or [be]\w*…\w*", person.sees)
    async with sit(folder, size=(120, 50)) as person:
        await opens_grid(person)
        await types(person, *["plus"] * 2)
        await person.waits_until(lambda: any(f"{one} or {two}" in person.sees for one in names for two in names))


async def test_tab_orders_by_suggestion_and_by_similarity_and_by_rank_again(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty, size=(120, 60)) as person:
        service = person.service
        by_suggestion = sorted(range(20), key=lambda place: CLASSES.index(service.item(place).suggestion))
        by_similarity = sorted(range(20), key=lambda place: service.item(place).cluster or 0)
        assert list(range(20)) != by_suggestion != by_similarity
        await opens_grid(person)
        await types(person, "minus", "minus")
        for order, places in (("suggestion", by_suggestion), ("similarity", by_similarity), ("rank", range(20))):
            await types(person, "tab")
            await person.sees_text(f"by {order}")
            await types(person, "home")
            await person.pilot.pause()
            assert numbers(person)[:20] == [place + 1 for place in places]
        await types(person, "shift+tab")
        await person.sees_text("by similarity")


async def test_the_cursor_stays_on_its_sample_when_the_order_changes(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "right", "right", "right")
        for order in ("suggestion", "similarity", "rank"):
            await types(person, "tab")
            await person.sees_text(f"by {order}")
            assert here(person) == 3


async def test_a_key_of_a_class_decides_the_group_under_the_cursor(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        group = group_of(person, "MEL")
        assert 2 <= len(group) <= 12
        await opens_by(person, "suggestion")
        assert f"group 1 of 3, MEL: {len(group)} images" in person.sees
        await types(person, "2")
        await person.sees_text(f"Label the {len(group)} undecided images of this group as NV?")
        assert person.decisions() == []
        await types(person, "y")
        await person.waits_until(lambda: len(person.decisions()) == len(group))
        assert person.decisions() == [(sample, "label", "NV") for sample in group]
        await types(person, "u")
        await person.sees_text(f"Undone: {len(group)} images labeled NV.")


async def test_look_alikes_are_decided_together(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        queue = person.service.queue
        group = [sample for place, sample in enumerate(queue) if person.service.item(place).cluster == 0]
        assert queue[0] in group and 2 <= len(group) <= 12
        await opens_by(person, "similarity")
        await types(person, "x")
        await person.sees_text(f"Exclude the {len(group)} undecided images of this group?")
        await types(person, "y")
        await person.waits_until(lambda: len(person.decisions()) == len(group))
        assert {sample for sample, _, _ in person.decisions()} == set(group)


async def test_what_is_decided_already_stays_as_it_is(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        odd, *others = group_of(person, "MEL")
        person.service.decide(odd, Verdict("label", "BCC"))
        await opens_by(person, "suggestion")
        await types(person, "1", "y")
        await person.waits_until(lambda: len(person.decisions()) == len(others) + 1)
        verdict = person.service.verdict(odd)
        assert verdict is not None and verdict.label == "BCC"
        await types(person, "home", "1")
        await person.waits_until(lambda: "All images of this group are decided" in said(person))
        assert person.is_at(GridScreen)


async def test_g_marks_the_group_so_that_some_can_be_left_out(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        odd, *others = group_of(person, "MEL")
        await opens_by(person, "suggestion")
        await types(person, "g")
        await person.sees_text(f"{len(others) + 1} marked")
        await types(person, "space")
        await person.sees_text(f"{len(others)} marked")
        await types(person, "3", "y")
        await person.waits_until(lambda: len(person.decisions()) == len(others))
        assert person.decisions() == [(sample, "label", "BCC") for sample in others]
        assert person.service.verdict(odd) is None


async def test_by_rank_there_is_no_group(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "g")
        assert "There are no groups by rank" in said(person)
        await types(person, "1")
        assert "press Tab for an order with groups" in said(person) and person.is_at(GridScreen)


async def test_images_of_a_group_count_only_once_they_have_been_on_the_screen(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "skin", samples=400, budget=120)
    async with sit(folder) as person:
        group = group_of(person, "MEL")
        appeared = {*group[:12], *(sample for sample in person.service.queue[:12] if sample in group)}
        later = len(group) - len(appeared)
        assert later > 2
        await opens_by(person, "suggestion")
        await types(person, "g")
        await person.sees_text(f"{len(appeared)} images marked. {later} more of the group have not appeared yet.")
        await types(person, "backspace", "1")
        await person.sees_text(f"Label the {len(appeared)} undecided images of this group as MEL?")
        asked = str(person.app.screen.query_one("ConfirmScreen Static").render())
        assert f"{later} more have not appeared yet." in asked
        await types(person, "n", "pagedown")
        await painted(person)
        await types(person, "home")
        await painted(person)
        await types(person, "1")
        appeared |= set(group[12:24])
        await person.sees_text(f"Label the {len(appeared)} undecided images of this group ({len(group[12:24])} on this")


async def test_a_round_of_an_earlier_version_says_that_it_knows_no_look_alikes(twenty: SessionFolder, sit: Sit) -> None:
    path = twenty.round_arrays(0)
    arrays = load_round(path)
    save(path, replace(arrays, clusters=np.full_like(arrays.clusters, -1)))
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "tab", "tab")
        await person.sees_text("by rank")
        assert "ranked by an earlier version of alc" in said(person)


async def test_the_keys_of_the_classes_are_always_visible(twenty: SessionFolder, sit: Sit) -> None:
    keys = "1 MEL  2 NV  3 BCC  s skip  f flag  x exclude  / find a class"
    async with sit(twenty) as person:
        await opens_grid(person)
        assert keys in person.sees
        await types(person, "space", "tab", "right", "t")
        assert keys in person.sees


async def test_many_classes_take_two_lines_and_names_are_shortened_only_there(tmp_path: Path, sit: Sit) -> None:
    names = [f"class {number} of them" for number in range(10)]
    folder = make_session(tmp_path / "many", names, budget=20, samples=100)
    for size, is_whole in (((200, 40), True), ((80, 24), False)):
        async with sit(folder, size=size, preferences=Preferences()) as person:
            await opens_grid(person)
            assert ("1 class 0 of them  2 class 1 of them" in person.sees) == is_whole
            assert "/ find a class" in person.sees


async def test_those_who_watch_see_the_keys_of_the_classes_without_commands(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty, write=False) as person:
        await opens_grid(person)
        assert "1 MEL  2 NV  3 BCC" in person.sees and "x exclude" not in person.sees


def test_samples_that_were_not_ranked_again_are_a_group_of_their_own(tmp_path: Path) -> None:
    from alc_tui.tui.grid.orders import SIMILARITY, Arrangement

    folder = make_session(tmp_path / "skin", samples=100, budget=16)
    arrays = load_round(folder.round_arrays(0))
    clusters = arrays.clusters.copy()
    clusters[3] = -1
    save(folder.round_arrays(0), replace(arrays, clusters=clusters))
    arrangement = Arrangement(SessionService(folder), SIMILARITY)
    last = SessionService(folder).queue[3]
    assert arrangement.samples[-1] == last and arrangement.members(last, arrangement.samples) == [last]
    assert arrangement.count_before(last, arrangement.samples) == len(arrangement.samples) - 1
    assert arrangement.count_before("of another round", arrangement.samples) == 0


async def test_a_terminal_without_space_for_images_is_no_obstacle(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await person.pilot.resize_terminal(24, 6)
        await types(person, "tab", "right", "g", "plus", "pagedown", "space", "minus", "tab", "t")
        assert person.is_at(GridScreen)
