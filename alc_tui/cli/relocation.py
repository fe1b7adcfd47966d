"""The option `--data-root` of commands that use an existing session."""

from __future__ import annotations

from pathlib import Path

from alc_tui.cli.output import print_message
from alc_tui.session.store.folder import SessionFolder


def relocate(folder: SessionFolder, data_root: Path | None) -> None:
    """Look for the session's images in `data_root`, record where they are, and say so; nothing for None."""
    if data_root is None:
        return
    from alc_tui.session import relocation

    print_message(relocation.relocate(folder, data_root).sentence())
