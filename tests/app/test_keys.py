"""Which key means what: the class order fixes those of classes, `alc.toml` may change any, none has two."""

from __future__ import annotations

import importlib
import pkgutil
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.binding import Binding
from textual.screen import Screen

import alc_tui.tui
from alc_tui.errors import UsageError
from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui import keys, screens
from alc_tui.tui.compare.screen import CompareScreen
from alc_tui.tui.dialogs.help import HelpScreen
from alc_tui.tui.gallery.screen import GalleryScreen
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.keymap import RENAMED, check_keys, keymap
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.messages import StartReview
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.progress.screen import ProgressScreen
from alc_tui.tui.review.case_table import CaseTable
from alc_tui.tui.review.screen import ReviewScreen
from tests.app.person import Sit
from tests.made_sessions import CLASSES, make_session


def refusal(commands: Mapping[str, str] | None = None, classes: Mapping[str, str] | None = None) -> str:
    with pytest.raises(UsageError) as refused:
        check_keys(Preferences(keys=commands or {}, class_keys=classes or {}), CLASSES)
    return str(refused.value)


# classes


def test_the_first_ten_classes_have_the_digits_in_the_order_of_the_data() -> None:
    assert keys.class_keys([f"class {number}" for number in range(10)]) == list("1234567890")


def test_further_classes_have_letters_and_those_beyond_have_none() -> None:
    found = keys.class_keys([f"class {number}" for number in range(60)])
    letters = ["v" if key == "full_stop" else key for key in found[10 : found.index("")]]
    assert letters == sorted(letters)
    assert set(letters) < set(string.ascii_lowercase)
    assert len(set(letters)) == len(letters)
    assert set(found[found.index("") :]) == {""}


async def test_the_class_whose_letter_opens_the_viewer_has_the_full_stop(tmp_path: Path, sit: Sit) -> None:
    names = [f"class {number}" for number in range(1, 22)]
    async with sit(make_session(tmp_path / "many", classes=names, samples=80), (80, 40)) as person:
        assert ". class 18" in person.sees
        assert "w class 19" in person.sees
        await person.presses("full_stop", "w")
        assert [label for _, _, label in person.decisions()] == ["class 18", "class 19"]


@pytest.mark.parametrize(
    "changed", [Preferences(class_keys={"MEL": "v"}), Preferences(keys={"label.skip": "v"})], ids=["class", "command"]
)
async def test_the_viewer_leaves_its_key_to_whom_the_toml_gives_it(
    session: SessionFolder, sit: Sit, changed: Preferences
) -> None:
    check_keys(changed, CLASSES)
    async with sit(session, preferences=changed) as person:
        await person.presses("v")
        assert len(person.decisions()) == 1
        await person.presses("V")
        await person.sees_text("http://127.0.0.1:")


@pytest.mark.parametrize(("key", "other"), [("d", "f6"), ("P", "f7"), ("<", "f8"), (">", "f9")])
def test_the_keys_for_images_are_left_to_whom_the_toml_gives_them(key: str, other: str) -> None:
    for changed in (Preferences(class_keys={"MEL": key}), Preferences(keys={"label.skip": key})):
        check_keys(changed, CLASSES)
        moved = {keys for command, keys in keymap(changed).items() if command.startswith("label.")}
        assert other in moved
    check_keys(Preferences(keys={"review.up": key}), CLASSES)


def test_the_key_of_the_viewer_can_be_changed() -> None:
    changed = Preferences(keys={"label.viewer": "ctrl+b"}, class_keys={"MEL": "v"})
    check_keys(changed, CLASSES)
    assert keymap(changed)["label.viewer"] == "ctrl+b"


def test_a_class_keeps_its_key_whatever_the_other_classes_are_called() -> None:
    assert keys.class_keys(["z", "a", "m"])[:2] == keys.class_keys(["b", "q"])


@pytest.mark.parametrize(
    "screen", [LabelScreen, GridScreen, CompareScreen, ReviewScreen, ProgressScreen, GalleryScreen]
)
def test_no_command_has_a_key_that_a_class_may_have(screen: type[Screen[Any]]) -> None:
    commands = {binding.key for binding in Binding.make_bindings(screen.BINDINGS)}
    assert commands & set(keys.CLASS_KEYS) == set()


def test_a_key_of_the_toml_is_known_by_its_character_too() -> None:
    assert keys.class_keys(CLASSES, {"NV": ";"}) == ["1", "semicolon", "3"]
    assert keys.split_keys("s, ?,ctrl+k") == ["s", "question_mark", "ctrl+k"]


