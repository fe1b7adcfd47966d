"""`alc session focus`: the class of which later rounds show more."""

from __future__ import annotations

from typing import Annotated

import typer

from alc_tui.cli.options import Json, Name, Store, flag
from alc_tui.cli.output import print_data, print_json, print_message
from alc_tui.errors import UsageError


def focus(
    name: Name = None,
    label: Annotated[
        str | None,
        typer.Option("--class", metavar="CLASS", help="Make this class the focus class.", show_default=False),
    ] = None,
    clear: Annotated[bool, flag("--clear", "Have no focus class any more.")] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Show more samples of one class: every other place in the queues of later rounds goes to its candidates.

    These are the samples with that given label, and those to which the model gives the class the highest probability,
    in the sampler's order. The queue that is being labeled stays as it is. Without options, show the focus class.
    """
    from alc_tui.session.labeling.service import SessionService
    from alc_tui.session.store.folder import find, store_path
    from alc_tui.text import focus as words

    if label is not None and clear:
        raise UsageError("--class and --clear exclude each other; specify one of them.")
    folder = find(store_path(store), name)
    is_change = label is not None or clear
    with SessionService(folder, write=is_change) as service:
        for notice in service.notices:
            print_message(notice)
        if is_change:
            first = service.set_focus(label)
            print_message(words.changed(label, first))
        rounds = words.rounds_by_focus(service.rounds)
        if json:
            print_json({"name": folder.name, "focus": service.focus, "rounds": rounds})
        elif not is_change:
            print_data(words.described(service.focus, rounds))
