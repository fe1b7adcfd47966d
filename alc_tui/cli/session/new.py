"""`alc session new`: create a session, train, and label."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from alc_tui.cli.options import OUTPUT, Gpus, Json, Store, Threads, flag, takes_settings
from alc_tui.cli.output import print_json, print_message, progress_counter
from alc_tui.session.settings.config import SETTINGS, Config

EPILOG = """A setting that you omit comes from its environment variable, such as ALC_SEED, else from alc.toml in this
folder, else from your user-level alc.toml, else from the preset of the data set, else from the default shown above."""


@takes_settings(SETTINGS.values())
def new(
    settings: dict[str, Any],
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the session.",
            show_default="derived from the data set",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    store: Store = None,
    no_train: Annotated[bool, flag("--no-train", "Create the session and stop.", OUTPUT)] = False,
    no_label: Annotated[bool, flag("--no-label", "Do not open the labeling app.", OUTPUT)] = False,
    yes: Annotated[bool, flag("--yes", "Do not ask before a training of hours.", OUTPUT)] = False,
    threads: Threads = None,
    gpus: Gpus = None,
    json: Json = False,
) -> None:
    """Create a session, train on its noisy labels, and, in a terminal, open the labeling app."""
    from alc_tui.cli import next_step, session_output
    from alc_tui.cli.session import long_training
    from alc_tui.session import create
    from alc_tui.session.settings.files import CONFIG_FILE
    from alc_tui.session.settings.resolution import resolve
    from alc_tui.session.store.folder import store_path

    config, origins = resolve(settings, os.environ, Path())
    names = [name for name, origin in origins.items() if origin == CONFIG_FILE]
    if names:
        print_message(f"Settings from {(Path() / CONFIG_FILE).absolute()}: {', '.join(names)}.")
    if name is not None:
        create.new_session_folder(store_path(store), name)
    create.check_writable(store_path(store))
    try:
        checked = create.check(config, origins, progress_counter("Decoding images"), on_probe=_announce)
    except KeyboardInterrupt:
        print_message("Interrupted; no session was created. The images decoded so far remain in the cache.")
        raise
    if not (no_train or yes):
        options = {"--name": name, "--store": store, "--threads": threads, "--gpus": gpus}
        words = [word for option, value in options.items() if value is not None for word in (option, str(value))]
        words += ["--no-label"] * no_label + ["--json"] * json
        long_training.confirm(checked, settings, words)
    folder = create.write(checked, store_path(store), name)
    for line in session_output.summary(folder, checked):
        print_message(line)
    if not no_train:
        next_step.continue_session(folder, in_app=not (no_label or json))
    if json:
        print_json(session_output.report(folder).to_dict())


def _announce(config: Config) -> None:
    if config.weights == "imagenet" and config.features is None:
        print_message(f"Loading {config.backbone} with its ImageNet weights (downloaded on first use) …")