# all can be changed


def test_every_screen_with_keys_of_its_own_is_known_and_each_key_has_a_name_and_a_sentence() -> None:
    found = screens.load()
    modules = pkgutil.walk_packages(alc_tui.tui.__path__, "alc_tui.tui.")
    classes = [one for module in modules for one in vars(importlib.import_module(module.name)).values()]
    assert set(found.values()) == {
        one
        for one in classes
        if isinstance(one, type) and issubclass(one, Screen) and one.__module__.startswith("alc_tui")
        if "BINDINGS" in vars(one)
    }
    for name, screen in found.items():
        for binding in Binding.make_bindings(screen.BINDINGS):
            assert binding.id, f"{name}: {binding.key}"
            assert binding.tooltip, binding.id


def test_the_former_id_of_a_renamed_command_still_changes_its_key() -> None:
    for former in ["label.neighbours", "progress.go_on", "training.go_on", "found.make", "found.pagedown", *RENAMED]:
        check_keys(Preferences(keys={former: "ctrl+k"}), CLASSES)
        assert keymap(Preferences(keys={former: "ctrl+k"})).items() >= {RENAMED[former]: "ctrl+k"}.items()


@pytest.mark.parametrize("command", ["summary.create", "ask.back", "help.close", "confirm.yes", "pick.next"])
def test_keys_of_windows_can_be_changed_too(command: str) -> None:
    check_keys(Preferences(keys={command: "ctrl+k"}), CLASSES)


def test_review_and_resume_share_a_key_of_the_training_until_one_takes_anothers() -> None:
    check_keys(Preferences(keys={"training.resume": "enter"}), CLASSES)
    said = refusal({"training.review": "p"})
    assert "training.review" in said
    assert "training.progress" in said


# what is refused, and how


def test_no_changed_keys_are_accepted() -> None:
    check_keys(Preferences(), CLASSES)
    check_keys(Preferences(), [f"class {number}" for number in range(60)])


def test_an_unknown_command_is_refused_with_the_nearest() -> None:
    said = refusal({"label.skp": "z"})
    assert "alc.toml" in said
    assert "'label.skp'" in said
    assert "did you mean label.skip?" in said


def test_a_command_without_a_key_is_refused() -> None:
    assert "label.skip has no key" in refusal({"label.skip": " "})


@pytest.mark.parametrize(
    ("commands", "key", "meanings"),
    [
        ({"label.skip": "u"}, "u", ("label.skip", "label.undo")),
        ({"label.skip": "z", "label.flag": "z"}, "z", ("label.skip", "label.flag")),
        ({"label.skip": "s,?"}, "question_mark", ("label.skip", "label.help")),
        ({"label.suggestion": "enter"}, "enter", ("label.suggestion", "label.keep")),
        ({"grid.filter": "1"}, "1", ("grid.filter", "MEL")),
        ({"label.skip": "1"}, "1", ("label.skip", "MEL")),
        ({"progress.back": "ctrl+p"}, "ctrl+p", ("progress.back", "palette")),
        ({"label.skip": "ctrl+c"}, "ctrl+c", ("label.skip", "quit")),
    ],
)
def test_a_key_of_two_meanings_is_refused_with_both(
    commands: dict[str, str], key: str, meanings: tuple[str, str]
) -> None:
    said = refusal(commands)
    assert "alc.toml" in said
    assert repr(key) in said
    for meaning in meanings:
        assert meaning in said


def test_two_commands_may_swap_their_keys() -> None:
    check_keys(Preferences(keys={"label.skip": "f", "label.flag": "s"}), CLASSES)


def test_the_same_key_may_mean_different_things_on_different_screens() -> None:
    check_keys(Preferences(keys={"training.quit": "s"}), CLASSES)


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        ({"MEL": "2"}, ("'2'", "'MEL'", "'NV'")),
        ({"MEL": "m", "BCC": "m"}, ("'m'", "'MEL'", "'BCC'")),
        ({"MEL": ";", "BCC": "semicolon"}, ("'semicolon'", "'MEL'", "'BCC'")),
        ({"MEL": "m,n"}, ("'m,n'", "'MEL'", "not a single key")),
        ({"MEL": ""}, ("''", "'MEL'", "not a single key")),
        ({"MEL": "s"}, ("'s'", "'MEL'", "label.skip")),
        ({"MEL": "?"}, ("'question_mark'", "'MEL'", "label.help")),
    ],
)
def test_a_class_key_that_cannot_be_is_refused(changed: dict[str, str], parts: tuple[str, ...]) -> None:
    said = refusal(classes=changed)
    for part in ("alc.toml", *parts):
        assert part in said


