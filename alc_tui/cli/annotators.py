"""`alc session merge` and `alc session agreement`: several annotators of one session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alc_tui.cli import completion
from alc_tui.cli.options import Json, Name, Store, flag
from alc_tui.cli.output import number, print_data, print_json, print_message, table
from alc_tui.data.paths import expand_home
from alc_tui.errors import SessionUnavailable
from alc_tui.session.store.folder import SessionFolder, find, store_path
from alc_tui.text.format import counted

if TYPE_CHECKING:
    from alc_tui.session.labeling.agreement import Agreement
    from alc_tui.session.labeling.merge import MergeCounts


def merge(
    name: Annotated[
        str,
        typer.Argument(
            metavar="SESSION", help="Session to merge the decisions into.", autocompletion=completion.sessions
        ),
    ],
    copies: Annotated[
        list[str],
        typer.Argument(
            metavar="FROM...",
            help="Copies of the session: names of sessions in the store, or paths of session folders.",
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
            print_message(notice)
        done = join(service, others, dry_run)
    for line in _sentences(done, name, dry_run):
        print_message(line)
    if json:
        print_json({"name": name, "written": not dry_run, **done.as_dict()})


def agreement(name: Name = None, store: Store = None, json: Json = False) -> None:
    """Show the agreement between annotators, the consistency of each annotator, and the agreement with the model's
    suggestions."""
    from alc_tui.session.labeling.service import SessionService
    from alc_tui.text import agreement as words

    folder = find(store_path(store), name)
    service = SessionService(folder)
    for notice in service.notices:
        print_message(notice)
    summary = service.agreement()
    if json:
        print_json(summary.as_dict())
        return
    lines = words.lines(summary)
    if lines:
        print_data(table(("agreement", ""), lines))
    agreements = {words.between(names): each for names, each in summary.annotators.items()}
    agreements |= {words.repeat_title(who): each for who, each in summary.consistency.items()}
    for title, each in agreements.items():
        print_data(f"\n{_classes_text(title, each)}")
    if not summary.annotators:
        print_message(_no_agreement_text(folder.name))


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
    lines = [f"{verb} {counted(done.added, 'decision')} to session {name}; already there: {done.already_there:,}."]
    if done.left_out:
        lines.append(
            f"{counted(done.left_out, 'verdict')} could not be merged: from rounds that the session has not reached, "
            "undone after retraining, or by an annotator who has already decided the sample a second time."
        )
    if done.conflicts:
        lines.append(
            f"{counted(done.conflicts, 'verdict')} in conflict with one by the same annotator; both are recorded."
        )
    if done.disagreements:
        lines.append(
            f"Annotators disagree on {counted(done.disagreements, 'sample')}; review with `alc session label {name}`."
        )
    return lines


def _classes_text(title: str, agreement: Agreement) -> str:
    from alc_tui.text import agreement as words

    rows = [
        (name, f"{each.n:,}", number(100 * each.share, 0), words.kappa(each.kappa))
        for name, each in agreement.by_class.items()
    ]
    return table((title, "either", "both %", "κ"), rows)


def _no_agreement_text(name: str) -> str:
    return (
        "No two annotators have labeled the same samples: have a second annotator label them with `alc session label "
        f"{name} --annotator NAME --second-pass`, or merge a copy that was labeled elsewhere with `alc session merge "
        f"{name} FROM`."
    )
