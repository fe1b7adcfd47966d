"""The form for a session: what it shows while it is filled in, what it finds, and what is made of it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Button, Collapsible, Input

from alc_tui.cli.main import run
from alc_tui.errors import AlcError, UsageError
from alc_tui.session import create, probe
from alc_tui.session.create import write
from alc_tui.session.settings.config import SETTINGS, Config
from alc_tui.session.settings.training_time import Speed
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.messages import SessionCreated
from alc_tui.tui.sessions import summary as found
from alc_tui.tui.sessions.form import FIELDS, NAME, YES, NewSessionRequest
from alc_tui.tui.sessions.form_row import FormChoice, FormRow
from alc_tui.tui.sessions.new_session import NewSessionScreen
from alc_tui.tui.sessions.summary import SummaryScreen
from tests.app.desk import Guest, at
from tests.made_sessions import make_session
from tests.session.small import colors, own_cache, own_place

__all__ = ["colors", "own_cache", "own_place"]

SMALL = {"noise": "0.4", "rounds": "2", "budget": "5", "image_size": "16", "epochs": "3", "warmup": "1"}


@pytest.fixture(autouse=True)
def probed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is not tried."""
    monkeypatch.setattr(
        probe, "probe_device", lambda _config: probe.DeviceProbe("a made-up device", Speed(0.01, 0.005))
    )


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALC_SESSIONS", str(tmp_path / "store"))
    return tmp_path / "store"


async def fill(guest: Guest, **texts: str) -> None:
    """Choose and type what the fields are to hold, each by its keys; what is long is pasted."""
    for name, text in texts.items():
        row = guest.app.screen.query_one(f"#{name}", FormRow)
        choice, beside = next(iter(row.query(FormChoice)), None), text
        if choice is not None:
            kind, colon, beside = text.partition(":")
            choice.focus()
            await guest.pilot.press("enter")
            await guest.types(kind + colon)
            await guest.pilot.press("enter")
        typed_into = row.query_one(Input)
        if len(beside) > 8:
            typed_into.value = beside
        elif choice is None or beside:
            typed_into.focus()
            await guest.pilot.pause()
            await guest.types(beside)

    def is_filled() -> bool:
        return all(guest.app.screen.query_one(f"#{name}", FormRow).value == text for name, text in texts.items())

    await guest.waits_until(is_filled)


def shown_command(guest: Guest) -> list[str]:
    """The words of the command that the form shows."""
    lines = [line.strip() for line in guest.sees.splitlines()]
    first = next(n for n, line in enumerate(lines) if line.startswith("alc session new"))
    last = next(n for n in range(first, len(lines)) if not lines[n])
    return shlex.split(" ".join(lines[first:last]))


def typed(words: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[Config, dict[str, str], str | None]:
    """What the command line makes of these words: configuration, origins, and the name that it looked for."""
    resolved: list[tuple[Config, dict[str, str]]] = []
    names: list[str | None] = [None]

    def look(config: Config, origins: dict[str, str], *_: object, **__: object) -> None:
        resolved.append((config, origins))
        raise AlcError("That is enough.")

    monkeypatch.setattr(create, "check", look)
    monkeypatch.setattr(create, "new_session_folder", lambda _store, name: names.append(name))
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit):
        run()
    return *resolved[0], names[-1]


FILLED: list[dict[str, str]] = [
    {"dataset": "demo"},
    {"dataset": "demo", "noise": "0.50", NAME: "mine"},
    {"dataset": "folder:/data/my images; rm -rf 'x' $HOME \\ \"y\"", "forget_rate": "auto", "blind": YES},
    {"dataset": "medmnist:pathmnist@224", "noise": "1e-1", "seed": "12_3", "data_root": "~/data", "skip_bad": YES},
    {"dataset": "csv:a b.csv", "noise_kind": "matrix:-m.csv", "forget_rate": "0.3", "repeat": "0.05", "lr": ".5"},
    {
        "dataset": "isic", "noise": "0.4", "noise_kind": "pair", "method": "ct", "sampler": "coreset", "rounds": "0",
        "budget": "7", "image_size": "64", "backbone": "small", "weights": "-w", "epochs": "9", "round_epochs": "3",
        "warmup": "2", "mix_ratio": "0", "batch_size": "8", "split": "lesion", "long_tail": "10", "device": "cpu",
        "preset": "authors-code", "departures": "vog-start,ce-on-all", "vog_window": "3", "vog_pass": "fused",
        "vog_gradient": "all-rows", "vog_normalized": YES, "clean_set": "global",
    },
]  # fmt: skip


