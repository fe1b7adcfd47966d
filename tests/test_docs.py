"""The documentation is right: its examples run, its commands exist, its links and paths lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

from alc_tui.cli.main import app
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import Verdict
from tests.made_sessions import make_session

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("sessions/*.md"), *ROOT.glob("benchmarks/*.md")]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
COMMANDS: Any = typer.main.get_command(app)


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """What the options of a command set, such as `--gpus`, holds for its test alone."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a language on a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def words_of(line: str) -> list[str]:
    """The words behind `alc` on a line of a shell, without its comment; none if it runs something else."""
    words = shlex.split(line, comments=True)
    return words[1:] if words[:1] == ["alc"] else []


def resolve(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and what follows it."""
    command = COMMANDS
    while words and hasattr(command, "commands"):
        assert words[0].startswith("-") or words[0] in command.commands, f"alc has no command {words[0]!r}"
        if words[0].startswith("-"):
            break
        command, words = command.commands[words[0]], words[1:]
    return command, words


def run_as_page(page: Path, names: dict[str, Any]) -> None:
    """Execute the Python blocks of a page in order."""
    found = blocks(page, "python")
    assert found
    for block in found:
        exec(compile(block, str(page), "exec"), names)


def test_the_examples_of_the_library_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALC_SESSIONS", str(tmp_path))
    with SessionService(make_session(tmp_path / "skin"), "anna", write=True) as service:
        service.decide(service.queue[0], Verdict("label", "MEL"))
    names: dict[str, Any] = {}
    run_as_page(ROOT / "docs" / "library.md", names)
    assert 0.35 < (names["noisy"] != names["truth"]).mean() < 0.45
    assert len(names["first"]) == 100
    assert len(names["queue"]) == 40
    assert len(names["changed"]) == 1


def test_the_example_of_the_readme_runs() -> None:
    names: dict[str, Any] = {"images": np.zeros((8, 8, 8, 3), dtype=np.uint8), "labels": np.arange(8) % 2}
    run_as_page(ROOT / "README.md", names)
    assert set(names["worst"]) <= set(range(8))


@pytest.mark.parametrize("name", NAMES)
def test_every_command_in_a_shell_block_can_be_typed(name: str) -> None:
    for line in "".join(blocks(ROOT / name, "sh")).splitlines():
        if words := words_of(line):
            command, rest = resolve(words)
            command.make_context(command.name, rest)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_in_a_sentence_exists_with_its_options(name: str) -> None:
    for code in re.findall(r"`(alc [a-z][^`]*)`", (ROOT / name).read_text(encoding="utf-8")):
        command, rest = resolve(words_of(code.replace("\n", " ")))
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        unknown = [word for word in rest if word.startswith("--") and word not in known]
        assert not unknown, f"{name}: `{code}` has no option {unknown}"


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = page.parent / path if path else page
        assert target.exists(), f"{name} links to {link}"
        assert not anchor or anchor in anchors(target), f"{name} links to {link}"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_path_of_the_code_exists(name: str) -> None:
    rooms = [path.name for path in (ROOT / "alc_tui").iterdir() if path.is_dir()]
    roots = rf"(?:alc_tui|tests|docs|benchmarks|{'|'.join(rooms)})"
    for path in re.findall(rf"`({roots}/[\w/.]*)`", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / path).exists() or (ROOT / "alc_tui" / path).exists(), f"{name} names {path}"


def test_the_names_of_the_code_on_the_architecture_page_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "alc_tui").rglob("*.py"))
    for name in re.findall(r"`([A-Z_]\w+(?:\.\w+)?)`", page):
        last = name.rpartition(".")[2]
        assert re.search(rf"\b(?:class|def) {last}\b|\b{last}\b *(?::|=)", code), f"there is no {name}"
