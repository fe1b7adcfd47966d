"""What a process does that trains together with a session's worker. It writes nothing of the session."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from alc_tui.errors import AlcError
from alc_tui.model.device import make_deterministic, select_device
from alc_tui.model.parallel.group import Group, LostProcess
from alc_tui.parent import end_with_parent
from alc_tui.session.store.arrays import load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Event
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.advance import advance
from alc_tui.session.training.inputs.sources import serve_features
from alc_tui.session.training.parallel.group import REASON, joined_group, torchrun_group


def assist(folder: SessionFolder, place: Sequence[str]) -> int:
    """Train with the session's worker until its next step is done, or until it ends; returns an exit code.

    place: the file, rank and size of the group of a worker of this host; none for that of torchrun.
    """
    try:
        config = Document(folder.document).config
        if not place:
            with torchrun_group(config) as group:
                assist_in(folder, group)
            return 0
        end_with_parent()
        file, rank, size = place
        with joined_group(config, Path(file), int(rank), int(size)) as (group, store):
            try:
                assist_in(folder, group)
            except LostProcess:
                raise
            except AlcError as error:
                store.set(REASON, str(error))
                raise
    except AlcError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def assist_in(folder: SessionFolder, group: Group) -> None:
    """Take part in the session's next step, which the first process of the group advances."""
    session = Document(folder.document).session
    if not session.config.is_frozen:
        advance(folder, _ignore, group)
        return
    compute = replace(select_device(session.config.device, group), bf16=False)
    make_deterministic(compute.device)
    serve_features(folder, session, load_samples(folder.samples, len(session.classes)), compute)


def _ignore(_event: Event) -> None:
    """The worker reports the progress."""
