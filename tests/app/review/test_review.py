"""Review: decided samples that deserve a second look, to be decided again."""

from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.session.labeling.passes import ReviewPass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round, load_samples
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict, Verdicts
from alc_tui.session.store.records import Retraining
from alc_tui.tui.app import AlcApp
from alc_tui.tui.dialogs.ask import AskScreen
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.review.case_table import CaseTable
from alc_tui.tui.review.screen import ReviewScreen
from alc_tui.tui.widgets.preview import Preview
from alc_tui.tui.widgets.status_line import StatusLine
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, compare_as, finish_round, make_session, update_facts


@pytest.fixture
def ten(tmp_path: Path) -> SessionFolder:
    """Two rounds of ten samples."""
    return make_session(tmp_path / "skin", budget=10, with_truth=False)


async def opens_review(person: Person) -> None:
    await person.presses("r")
    await person.waits_until(lambda: person.is_at(ReviewScreen))
    await person.pilot.pause(0.05)


async def types(person: Person, *keys: str) -> None:
    for key in keys:
        await person.pilot.press(key)
        await person.waits_until(lambda: person.app._key_delay.held is None)


def about(person: Person) -> str:
    return str(person.screen(ReviewScreen).query_one("#about").render())


def note(person: Person) -> str:
    return str(person.screen(ReviewScreen).query_one(StatusLine).render())


def rows(person: Person, without: tuple[str, ...] = ("given", "round")) -> list[list[str]]:
    """The cells of the table, without the columns of these titles."""
    table = person.screen(ReviewScreen).query_one(CaseTable)
    shown = [place for place, column in enumerate(table.ordered_columns) if str(column.label) not in without]
    return [[str(table.get_row_at(row)[place]) for place in shown] for row in range(table.row_count)]


def decide_all(service: SessionService, answers: dict[int, tuple[str, str | None]] | None = None) -> None:
    """The given label for all of the queue, other answers at some places."""
    for place, sample in enumerate(service.queue):
        kind, label = (answers or {}).get(place, ("label", service.item(place).given))
        service.decide(sample, Verdict(kind, label))


def other_class(service: SessionService, place: int) -> str:
    return next(name for name in CLASSES if name != service.item(place).given)


def told_by_the_model(folder: SessionFolder, number: int) -> dict[str, tuple[str, float]]:
    """What the model of a round says of each training sample, and how sure it is."""
    samples, shares = load_samples(folder.samples), load_round(folder.round_arrays(number)).probabilities
    ids = samples.ids[samples.train].tolist()
    return {sample: (CLASSES[int(row.argmax())], float(row.max())) for sample, row in zip(ids, shares, strict=True)}