@pytest.mark.parametrize("texts", FILLED)
def test_the_command_makes_the_very_same_configuration(
    texts: dict[str, str], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("alc.toml").write_text('[session]\nsampler = "margin"\nvog_window = 4\n')
    wanted = NewSessionRequest(store, texts)
    config, origins, name = typed(shlex.split(wanted.command()), monkeypatch)
    assert (config, origins) == wanted.resolve(os.environ, Path())
    assert name == texts.get(NAME)


def test_the_parts_that_are_filled_in_are_all_of_the_command(store: Path) -> None:
    words = shlex.split(
        NewSessionRequest(store, {**dict.fromkeys((each.name for each in FIELDS), ""), **FILLED[1]}).command()
    )
    assert words == ["alc", "session", "new", "--dataset", "demo", "--name", "mine", "--noise", "0.50"]


def test_a_store_that_is_not_the_usual_one_is_in_the_command(store: Path, tmp_path: Path) -> None:
    other = NewSessionRequest(tmp_path / "elsewhere", {"dataset": "demo"})
    assert shlex.split(other.command())[-2:] == ["--store", str(tmp_path / "elsewhere")]


def test_every_setting_is_in_the_form_once() -> None:
    assert sorted(each.name for each in FIELDS) == sorted([*SETTINGS, NAME])


RUBBISH = [
    "x",
    "-1",
    "nan",
    "inf",
    "1e999",
    "9" * 400,
    "0x1",
    "~nobody-at-all/x",
    "::",
    "../..",
    "'\"",
    "\\",
    "é\u202e",
    "None",
]


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_invalid_text_is_refused_in_a_sentence_or_accepted_literally(rubbish: str, store: Path) -> None:
    for each in FIELDS:
        wanted = NewSessionRequest(store, {"dataset": "demo", each.name: rubbish})
        assert shlex.split(wanted.command())[:3] == ["alc", "session", "new"]
        try:
            wanted.resolve(os.environ, Path())
        except UsageError as error:
            assert str(error).endswith((".", "?"))


async def test_an_empty_field_shows_its_value_and_its_origin(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("alc.toml").write_text('[session]\nsampler = "margin"\n')
    monkeypatch.setenv("ALC_ROUNDS", "3")
    async with at(NewSessionScreen(store)) as guest:
        await fill(guest, dataset="demo", noise="0.4")
        for title, said in {
            "Forget rate": "0.4 (noise)",
            "Sampler": "margin (alc.toml)",
            "Rounds": "3 (environment)",
            "Budget": "90 (preset)",
            "Method": "ct-vog (default)",
        }.items():
            await guest.waits_until(lambda: said in guest.line(title))  # noqa: B023  at once


async def test_the_command_grows_with_the_form(store: Path) -> None:
    async with at(NewSessionScreen(store)) as guest:
        await fill(guest, dataset="folder:/some where", noise="0.4", noise_kind="pair")
        wanted = ["alc", "session", "new", "--dataset", "folder:/some where", "--noise", "0.4", "--noise-kind", "pair"]
        await guest.waits_until(lambda: shown_command(guest) == wanted)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ({"noise": "0.x"}, "✗ Noise is '0.x'; expected a number"),
        ({"noise": "1"}, "✗ 1.0 for noise is outside [0, 1)"),
        ({"noise_kind": "pair"}, "✗ The noise kind pair needs a noise rate"),
        ({"forget_rate": "much"}, "✗ Forget rate is 'much'; expected a number or auto"),
        ({"budget": "0"}, "✗ 0 for budget is outside"),
        ({"rounds": "two"}, "✗ Rounds is 'two'; expected a whole number"),
        ({NAME: "../out"}, "✗ '../out' is not a valid session name"),
        ({NAME: "taken"}, "✗ Session 'taken' already exists in"),
        ({"noise_kind": "matrix:"}, "✗ Noise kind: matrix: must be followed by a CSV."),
    ],
)
async def test_an_invalid_field_is_reported_at_once_and_not_checked(
    store: Path, texts: dict[str, str], sentence: str
) -> None:
    make_session(store / "taken")
    async with at(NewSessionScreen(store), (160, 40)) as guest:
        await fill(guest, dataset="demo", **texts)
        await guest.sees_text(sentence)
        await guest.pilot.press("ctrl+k")
        assert guest.is_at(NewSessionScreen)
        assert sentence in guest.sees