def test_a_class_may_have_the_key_of_a_command_that_got_another() -> None:
    check_keys(Preferences(keys={"label.skip": "z", "grid.skip": "z"}, class_keys={"MEL": "s"}), CLASSES)


def test_a_class_that_this_data_set_does_not_have_is_passed_over() -> None:
    check_keys(Preferences(class_keys={"somewhere else": "s"}), CLASSES)


# the app obeys


async def test_the_app_obeys_the_keys_of_the_toml(session: SessionFolder, sit: Sit) -> None:
    changed = Preferences(keys={"label.skip": "z", "label.flag": "y,!"}, class_keys={"NV": ";"})
    async with sit(session, preferences=changed) as person:
        await person.presses("s", "f", "2")
        assert person.decisions() == []
        await person.presses("z", "y", "exclamation_mark", "semicolon")
        assert [(kind, label) for _, kind, label in person.decisions()] == [
            ("skip", None),
            ("flag", None),
            ("flag", None),
            ("label", "NV"),
        ]
        assert "z Skip" in person.sees
        assert "; NV" in person.sees


async def test_enter_still_starts_the_retraining_when_keep_has_another_key(
    session: SessionFolder, sit: Sit, spawned: list[SessionFolder]
) -> None:
    async with sit(session, preferences=Preferences(keys={"label.keep": "k"})) as person:
        await person.presses("enter")
        assert person.decisions() == []
        await person.presses(*"kkkkk")
        await person.sees_text("are decided")
        await person.presses("enter")
        await person.waits_until(lambda: spawned == [session])


async def test_keep_and_retrain_may_move_together(
    session: SessionFolder, sit: Sit, spawned: list[SessionFolder]
) -> None:
    changed = Preferences(keys={"label.keep": "k", "label.retrain": "k"})
    check_keys(changed, CLASSES)
    async with sit(session, preferences=changed) as person:
        await person.presses(*"kkkkk", "k")
        await person.waits_until(lambda: spawned == [session])
        assert len(person.decisions()) == 5


async def test_keys_wait_for_a_screen_that_has_just_opened(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung = list[bool]()
    async with sit(session) as person:
        monkeypatch.setattr(person.app, "bell", lambda: rung.append(True))
        await person.presses("s", "s")
        await person.looks()
        person.app.action_review()
        screen = person.screen(ReviewScreen)
        assert not screen.is_mounted
        await person.app._take(events.Key("1", "1"))
        assert screen.is_mounted and rung
        await person.app._take(events.Key("j", "j"))
        await person.waits_until(lambda: screen.query_one(CaseTable).cursor_row == 1)


async def test_a_command_key_of_the_screen_before_finds_the_widgets_of_the_next_one(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(session) as person:
        await person.presses("s", "s", "r")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        cases, escape = person.screen(ReviewScreen)._shown, events.Key("escape", None)
        escape._set_forwarded()
        person.app._start_review(StartReview(cases, 0))
        assert not person.screen(LabelScreen).is_mounted
        await person.app.on_event(escape)
        await person.waits_until(lambda: person.is_at(ReviewScreen))


async def test_help_shows_the_keys_as_they_are_set(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (100, 80), Preferences(keys={"label.skip": "z,w"}, class_keys={"NV": "m"})) as person:
        await person.presses("question_mark")
        await person.waits_until(lambda: person.is_at(HelpScreen))
        await person.sees_text("Escape closes")
        place = person.app.screen.query_one(".window").region
        rows = [line[place.x : place.right].split() for line in person.sees.splitlines()]
        assert any(row[:3] == ["z", "w", "Skip:"] for row in rows)
        assert ["1", "MEL", "m", "NV", "3", "BCC"] in rows


async def test_classes_of_odd_names_have_their_keys(tmp_path: Path, sit: Sit) -> None:
    names = ("[red]mole[/]", "a.b", "ü 漢字")
    folder = make_session(tmp_path / "odd", classes=names)
    async with sit(folder, preferences=Preferences(class_keys={"a.b": "m"})) as person:
        await person.presses("1", "m", "3")
        assert [label for _, _, label in person.decisions()] == list(names)
