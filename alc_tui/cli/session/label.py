"""`alc session label`: open the labeling app."""

from __future__ import annotations

from typing import Annotated

import typer

from alc_tui.cli.completion import one_of
from alc_tui.cli.options import Gpus, Name, NewRoot, Store, Threads, flag
from alc_tui.cli.relocation import relocate
from alc_tui.errors import UsageError


def label(
    name: Name = None,
    store: Store = None,
    annotator: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the annotator.", show_default="your login name")
    ] = None,
    second_pass: Annotated[
        bool, flag("--second-pass", "Label the samples that others have labeled, without seeing their decisions.")
    ] = False,
    watch: Annotated[bool, flag("--watch", "Watch, read-only, while someone else labels.")] = False,
    blind: Annotated[
        bool, flag("--blind", "For this run, hide the given label and the suggestion until you decide.")
    ] = False,
    preview: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="How images are drawn: auto, half, quadrant, kitty, sixel, iterm2 or off.",
            show_default="as in ALC_PREVIEW or alc.toml, else auto",
            autocompletion=one_of(("auto", "half", "quadrant", "kitty", "sixel", "iterm2", "off")),
        ),
    ] = None,
    viewer: Annotated[
        bool, flag("--viewer", "Also show the samples at full resolution in a browser; needs the extra viewer.")
    ] = False,
    viewer_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT", min=1, max=65_535, help="Port of the viewer; implies --viewer.", show_default="a free port"
        ),
    ] = None,
    data_root: NewRoot = None,
    _threads: Threads = None,
    _gpus: Gpus = None,
) -> None:
    """Open the labeling app at the sample where you left off."""
    from alc_tui.cli import next_step
    from alc_tui.session.store.folder import find, store_path

    folder = find(store_path(store), name)
    if watch and second_pass:
        raise UsageError("You cannot label with --watch; omit --watch or --second-pass.")
    if (obstacle := next_step.obstacle_to_app()) is not None:
        raise UsageError(obstacle)
    relocate(folder, data_root)
    next_step.open_app(folder, annotator, preview, blind, second_pass, watch, viewer, viewer_port)