async def test_a_corrected_field_clears_the_error(store: Path) -> None:
    async with at(NewSessionScreen(store)) as guest:
        await fill(guest, dataset="demo", noise="0.4x")
        await guest.sees_text("✗")
        await guest.pilot.press("backspace")
        await guest.waits_until(lambda: "✗" not in guest.sees)


async def test_without_a_data_set_nothing_is_checked(store: Path) -> None:
    async with at(NewSessionScreen(store)) as guest:
        await guest.sees_text("Nothing is created before you confirm the summary")
        await guest.pilot.press("ctrl+k")
        await guest.sees_text("✗ No data set was specified")
        assert guest.is_at(NewSessionScreen)


async def test_a_damaged_alc_toml_is_named(store: Path) -> None:
    Path("alc.toml").write_text("[session\n")
    async with at(NewSessionScreen(store)) as guest:
        await fill(guest, dataset="demo")
        await guest.sees_text("✗ alc.toml is not valid TOML")


@pytest.mark.slow
async def test_the_whole_form_is_reached_by_keyboard_and_what_has_the_focus_is_seen(store: Path) -> None:
    async with at(NewSessionScreen(store)) as guest:
        seen: list[str] = []
        for key in ["down"] * 4 + ["tab"] * (len(FIELDS) - 1):
            focused = guest.app.focused
            assert focused is not None
            assert focused.region.height == 1 and guest.app.screen.region.contains_region(focused.region)
            seen += [row.id or "" for row in focused.ancestors if isinstance(row, FormRow)] or [type(focused).__name__]
            if type(focused).__name__ == "CollapsibleTitle":
                await guest.pilot.press("enter")
            await guest.pilot.press(key)
            await guest.pilot.pause()
        order = [*(each.name for each in FIELDS), "Button"]
        order.insert(10, "CollapsibleTitle")
        assert seen[: len(order)] == order
        await guest.pilot.press("shift+tab", "up")
        assert guest.app.focused is not None


async def test_the_focused_field_shows_its_help(store: Path) -> None:
    async with at(NewSessionScreen(store)) as guest:
        await fill(guest, noise="")
        await guest.sees_text("Rate p of label noise to inject")
        await fill(guest, dataset="demo")
        await guest.sees_text("small synthetic images")


async def test_enter_goes_to_the_next_field_and_escape_leaves(store: Path) -> None:
    async with at(NewSessionScreen(store)) as guest:
        await fill(guest, **{NAME: "mine"})
        await guest.pilot.press("enter")
        await guest.types("0.4")
        await guest.waits_until(lambda: guest.app.screen.query_one("#noise", FormRow).value == "0.4")
        await guest.pilot.press("escape")
        await guest.reads_the_question()
        await guest.pilot.press("y")
        await guest.waits_until(lambda: not guest.is_at(NewSessionScreen))
    assert not store.exists()


async def test_escape_leaves_an_empty_form_at_once(store: Path) -> None:
    async with at(NewSessionScreen(store)) as guest:
        await guest.pilot.press("escape")
        await guest.waits_until(lambda: not guest.is_at(NewSessionScreen))


async def found_in(guest: Guest, **texts: str) -> None:
    """Fill in the form, have it checked, wait for what is found."""
    await fill(guest, **{name: text for name, text in texts.items() if name not in SMALL})
    for name, text in texts.items():
        if name in SMALL:
            guest.app.screen.query_one(f"#{name}", FormRow).query_one(Input).value = text
    await guest.pilot.press("ctrl+k")
    await guest.waits_until(lambda: guest.is_at(SummaryScreen), 20)
    await guest.waits_until(lambda: guest.app.screen.query_one("#end").display, 20)
    await guest.pilot.pause()


