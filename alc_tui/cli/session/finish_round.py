"""`alc session finish-round`: finish a round before all of its samples are decided."""

from __future__ import annotations

import shlex

from alc_tui.cli.options import Json, Name, Store
from alc_tui.cli.output import print_json, print_message
from alc_tui.text.format import counted


def finish_round(name: Name = None, store: Store = None, json: Json = False) -> None:
    """Finish the current round early, before all of its samples are decided, so that it can be retrained.

    The undecided samples stay in the noisy set, and later rounds may show them. You give fewer labels
    in all, because later rounds stay as long as they are. In the app, `u` takes it back until the retraining starts.
    """
    from alc_tui.session.labeling.service import SessionService
    from alc_tui.session.store.folder import find, store_path

    folder = find(store_path(store), name)
    with SessionService(folder, write=True) as service:
        for notice in service.notices:
            print_message(notice)
        queue = len(service.queue)
        service.finish_round()
        number, decided = service.round, len(service.queue)
    command = f"alc session train {shlex.quote(folder.name)}"
    print_message(
        f"Round {number} of session {folder.name} is finished with {decided:,} of {counted(queue, 'sample')} decided; "
        f"{queue - decided:,} stay in the noisy set. Retrain with `{command}`."
    )
    if json:
        print_json({"name": folder.name, "round": number, "decided": decided, "undecided": queue - decided})
