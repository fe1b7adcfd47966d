"""How a person likes the app: `alc.toml` in the working folder, overruled by the command line, refused if damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.errors import UsageError
from alc_tui.tui.keymap import check_keys
from alc_tui.tui.preferences import Preferences, guideline, read


def write(folder: Path, text: str) -> Path:
    (folder / "alc.toml").write_text(text)
    return folder


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as refused:
        read(write(folder, text))
    assert str(folder / "alc.toml") in str(refused.value)
    return str(refused.value)


def test_without_a_file_all_is_as_usual(tmp_path: Path) -> None:
    assert read(tmp_path) == Preferences("auto", "dark", None, {}, {}, None, False, False)


def test_the_file_says_how_it_looks(tmp_path: Path) -> None:
    (tmp_path / "ours.md").write_text("# MEL")
    text = '[app]\npreview = "quadrant"\ntheme = "light"\nlargest = "60x30"\nguideline = "ours.md"\n'
    found = read(write(tmp_path, f"{text}smooth = false\nkeep_zoom = true\n"))
    assert (found.preview, found.theme, found.largest) == ("quadrant", "light", (60, 30))
    assert (found.smooth, found.keep_zoom) == (False, True)
    assert guideline(found, tmp_path / "nowhere") == "# MEL"


def test_the_command_line_overrules_the_file(tmp_path: Path) -> None:
    found = read(write(tmp_path, '[app]\npreview = "quadrant"\n'), "off", blind=True, second_pass=True)
    assert (found.preview, found.blind, found.second_pass) == ("off", True, True)


def test_the_environment_overrules_the_file_and_the_command_line_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, '[app]\npreview = "quadrant"\n')
    monkeypatch.setenv("ALC_PREVIEW", "kitty")
    assert read(tmp_path).preview == "kitty"
    assert read(tmp_path, "off").preview == "off"
    monkeypatch.setenv("ALC_PREVIEW", "")
    assert read(tmp_path).preview == "quadrant"
    monkeypatch.setenv("ALC_PREVIEW", "kity")
    with pytest.raises(UsageError, match=r"ALC_PREVIEW 'kity'; did you mean kitty\?"):
        read(tmp_path)


def test_the_viewer_starts_where_the_file_or_the_command_line_says_so(tmp_path: Path) -> None:
    assert (read(tmp_path, viewer=True).viewer, read(tmp_path, viewer=True).viewer_port) == (True, 0)
    assert (read(tmp_path, viewer_port=8123).viewer, read(tmp_path, viewer_port=8123).viewer_port) == (True, 8123)
    write(tmp_path, "[app]\nviewer = true\nviewer_port = 8000\n")
    assert (read(tmp_path).viewer, read(tmp_path).viewer_port) == (True, 8000)
    assert read(tmp_path, viewer_port=8123).viewer_port == 8123
    write(tmp_path, "[app]\nviewer_port = 8000\n")
    assert not read(tmp_path).viewer


@pytest.mark.parametrize(
    "text",
    ['"label.skip" = "z"\n"label.flag" = "y"', 'label.skip = "z"\nlabel.flag = "y"'],
    ids=["quoted", "not quoted"],
)
def test_commands_may_be_quoted_or_not(tmp_path: Path, text: str) -> None:
    assert read(write(tmp_path, f"[keys]\n{text}\n")).keys == {"label.skip": "z", "label.flag": "y"}


def test_classes_have_a_table_of_their_own(tmp_path: Path) -> None:
    text = '[keys]\nlabel.skip = "z"\n[keys.classes]\nMEL = "m"\n"a.b [c]" = ";"\n'
    found = read(write(tmp_path, text))
    assert (found.keys, found.class_keys) == ({"label.skip": "z"}, {"MEL": "m", "a.b [c]": ";"})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            '[app]\ncolor = "red"',
            (
                "'color'",
                "[app]",
                "preview, theme, largest, guideline, smooth, keep_zoom, viewer, viewer_port or notify",
            ),
        ),
        ('[app]\npreview = "halve"', ("'halve'", "did you mean half?")),
        ("[app]\npreview = 3", ("'3'", "preview")),
        ('[app]\npreview = ""', ("''", "preview")),
        ('[app]\ntheme = "solarized"', ("'solarized'", "theme", "dark, light")),
        ('[app]\nlargest = "wide"', ("'wide'", "80x40")),
        ('[app]\nlargest = "00x9"', ("'00x9'", "80x40")),
        ("[app]\nlargest = 48", ("48", "80x40")),
        ('[app]\nguideline = "none.md"', ("none.md", "no guideline")),
        ('[app]\nguideline = "~nobody-of-that-name/x.md"', ("~nobody-of-that-name", "no guideline")),
        ("[app]\nguideline = 7", ("no guideline", "7")),
        ('[app]\nviewer = "yes"', ("viewer is 'yes'", "true or false")),
        ("[app]\nsmooth = 1", ("smooth is 1", "true or false")),
        ('[app]\nkeep_zoom = "no"', ("keep_zoom is 'no'", "true or false")),
        ("[app]\nviewer_port = 65536", ("viewer_port is 65536", "[0, 65535]")),
        ("[app]\nviewer_port = true", ("viewer_port is True", "[0, 65535]")),
        ('[app]\nviewer_port = "80"', ("viewer_port is '80'", "[0, 65535]")),
        ('app = "dark"', ("app is a value, not a table",)),
        ('keys = "s"', ("keys is a value, not a table",)),
        ('[keys]\nclasses = "s"', ("keys.classes is a value, not a table",)),
        ("[keys]\nlabel.skip = 3", ("label.skip is 3", "write a quoted string")),
        ('[keys]\n"label.skip" = ["s", "z"]', ("label.skip is ['s', 'z']", "write a quoted string")),
        ("[keys.classes]\nMEL = 1", ("MEL is 1", "write a quoted string")),
        ("[keys\nlabel", ("not valid TOML",)),
    ],
)
def test_damaged_settings_are_refused_with_what_and_where(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    said = refusal(tmp_path, text + "\n")
    for part in parts:
        assert part in said


def test_an_unknown_preview_of_the_command_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'sixels'.*did you mean sixel\?"):
        read(tmp_path, "sixels")


def test_the_file_of_the_user_completes_the_file_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "ours.md").write_text("# MEL")
    write(
        own,
        '[app]\npreview = "quadrant"\ntheme = "light"\nguideline = "ours.md"\n[keys]\nlabel.skip = "z"\n'
        'label.flag = "y"\n[keys.classes]\nMEL = "m"\nNV = "n"\n',
    )
    monkeypatch.setenv("ALC_CONFIG", str(own / "alc.toml"))
    folder = tmp_path / "folder"
    folder.mkdir()
    write(folder, '[app]\npreview = "off"\n[keys]\nlabel.skip = "k"\n[keys.classes]\nMEL = "l"\n')
    found = read(folder)
    assert (found.preview, found.theme, found.guideline) == ("off", "light", own / "ours.md")
    assert found.keys == {"label.skip": "k", "label.flag": "y"}
    assert found.class_keys == {"MEL": "l", "NV": "n"}
    assert read(folder, "sixel").preview == "sixel"


def test_a_mistake_in_the_users_file_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    write(own, '[app]\ntheme = "solarized"\n')
    monkeypatch.setenv("ALC_CONFIG", str(own / "alc.toml"))
    with pytest.raises(UsageError, match=f"theme in \\[app\\] of {own / 'alc.toml'}"):
        read(tmp_path)


# the guideline


def test_the_guideline_lies_with_the_data_whether_that_is_a_folder_or_a_file(tmp_path: Path) -> None:
    assert guideline(Preferences(), tmp_path) is None
    (tmp_path / "GUIDELINE.md").write_text("# MEL\nmelanoma\n")
    (tmp_path / "data.npz").write_bytes(b"")
    assert guideline(Preferences(), tmp_path) == guideline(Preferences(), tmp_path / "data.npz") == "# MEL\nmelanoma"


def test_the_chosen_guideline_comes_before_that_of_the_data(tmp_path: Path) -> None:
    (tmp_path / "guideline.md").write_text("theirs")
    (tmp_path / "ours.md").write_text("ours")
    assert guideline(Preferences(guideline=tmp_path / "ours.md"), tmp_path) == "ours"


def test_an_empty_guideline_is_none(tmp_path: Path) -> None:
    (tmp_path / "GUIDELINE.md").write_text("")
    assert guideline(Preferences(), tmp_path) is None


def test_a_guideline_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "GUIDELINE.md").write_bytes(b"\xef\xbb\xbf# A\x1b[2J\r\n\tb\xff\x07\n")
    assert guideline(Preferences(), tmp_path) == "# A\\x1b[2J\n    b�\\x07"


def test_a_guideline_that_cannot_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "GUIDELINE.md").write_text("# MEL")

    def refuse(path: Path, **_: object) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", refuse)
    said = guideline(Preferences(), tmp_path)
    assert said is not None
    assert "Permission denied" in said
    assert "GUIDELINE.md" in said


def test_the_example_in_the_guide_can_be_used_as_it_stands(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
    example = guide.partition("```toml\n")[2].partition("```")[0]
    assert "[keys]" in example
    chosen = read(write(tmp_path, example))
    check_keys(chosen, ("MEL", "NV", "BCC"))
    assert (chosen.theme, chosen.preview, chosen.largest) == ("light", "quadrant", (80, 40))
    assert chosen.class_keys == {"MEL": "l"}


@pytest.mark.parametrize("manner", ["bell", "osc9", "osc777", "off"])
def test_how_somebody_is_called_is_a_preference(tmp_path: Path, manner: str) -> None:
    (tmp_path / "alc.toml").write_text(f'[app]\nnotify = "{manner}"\n')
    assert read(tmp_path).notify == manner


def test_an_unknown_manner_of_calling_is_refused(tmp_path: Path) -> None:
    (tmp_path / "alc.toml").write_text('[app]\nnotify = "horn"\n')
    with pytest.raises(UsageError, match="notify"):
        read(tmp_path)
