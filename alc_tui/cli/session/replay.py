"""`alc session replay`: run the rounds of a session with a simulated oracle."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from alc_tui.cli.completion import one_of
from alc_tui.cli.options import Gpus, Json, Name, NewRoot, Store, Threads, takes_settings
from alc_tui.cli.output import print_data, print_json, print_message
from alc_tui.cli.relocation import relocate
from alc_tui.cores import wanted_gpus
from alc_tui.session.settings.config import RETRAINING_SETTINGS, SETTINGS
from alc_tui.session.settings.departures import DEPARTURES, NONE, ROUND_DEPARTURES

ORACLES = {
    "gt": "Always gives the true label.",
    "gt:error=P,abstain=P": "Gives a wrong label, or abstains, with the given probabilities.",
    "matrix:CSV": "Answers according to a confusion matrix.",
    "journal": "Repeats the decisions of this session.",
    "journal:SESSION": "Repeats the decisions of another session.",
}
_CHANGED = ("sampler", "rounds", "budget", "round_epochs", *RETRAINING_SETTINGS, "seed")
_DEPARTURES = replace(
    SETTINGS["departures"], choices={NONE: "None of them.", **{name: DEPARTURES[name] for name in ROUND_DEPARTURES}}
)


@takes_settings(
    replace(setting, default=None, default_text="as in the session")
    for setting in (*(SETTINGS[name] for name in _CHANGED), _DEPARTURES)
)
def replay(
    settings: dict[str, Any],
    name: Name = None,
    oracle: Annotated[
        str,
        typer.Option(
            metavar="ORACLE",
            help="Oracle that labels the samples: gt (the true labels), gt:error=P,abstain=P, matrix:CSV, journal, "
            "or journal:SESSION.",
            autocompletion=one_of(ORACLES),
        ),
    ] = "gt",
    store: Store = None,
    data_root: NewRoot = None,
    _threads: Threads = None,
    _gpus: Gpus = None,
    json: Json = False,
) -> None:
    """Repeat the rounds with a simulated oracle, starting from the session's round 0, in a separate folder."""
    from alc_tui.cli import session_output
    from alc_tui.cli.follow import Printer
    from alc_tui.model.device import use_free_threads
    from alc_tui.session import replay as replays
    from alc_tui.session.store.document import Document
    from alc_tui.session.store.folder import find, store_path

    session = find(store_path(store), name)
    relocate(session, data_root)
    answers = replays.parse_oracle(oracle, session, store_path(store), settings.get("seed"), print_message)
    printer = Printer()
    use_free_threads()
    try:
        folder = replays.prepare(session, answers, settings, printer.show)
        replays.run(folder, answers, printer.show, wanted_gpus())
    except KeyboardInterrupt:
        print_message("")
        print_message("Interrupted; run the same command to resume from the last finished epoch.")
        raise
    document = Document(folder.document)
    if json:
        print_json(session_output.report(folder).to_dict() | {"session": session.name, "oracle": oracle})
        return
    print_data(session_output.rounds_text(document.rounds, document.session.classes))