async def test_the_summary_is_shown_before_anything_is_made(store: Path, colors: Path) -> None:
    async with at(NewSessionScreen(store), (200, 40)) as guest:
        await found_in(guest, dataset=f"folder:{colors}", **SMALL)
        for said in (
            "50 training, 7 validation (drawn) and 15 test samples of 3 classes",
            "0.4 uniform, injected; forget rate 0.4",
            "2 × 5 samples by entropy",
            "a made-up device",
            "for learning, then",
            "--epochs 3",
        ):
            assert said in guest.sees
        assert guest.line("Bad images").split() == ["Bad", "images", "none"]
        counts = [[int(count) for count in guest.line(f" {name} ").split()[1:]] for name in ("blue", "green", "red")]
        assert [sum(column) for column in zip(*counts, strict=True)] == [50, 7, 15]
        assert not store.exists()


@pytest.mark.slow
@pytest.mark.parametrize(("key", "starts"), [("s", True), ("enter", True), ("c", False)])
async def test_the_session_is_made_and_announced_to_the_app(store: Path, colors: Path, key: str, starts: bool) -> None:
    async with at(NewSessionScreen(store), (100, 40)) as guest:
        await found_in(guest, dataset=f"folder:{colors}", name="mine", **SMALL)
        await guest.pilot.press(key)
        made = await guest.hears(SessionCreated)
    assert (made.folder, made.start) == (SessionFolder(store / "mine"), starts)
    facts = Document(made.folder.document).session
    assert {name: str(getattr(facts.config, name)) for name in SMALL} == SMALL
    assert facts.config.skip_bad is False and facts.origins["skip_bad"] == "default"
    assert facts.origins["epochs"] == "option" and facts.origins["lr"] == "default"


async def test_escape_goes_back_to_the_form_as_it_was(store: Path, colors: Path) -> None:
    async with at(NewSessionScreen(store), (100, 40)) as guest:
        await found_in(guest, dataset=f"folder:{colors}", **SMALL)
        await guest.pilot.press("right", "right", "enter")
        await guest.waits_until(lambda: guest.is_at(NewSessionScreen))
        assert guest.app.screen.query_one("#epochs", FormRow).value == "3"
        assert guest.app.heard == [] and not store.exists()


@pytest.mark.slow
async def test_what_was_left_out_and_cannot_be_used_is_said_in_counts(
    store: Path, colors: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(colors, tmp_path / "own"))
    (own / "red" / "@eaDir").mkdir()
    (own / "red" / "scan.nii").write_bytes(b"NIfTI")
    (own / "red" / "batch2").symlink_to("/nowhere")
    async with at(NewSessionScreen(store), (110, 44)) as guest:
        await found_in(guest, dataset=f"folder:{own}", name="mine", **SMALL)
        assert "Left out: 1 × file or folder of a system (@eaDir), 1 × NIfTI file (.nii)." in guest.sees
        assert "1, which would be skipped" in guest.sees and "red/batch2: a link to /nowhere" in guest.sees
        assert str(guest.app.screen.query_one("#start", Button).label) == "Start without the bad image"


@pytest.mark.slow
async def test_patients_in_several_splits_are_a_warning(store: Path, colors: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(colors, tmp_path / "own"))
    names = sorted(str(path.relative_to(own)) for path in own.glob("*/*.png"))
    rows = [f"{name},{name.split('/')[0]},P{place // 4}" for place, name in enumerate(names)]
    (own / "labels.csv").write_text("\n".join(["image,label,patient_id", *rows]))
    async with at(NewSessionScreen(store), (200, 44)) as guest:
        await found_in(guest, dataset=f"csv:{own / 'labels.csv'}", **SMALL)
        assert "samples share their patient_id with samples in another split" in guest.line("Leakage")
    async with at(NewSessionScreen(store), (200, 44)) as guest:
        await found_in(guest, dataset=f"csv:{own / 'labels.csv'}", split="lesion", **SMALL)
        assert "Leakage" not in guest.sees