async def test_the_flagged_and_the_changed_are_counted_and_listed(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        service, queue = person.service, person.service.queue
        changed = other_class(service, 2)
        for place, verdict in enumerate([("flag", None), ("flag", None), ("label", changed)]):
            service.decide(queue[place], Verdict(*verdict))
        await opens_review(person)
        await person.sees_text("flagged 2")
        assert "changed 1" in person.sees
        assert "model disagrees 0" in person.sees
        assert "annotators disagree 0" in person.sees
        assert rows(person) == [[queue[0], "flagged (you)"], [queue[1], "flagged (you)"]]
        assert "You flagged it in round 1." in about(person)
        await types(person, "f3")
        await person.waits_until(lambda: rows(person) == [[queue[2], f"{changed} (you)"]])
        assert f"You chose {changed} in round 1. Given label: {service.given_label(queue[2])}." in about(person)


async def test_a_blind_verdict_is_marked(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        service = person.service
        service.decide(service.queue[0], Verdict("label", other_class(service, 0), blind=True))
        await opens_review(person)
        assert f"You chose {other_class(service, 0)}, blind, in round 1." in about(person)


async def test_the_new_model_disagrees_after_the_retraining_only(ten: SessionFolder, sit: Sit) -> None:
    with SessionService(ten, "anna", write=True) as service:
        decide_all(service)
    finish_round(ten)
    told = told_by_the_model(ten, 1)
    verdicts = Verdicts(Journal(ten.journal).decisions).all()
    expected = sorted(
        (-told[sample][1], sample, verdict.label, told[sample][0])
        for sample, verdict in verdicts.items()
        if told[sample][0] != verdict.label
    )
    assert expected
    async with sit(ten) as person:
        person.service.decide(person.service.queue[0], Verdict("label", other_class(person.service, 0)))
        await opens_review(person)
        await types(person, "f4")
        listed = [[sample, f"{said} (you)", f"{model} {-share:.2f}"] for share, sample, said, model in expected]
        await person.waits_until(lambda: rows(person) == listed)
        share, _, said, model = expected[0]
        assert f"You chose {said} in round 1. The new model predicts {model} ({-share:.2f})." in about(person)


async def test_annotators_disagree_where_a_second_one_decided_differently(ten: SessionFolder, sit: Sit) -> None:
    with SessionService(ten, "ben", write=True) as service:
        first, second, third = service.queue[:3]
        for sample in (first, second, third):
            service.decide(sample, Verdict("label", "MEL"))
    with SessionService(ten, "anna", write=True) as service:
        service.decide(first, Verdict("label", "NV"), occasion="second")
        service.decide(second, Verdict("label", "MEL"), occasion="second")
        service.decide(third, Verdict("skip"), occasion="second")
    async with sit(ten) as person:
        await opens_review(person)
        await types(person, "f5")
        await person.waits_until(
            lambda: rows(person) == [[first, "MEL (ben)", "NV (you)"], [third, "MEL (ben)", "skip (you)"]]
        )
        assert "ben chose MEL in round 1. You chose NV." in about(person)
        await types(person, "down")
        await person.waits_until(lambda: "You skipped it." in about(person))


async def test_tab_goes_through_the_lists(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        service = person.service
        service.decide(service.queue[0], Verdict("flag"))
        service.decide(service.queue[1], Verdict("label", other_class(service, 1)))
        await opens_review(person)
        await types(person, "tab")
        await person.sees_text("No sample is skipped.")
        await types(person, "tab")
        await person.waits_until(lambda: rows(person)[0][0] == service.queue[1])
        await types(person, "tab")
        await person.sees_text("The model agrees with every label")
        await types(person, "tab", "tab", "tab", "tab")
        await person.waits_until(lambda: rows(person)[0][0] == service.queue[0])
        await types(person, "shift+tab")
        await person.sees_text("No given label has been confirmed")


async def test_it_begins_with_the_first_list_that_has_something(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        person.service.decide(person.service.queue[0], Verdict("label", other_class(person.service, 0)))
        await opens_review(person)
        assert rows(person)[0][0] == person.service.queue[0]


async def test_it_begins_with_the_list_that_was_asked_for(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        person.service.decide(person.service.queue[0], Verdict("flag"))
        await person.looks()
        person.app.call_later(person.app.action_review, "annotators disagree")
        await person.sees_text("There are no disagreements")
        assert "No sample is flagged" not in person.sees


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("f1", "No sample is flagged."),
        ("f2", "No sample is skipped."),
        ("f3", "No label has been changed."),
        ("f4", "The model agrees with every label"),
        ("f5", "There are no disagreements"),
        ("f8", "No sample is excluded."),
        ("f9", "No given label has been confirmed."),
    ],
)
async def test_an_empty_list_says_so(ten: SessionFolder, sit: Sit, key: str, sentence: str) -> None:
    async with sit(ten) as person:
        await opens_review(person)
        await types(person, key, "enter", "down", "end")
        await person.sees_text(sentence)
        assert person.is_at(ReviewScreen)


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (["down"], 1),
        (["down", "down", "up"], 1),
        (["up"], 0),
        (["end"], 9),
        (["end", "down"], 9),
        (["end", "home"], 0),
        (["pagedown"], 9),
        (["pagedown", "pageup"], 0),
    ],
)
async def test_keys_move_through_the_cases(ten: SessionFolder, sit: Sit, keys: list[str], row: int) -> None:
    async with sit(ten) as person:
        queue = list(person.service.queue)
        for sample in queue:
            person.service.decide(sample, Verdict("flag"))
        person.app.call_later(person.app.action_review)
        await person.waits_until(lambda: person.is_at(ReviewScreen) and len(rows(person)) == 10)
        await types(person, *keys)
        assert person.screen(ReviewScreen).query_one(CaseTable).cursor_row == row


async def test_the_case_under_the_cursor_is_shown_beside_the_list(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        service = person.service
        for place in range(2):
            service.decide(service.queue[place], Verdict("flag"))
        await opens_review(person)
        preview = person.screen(ReviewScreen).query_one(Preview)
        for place in range(2):
            shown = service.item(place).position
            await person.waits_until(lambda: preview._position == shown)  # noqa: B023  at once
            await person.waits_until(lambda: preview.picture is not None)
            assert f"Given label: {service.item(place).given}." in about(person)
            await types(person, "down")


async def test_enter_decides_cases_again_from_the_chosen_one_on(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        queue = list(person.service.queue)
        for sample in queue[:3]:
            person.service.decide(sample, Verdict("flag"))
        await opens_review(person)
        await types(person, "down", "enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        assert isinstance(person.screen(LabelScreen)._current.labeling_pass, ReviewPass)
        await person.presses("1", "2")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        assert person.decisions()[3:] == [(queue[1], "label", "MEL"), (queue[2], "label", "NV")]
        await person.waits_until(lambda: [row[-1] for row in rows(person)] == ["", "reviewed", "reviewed"])
        assert [row[:2] for row in rows(person)] == [
            [queue[0], "flagged (you)"],
            [queue[1], "MEL (you)"],
            [queue[2], "NV (you)"],
        ]
        await person.sees_text("flagged 1")


async def test_reviewed_cases_are_not_shown_again(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        queue = list(person.service.queue)
        for sample in queue[:3]:
            person.service.decide(sample, Verdict("flag"))
        await opens_review(person)
        await types(person, "down", "enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("1", "escape")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        table = person.screen(ReviewScreen).query_one(CaseTable)
        await person.waits_until(lambda: table.cursor_row == 2)
        await types(person, "home", "enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("1", "1")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        assert [sample for sample, _, _ in person.decisions()[3:]] == [queue[1], queue[0], queue[2]]


async def test_an_undone_review_is_open_again(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        queue = list(person.service.queue)
        for sample in queue[:2]:
            person.service.decide(sample, Verdict("flag"))
        await opens_review(person)
        await types(person, "enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("1", "u", "escape")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        await person.waits_until(lambda: rows(person) == [[queue[0], "flagged (you)"], [queue[1], "flagged (you)"]])


async def test_escape_goes_back(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        await opens_review(person)
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))


async def test_the_note_names_the_retraining_that_uses_the_change(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        await opens_review(person)
        assert "at the next retraining (round 1)" in note(person)
        await types(person, "escape")
        update_facts(ten, retraining=Retraining(1, 0))
        person.service.refresh()
        await opens_review(person)
        assert "at the next retraining (round 2)" in note(person)


async def test_it_says_that_no_retraining_follows_the_last_round(ten: SessionFolder, sit: Sit) -> None:
    for _ in range(2):
        with SessionService(ten, "anna", write=True) as service:
            decide_all(service)
        finish_round(ten)
    async with sit(ten) as person:
        person.app.call_later(person.app.action_review, "flagged")
        await person.sees_text("There is no further retraining. New verdicts affect only the export.")


async def test_watchers_cannot_decide_again(ten: SessionFolder) -> None:
    with SessionService(ten, "anna", write=True) as service:
        service.decide(service.queue[0], Verdict("flag"))
    with SessionService(ten, annotator="ben") as service:
        async with AlcApp(ten.path.parent, service).run_test(size=(80, 24)) as pilot:
            person = Person(pilot, service)
            await opens_review(person)
            assert rows(person) == [[service.queue[0], "flagged (anna)"]]
            assert "You are watching" in note(person)
            await types(person, "enter")
            assert person.is_at(ReviewScreen)


async def test_a_wide_terminal_shows_all_that_is_known(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten, size=(160, 48)) as person:
        service = person.service
        service.decide(service.queue[0], Verdict("label", other_class(service, 0), blind=True))
        await opens_review(person)
        given, said = service.item(0).given, f"{other_class(service, 0)} (you)"
        assert rows(person, without=()) == [[service.queue[0], given, said, "1", "blind"]]


@pytest.fixture
def frozen(tmp_path: Path) -> SessionFolder:
    """A session on frozen features, with two rounds of ten samples."""
    return make_session(tmp_path / "skin", budget=10, freeze=True, with_truth=False)


async def test_a_session_on_images_has_no_lists_of_near_duplicates_and_outliers(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten, size=(160, 48)) as person:
        await opens_review(person)
        await types(person, "f6", "f7")
        assert "near duplicates" not in person.sees and "outliers" not in person.sees


async def test_near_duplicates_are_shown_with_both_images(frozen: SessionFolder, sit: Sit) -> None:
    async with sit(frozen, size=(160, 48)) as person:
        service, samples = person.service, person.service.samples
        train = [each for each in samples.train.tolist() if samples.ids[each] not in service.queue]
        one = train[0]
        other = next(each for each in samples.test.tolist() if samples.given[each] != samples.given[one])
        compare_as(frozen, {(one, other): 0.93})
        label, given = CLASSES[samples.given[other]], CLASSES[samples.given[one]]
        await opens_review(person)
        await person.sees_text("near duplicates 1")
        assert rows(person, without=()) == [[samples.ids[one], given, "", f"{label} 0.93 in test", ""]]
        sentence = (
            f"Near duplicate: {samples.ids[other]} (test), labeled {label}, similarity 0.93. Given label: {given}."
        )
        assert about(person).endswith(f"Not decided yet. {sentence}")
        shown = list(person.screen(ReviewScreen).query(Preview))
        await person.waits_until(lambda: all(preview.picture is not None for preview in shown))
        assert [preview._position for preview in shown] == [one, other]
        await types(person, "enter")
        assert person.is_at(ReviewScreen)  # it is decided in its round


async def test_a_decided_near_duplicate_is_reviewed_like_any_case(frozen: SessionFolder, sit: Sit) -> None:
    async with sit(frozen, size=(160, 48)) as person:
        service, samples = person.service, person.service.samples
        sample = service.queue[0]
        one = samples.ids.tolist().index(sample)
        other = next(each for each in samples.test.tolist() if CLASSES[samples.given[each]] == "NV")
        compare_as(frozen, {(one, other): 0.93})
        service.decide(sample, Verdict("label", "MEL"))
        await opens_review(person)
        await types(person, "f6", "enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        assert f"NV is the label of {samples.ids[other]}" in person.sees
        assert "the same seems to be in test" in person.sees
        await person.presses("2")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        assert person.decisions()[1:] == [(sample, "label", "NV")]
        await person.sees_text("near duplicates 0")


async def test_outliers_are_listed_with_their_scores(frozen: SessionFolder, sit: Sit) -> None:
    async with sit(frozen) as person:
        service, samples = person.service, person.service.samples
        first, second = [each for each in samples.train.tolist() if samples.ids[each] not in service.queue][:2]
        compare_as(frozen, {}, {first: 4.25, second: 6.0})
        await opens_review(person)
        await types(person, "f7")
        await person.waits_until(
            lambda: rows(person) == [[samples.ids[second], "", "6.0"], [samples.ids[first], "", "4.2"]]
        )
        assert "Far from all other samples: outlier score 6.0." in about(person)
        assert not person.screen(ReviewScreen).query(Preview).last().display


async def test_a_damaged_comparison_is_said_and_the_other_lists_stay(frozen: SessionFolder, sit: Sit) -> None:
    async with sit(frozen, size=(160, 48)) as person:
        frozen.similarity.write_bytes(b"PK damaged")
        person.service.decide(person.service.queue[0], Verdict("flag"))
        await opens_review(person)
        await person.sees_notification("similarity.npz is missing or damaged")
        assert rows(person)[0][0] == person.service.queue[0]


async def test_a_note_is_shown_with_its_flag_and_can_be_changed(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten, (120, 30)) as person:
        service, sample = person.service, person.service.queue[0]
        service.decide(sample, Verdict("flag", note="two lesions"))
        await opens_review(person)
        assert "Note: two lesions" in about(person)
        assert rows(person)[0][-1] == "two lesions"
        await types(person, "enter")
        await person.presses("F")
        await person.waits_until(lambda: person.is_at(AskScreen))
        await person.pilot.press("!", "enter")
        await person.waits_until(lambda: (service.verdict(sample) or Verdict("")).note == "two lesions!")


async def test_an_excluded_sample_of_an_earlier_round_gets_another_verdict(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        service, sample = person.service, person.service.queue[0]
        service.decide(sample, Verdict("exclude"))
        await opens_review(person)
        await types(person, "f8", "enter")
        await person.presses("2")
        assert person.decisions()[-1] == (sample, "label", CLASSES[1])


async def test_a_narrow_list_shows_the_given_label_and_a_wide_one_the_whole_note(ten: SessionFolder, sit: Sit) -> None:
    note = "artefact: ruler and hair, I cannot judge this one"
    for size, shown in (((80, 24), "given"), ((240, 60), note)):
        async with sit(ten, size=size) as person:
            if not person.service.decisions:
                person.service.decide(person.service.queue[0], Verdict("flag", note=note))
            await opens_review(person)
            titles = [str(column.label) for column in person.screen(ReviewScreen).query_one(CaseTable).ordered_columns]
            assert "given" in titles
            assert shown in titles or shown in rows(person)[0]
            assert f"Note: {note}. Given label:" in about(person)


async def test_the_classes_of_a_case_have_no_keys_here(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        person.service.decide(person.service.queue[0], Verdict("flag"))
        await opens_review(person)
        assert CLASSES[0] in person.sees and f"1 {CLASSES[0]}" not in person.sees


async def test_keys_of_classes_are_refused_and_change_no_list(ten: SessionFolder, sit: Sit) -> None:
    async with sit(ten) as person:
        person.service.decide(person.service.queue[0], Verdict("flag"))
        await opens_review(person)
        await types(person, "2")
        await person.sees_text("Class keys label images on the labeling screen and in the grid only.")
        assert person.screen(ReviewScreen).query_one(StatusLine).has_class("-refused")
        assert rows(person)[0][0] == person.service.queue[0]
        assert len(person.decisions()) == 1


async def test_in_blind_mode_samples_have_numbers_and_the_heading_does_not_say_blind(
    ten: SessionFolder, sit: Sit
) -> None:
    async with sit(ten, (120, 30), Preferences(blind=True)) as person:
        sample = person.service.queue[0]
        person.service.decide(sample, Verdict("flag"))
        await opens_review(person)
        assert sample not in person.sees and rows(person)[0][0].startswith("#")
        assert about(person).startswith("#")
        await types(person, "enter")
        await person.looks()
        assert sample not in person.sees and "blind" not in person.sees.splitlines()[0]


async def test_while_noise_is_injected_samples_have_numbers_because_folders_tell_the_truth(
    tmp_path: Path, sit: Sit
) -> None:
    async with sit(make_session(tmp_path / "noisy", with_truth=True), (120, 30)) as person:
        sample = person.service.queue[0]
        person.service.decide(sample, Verdict("flag"))
        await opens_review(person)
        assert sample not in person.sees and rows(person)[0][0].startswith("#")
        assert about(person).startswith("#")


@pytest.mark.parametrize(
    ("columns", "long", "is_whole"),
    [
        (80, "seborrheic keratosis, irritated", False),
        (120, "seborrheic keratosis", True),
        (200, "seborrheic keratosis, irritated", True),
        (200, "seborrheic keratosis, irritated, inflamed, of the back", True),
    ],
)
async def test_names_are_shortened_only_where_there_is_no_room(
    tmp_path: Path, sit: Sit, columns: int, long: str, is_whole: bool
) -> None:
    folder = make_session(tmp_path / "long", classes=(long, "NV", "BCC"), with_truth=False)
    async with sit(folder, (columns, 30)) as person:
        place = next(place for place in range(5) if person.service.item(place).given != long)
        person.service.decide(person.service.queue[place], Verdict("label", long))
        await opens_review(person)
        assert (f"{long} (you)" in rows(person)[0]) == is_whole


async def test_q_goes_back_from_a_review_to_its_list_and_the_footer_does_not_offer_to_quit(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(session) as person:
        await person.presses("s", "1")
        assert "q Quit" in person.sees.splitlines()[-1]
        await opens_review(person)
        await types(person, "enter")
        await person.looks()
        assert "Quit" not in person.sees.splitlines()[-1]
        await person.presses("q")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        assert person.app.is_running
