"""`alc session merge` and `alc session agreement`: several annotators of one session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alc_tui.cli import completion
from alc_tui.cli.options import Json, Name, Store, flag
from alc_tui.cli.output import number, say, table, tell, tell_json
from alc_tui.data.paths import expand_home
from alc_tui.errors import SessionUnavailable
from alc_tui.session.store.folder import SessionFolder, find, store_path

if TYPE_CHECKING:
    from alc_tui.session.labeling.agreement import Agreement
    from alc_tui.session.labeling.merge import MergeCounts


def merge(
    name: Annotated[
        str,
        typer.Argument(
            metavar="SESSION", help="Session that takes in the decisions.", autocompletion=completion.sessions
        ),
    ],
    copies: Annotated[
        list[str],
        typer.Argument(
            metavar="FROM...",
            help="Copies of it: sessions of the store, or paths of folders.",
            autocompletion=completion.sessions,
        ),
    ],
    dry_run: Annotated[bool, flag("--dry-run", "Print what would be added.")] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Merge the decisions made in copies of a session into it; no decision is added twice."""
    from alc_tui.session.labeling.merge import merge as join
    from alc_tui.session.labeling.service import SessionService

    folder = find(store_path(store), name)
    others = [SessionService(_copy(store_path(store), text)) for text in copies]
    with SessionService(folder, write=not dry_run) as service:
        for notice in [notice for each in (service, *others) for notice in each.notices]:
            say(notice)
        done = join(service, others, dry_run)
    for line in _sentences(done, name, dry_run):
        say(line)
    if json:
        tell_json({"name": name, "written": not dry_run, **done.as_dict()})


def agreement(name: Name = None, store: Store = None, json: Json = False) -> None:
    """Show the agreement between annotators, the consistency of each annotator, and the agreement with the model's
    suggestions."""
    from alc_tui.session.labeling.service import SessionService
    from alc_tui.text import agreement as words

    folder = find(store_path(store), name)
    summary = SessionService(folder).agreement()
    if json:
        tell_json(summary.as_dict())
        return
    lines = words.lines(summary)
    if lines:
        tell(table(("agreement", ""), lines))
    told = {words.between(names): each for names, each in summary.annotators.items()}
    told |= {words.shown_again(who): each for who, each in summary.consistency.items()}
    for what, each in told.items():
        tell(f"\n{_classes_text(what, each)}")
    if not summary.annotators:
        say(_nothing(folder.name))


def _copy(store: Path, text: str) -> SessionFolder:
    """The folder of a copy; raises SessionUnavailable if there is none."""
    if os.sep not in text:
        return find(store, text)
    folder = SessionFolder(expand_home(Path(text)))
    if not folder.document.is_file():
        raise SessionUnavailable(f"No session found at {folder.path}; specify the folder that holds its session.json.")
    return folder


def _sentences(done: MergeCounts, name: str, dry_run: bool) -> list[str]:
    """The outcome of a merge, in sentences."""
    verb = "Would add" if dry_run else "Added"
    lines = [f"{verb} {done.added:,} decisions to session {name}; it already had {done.already_there:,} of them."]
    if done.left_out:
        lines.append(
            f"{done.left_out:,} verdicts do not fit and were left out: of rounds that the session has not reached, "
            "undone after its retraining, or by somebody who decided the sample a second time in it too."
        )
    if done.conflicts:
        lines.append(f"{done.conflicts:,} differ from a verdict of the same person in it; both are recorded.")
    if done.disagreements:
        lines.append(
            f"Annotators disagree on {done.disagreements:,} samples; review them with `alc session label {name}`."
        )
    return lines


def _classes_text(what: str, told: Agreement) -> str:
    from alc_tui.text import agreement as words

    rows = [
        (name, f"{each.n:,}", number(100 * each.share, 0), words.kappa(each.kappa))
        for name, each in told.by_class.items()
    ]
    return table((what, "either", "both %", "κ"), rows)


def _nothing(name: str) -> str:
    return (
        "No two annotators have decided the same sample: let somebody decide what others did with `alc session label "
        f"{name} --annotator NAME --second-pass`, or join a copy that was labeled elsewhere with `alc session merge "
        f"{name} FROM`."
    )