@pytest.mark.slow
async def test_bad_images_are_listed_and_skipped_only_with_consent(store: Path, colors: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(colors, tmp_path / "own"))
    for number in range(6, 13):
        (own / "red" / f"{number:02d}.png").write_bytes(b"")
    shutil.copyfile(own / "red" / "05.png", own / "blue" / "99.png")
    async with at(NewSessionScreen(store), (110, 44)) as guest:
        await found_in(guest, dataset=f"folder:{own}", name="mine", **SMALL)
        assert "7, which would be skipped" in guest.sees and "and 2 more" in guest.sees
        assert "red/06.png: empty file" in guest.sees and "red/11.png" not in guest.sees
        assert "1 group of identical images" in guest.sees and "1 with different labels" in guest.sees
        assert "--skip-bad" in guest.sees
        assert str(guest.app.screen.query_one("#start", Button).label) == "Start without the 7 bad images"
        await guest.pilot.press("c")
        made = await guest.hears(SessionCreated)
    facts = Document(made.folder.document).session
    assert facts.config.skip_bad is True and len(facts.bad) == 7


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dataset", "sentence"),
    [
        ("isic", "needs a data root; specify --data-root or set ALC_DATA"),
        ("folder:/nowhere/at/all", "/nowhere/at/all"),
        ("csv:~nobody-at-all/x.csv", "✗"),
        ("medmnist:%", "✗"),
    ],
)
async def test_data_that_are_not_there_are_a_sentence_in_the_form(store: Path, dataset: str, sentence: str) -> None:
    async with at(NewSessionScreen(store), (160, 40)) as guest:
        await fill(guest, dataset=dataset)
        await guest.pilot.press("ctrl+k")
        await guest.waits_until(lambda: guest.is_at(NewSessionScreen) and "✗" in guest.sees)
        assert sentence in guest.sees
    assert not store.exists()


@pytest.mark.slow
async def test_a_machine_that_cannot_do_it_is_a_sentence_in_the_form(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_config: Config) -> None:
        raise UsageError("Unknown backbone 'resnet19'; did you mean resnet18?")

    monkeypatch.setattr(probe, "probe_device", refuse)
    async with at(NewSessionScreen(store), (160, 40)) as guest:
        await fill(guest, dataset="demo")
        await guest.pilot.press("ctrl+k")
        await guest.sees_text("✗ Unknown backbone 'resnet19'; did you mean resnet18?")
        assert guest.is_at(NewSessionScreen)


@pytest.mark.slow
async def test_decoding_shows_its_progress_and_escape_cancels_it(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []

    def decode(
        _config: Config, _origins: dict[str, str], progress: Callable[[int, int], None], **_others: object
    ) -> None:
        for done in range(1, 2001):
            time.sleep(0.01)
            try:
                progress(done, 2000)
            except BaseException:
                ended.append(done)
                raise

    monkeypatch.setattr(found, "check", decode)
    async with at(NewSessionScreen(store)) as guest:
        await fill(guest, dataset="demo")
        await guest.pilot.press("ctrl+k")
        await guest.sees_text("of 2,000, ")
        await guest.sees_text(" left; each is decoded only once.")
        await guest.sees_text("Press Escape to cancel")
        assert "Start" not in guest.sees
        await guest.pilot.press("s", "c")
        assert guest.is_at(SummaryScreen)
        await guest.pilot.press("escape")
        await guest.waits_until(lambda: guest.is_at(NewSessionScreen) and bool(ended))
        assert guest.app.screen.query_one("#dataset", FormRow).value == "demo"
    assert len(ended) == 1 and ended[0] < 2000


@pytest.mark.slow
async def test_a_failure_to_make_the_session_is_reported_and_can_be_retried(
    store: Path, colors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = write

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", str(store))

    async with at(NewSessionScreen(store), (100, 40)) as guest:
        await found_in(guest, dataset=f"folder:{colors}", **SMALL)
        monkeypatch.setattr(found, "write", fail)
        await guest.pilot.press("s")
        await guest.sees_text("✗ [Errno 28] No space left on device")
        assert guest.app.heard == []
        monkeypatch.setattr(found, "write", real)
        await guest.pilot.press("s")
        await guest.hears(SessionCreated)


# the cursor, and what was filled in


async def choose(guest: Guest, field: str, kind: str) -> None:
    """Choose from the list of a field, by its keys."""
    guest.app.screen.query_one(f"#{field} FormChoice", FormChoice).focus()
    await guest.pilot.press("enter")
    await guest.types(kind)
    await guest.pilot.press("enter")
    await guest.waits_until(lambda: guest.app.screen.query_one(f"#{field}", FormRow).value.startswith(kind))


def value(guest: Guest, field: str) -> str:
    return guest.app.screen.query_one(f"#{field}", FormRow).value


def field_in_focus(guest: Guest) -> str | None:
    """The field that has the cursor."""
    around = [] if guest.app.focused is None else guest.app.focused.ancestors_with_self
    return next((row.id for row in around if isinstance(row, FormRow)), None)


async def test_a_chosen_folder_puts_the_cursor_where_the_path_goes_and_what_was_typed_survives(store: Path) -> None:
    async with at(NewSessionScreen(store)) as guest:
        await choose(guest, "dataset", "folder:")
        await guest.waits_until(lambda: isinstance(guest.app.focused, Input))
        await guest.types("/data")
        assert value(guest, "dataset") == "folder:/data"
        await choose(guest, "dataset", "demo")
        assert value(guest, "dataset") == "demo"
        await choose(guest, "dataset", "csv:")
        assert value(guest, "dataset") == "csv:/data"


async def test_escape_asks_before_what_was_filled_in_is_lost(store: Path) -> None:
    async with at(NewSessionScreen(store)) as guest:
        await fill(guest, dataset="demo", noise="0.4")
        await guest.pilot.press("escape")
        await guest.sees_text("Leave the form?")
        await guest.pilot.press("n")
        await guest.waits_until(lambda: guest.is_at(NewSessionScreen))
        assert (value(guest, "dataset"), value(guest, "noise")) == ("demo", "0.4")
        await guest.pilot.press("escape")
        await guest.reads_the_question()
        await guest.pilot.press("y")
        await guest.waits_until(lambda: not guest.is_at(NewSessionScreen))


@pytest.mark.parametrize(
    ("texts", "field"),
    [({"noise": "0.x"}, "noise"), ({"vog_window": "many"}, "vog_window"), ({"batch_size": "0"}, "batch_size")],
)
async def test_a_failed_check_opens_its_field_and_puts_the_cursor_there(
    store: Path, texts: dict[str, str], field: str
) -> None:
    async with at(NewSessionScreen(store)) as guest:
        await fill(guest, dataset="demo", **texts)
        guest.app.screen.query_one(Collapsible).collapsed = True
        guest.app.screen.query_one("#check", Button).focus()
        await guest.pilot.press("ctrl+k")
        await guest.waits_until(lambda: field_in_focus(guest) == field)
        focused = guest.app.focused
        assert focused is not None
        await guest.waits_until(
            lambda: focused.is_on_screen and guest.app.screen.region.contains_region(focused.region)
        )


async def test_a_wrong_path_is_found_before_anything_is_downloaded_and_gets_the_cursor(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def probed(_config: Config) -> probe.DeviceProbe:
        raise AssertionError("the machine was probed, and weights downloaded")

    monkeypatch.setattr(probe, "probe_device", probed)
    async with at(NewSessionScreen(store)) as guest:
        await fill(guest, dataset=f"folder:{tmp_path / 'nowhere'}")
        guest.app.screen.query_one("#noise", FormRow).enter()
        await guest.pilot.press("ctrl+k")
        await guest.sees_text("✗")
        await guest.waits_until(lambda: field_in_focus(guest) == "dataset")
        assert isinstance(guest.app.focused, Input)


@pytest.mark.parametrize(
    ("error", "field"),
    [
        ("Noise kind: matrix: must be followed by a CSV.", "noise_kind"),
        ("Weights /my/weights.pt not found; specify --weights none, imagenet or a file.", "weights"),
        ("/lists/issues.csv cannot be read (No such file or directory).", "show_first"),
        ("1.0 for noise is outside [0, 1).", "noise"),
        ("The folder is empty.", "dataset"),
    ],
)
def test_an_error_belongs_to_the_field_that_it_names_or_quotes(store: Path, error: str, field: str) -> None:
    texts = {"dataset": "demo", "weights": "/my/weights.pt", "show_first": "/lists/issues.csv"}
    assert NewSessionRequest(store, texts).field_of(error) == field
