"""`alc session`: make, see, train, label, watch, replay, export and delete sessions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from alc_tui.cli import annotators, next_step
from alc_tui.cli import session_output as told
from alc_tui.cli.follow import Printer, follow
from alc_tui.cli.options import Json, Name, Store
from alc_tui.cli.output import counter, say, table, tell, tell_json
from alc_tui.data.catalog import is_known
from alc_tui.errors import AlcError, UsageError
from alc_tui.session.create import check, check_writable, free_folder, write
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.departures import DEPARTURES, OF_ROUNDS
from alc_tui.session.settings.resolution import parse, resolve
from alc_tui.session.store import delete as deletion
from alc_tui.session.store import lock
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import EventReader
from alc_tui.session.store.folder import find, sessions, store_path
from alc_tui.session.store.state import DONE, LABELING, overview

app = typer.Typer(
    help="Sessions: one data set, one configuration, its decisions and rounds.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def new(
    dataset: Annotated[str | None, typer.Option(help="isic, nct, nct-lt, medmnist:…, folder:…, csv:…, demo.")] = None,
    name: Annotated[str | None, typer.Option(help="The session's name.")] = None,
    noise: Annotated[float | None, typer.Option(help="Noise rate to inject, [0, 1); none: the data is noisy.")] = None,
    noise_kind: Annotated[
        str | None, typer.Option(help="uniform, pair, instance, none or matrix:CSV (which sets the rate).")
    ] = None,
    noise_exempt: Annotated[str | None, typer.Option(help="Classes that keep their labels: A,B,….")] = None,
    forget_rate: Annotated[
        str | None, typer.Option(help="τ in [0, 1), or auto; the noise rate if that is known.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random choice.")] = None,
    split: Annotated[str | None, typer.Option(help="image, lesion (groups stay together) or given.")] = None,
    long_tail: Annotated[float | None, typer.Option(help="Ratio of the exponential class profile.")] = None,
    method: Annotated[
        str | None, typer.Option(help="ct-vog, ct, alc-ct, ce, elr, dividemix, clean (the ceiling) or al.")
    ] = None,
    mix_ratio: Annotated[float | None, typer.Option(help="m: share of the kept samples chosen by VOG, [0, 1].")] = None,
    warmup: Annotated[int | None, typer.Option(help="Epochs before VOG counts, and of the rising forget rate.")] = None,
    sampler: Annotated[
        str | None,
        typer.Option(
            help="random, entropy, margin, least-confidence, coreset, bald, badge, peers, joint, self-confidence or "
            "normalized-margin."
        ),
    ] = None,
    rounds: Annotated[int | None, typer.Option(help="Annotation rounds.")] = None,
    budget: Annotated[int | None, typer.Option(help="Samples shown per round.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of learning with noisy labels.")] = None,
    round_epochs: Annotated[int | None, typer.Option(help="Epochs of each retraining.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Samples per batch.")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Side of the network's input, in pixels.")] = None,
    backbone: Annotated[str | None, typer.Option(help="small, resnet18 or any torchvision classifier.")] = None,
    weights: Annotated[str | None, typer.Option(help="imagenet, none or a file of weights.")] = None,
    device: Annotated[str | None, typer.Option(help="cuda, cuda:N, mps or cpu; the best there is if left out.")] = None,
    preset: Annotated[str | None, typer.Option(help="paper, or authors-code (all --departures).")] = None,
    departures: Annotated[
        str | None, typer.Option(help=f"What is done as in the authors' code: all, or of {', '.join(DEPARTURES)}.")
    ] = None,
    skip_bad: Annotated[
        bool | None, typer.Option("--skip-bad", help="Go on without images that cannot be read.")
    ] = None,
    repeat: Annotated[float | None, typer.Option(help="Share of a round shown twice unsaid, [0, 0.5].")] = None,
    blind: Annotated[
        bool | None, typer.Option("--blind", help="Hide given label and suggestion until the verdict, always.")
    ] = None,
    data_root: Annotated[Path | None, typer.Option(help="Where data sets lie [ALC_DATA].")] = None,
    store: Store = None,
    no_train: Annotated[bool, typer.Option("--no-train", help="Make the session and stop there.")] = False,
    no_label: Annotated[bool, typer.Option("--no-label", help="Do not open the labeling app afterwards.")] = False,
    json: Json = False,
) -> None:
    """Make a session, train on its noisy labels, and (on a terminal) open the labeling app."""
    options = {
        "dataset": dataset, "noise": noise, "noise_kind": noise_kind, "noise_exempt": noise_exempt, "seed": seed,
        "split": split, "long_tail": long_tail, "method": method, "mix_ratio": mix_ratio, "warmup": warmup,
        "sampler": sampler, "rounds": rounds, "budget": budget, "epochs": epochs, "round_epochs": round_epochs,
        "batch_size": batch_size, "lr": lr, "image_size": image_size, "backbone": backbone, "weights": weights,
        "device": device, "preset": preset, "departures": departures, "skip_bad": skip_bad, "repeat": repeat,
        "blind": blind,
        "forget_rate": None if forget_rate is None else _forget_rate(forget_rate),
        "data_root": None if data_root is None else str(data_root.absolute()),
    }  # fmt: skip
    config, origins = resolve(options, os.environ, Path())
    if name is not None:
        free_folder(store_path(store), name)
    check_writable(store_path(store))
    if config.weights == "imagenet" and is_known(config.dataset):
        say(f"Trying {config.backbone} with its ImageNet weights, which are downloaded once …")
    try:
        checked = check(config, origins, counter("Decoding images"))
    except KeyboardInterrupt:
        say("Interrupted; no session was made. Images decoded so far are kept.")
        raise
    folder = write(checked, store_path(store), name)
    say(told.summary(folder, checked))
    if not no_train:
        next_step.go_on(folder, in_app=not (no_label or json))
    if json:
        tell_json(told.facts(folder))


@app.command("list")
def list_(store: Store = None, json: Json = False) -> None:
    """All sessions of the store."""
    rows, damaged = [], []
    for folder in sessions(store_path(store)):
        try:
            rows.append(overview(folder))
        except AlcError as error:
            damaged.append({"name": folder.name, "error": str(error)})
    if json:
        tell_json([*rows, *damaged])
        return
    for entry in damaged:
        say(f"{entry['name']}: {entry['error']}")
    if not rows and not damaged:
        say(f"There is no session in {store_path(store)}; `alc session new --dataset demo --noise 0.5` makes one.")
        return
    tell(told.list_text(rows))


@app.command()
def show(
    name: Name = None,
    store: Store = None,
    origin: Annotated[bool, typer.Option("--origin", help="Where each setting came from.")] = False,
    json: Json = False,
) -> None:
    """A session: its data, its configuration, its rounds."""
    folder = find(store_path(store), name)
    session = told.facts(folder)
    if json:
        tell_json(session)
    elif origin:
        rows = [(key, str(value), session["origins"][key]) for key, value in session["config"].items()]
        tell(table(("setting", "value", "origin"), rows))
    else:
        tell(told.describe(session))


@app.command()
def train(name: Name = None, store: Store = None) -> None:
    """Go on with the training that is next and follow it; after an interruption, from the last finished epoch."""
    folder = find(store_path(store), name)
    state = SessionService(folder).state
    if state == LABELING:
        raise UsageError(
            f"Session {folder.name!r} waits for decisions, not for training; `alc session label {folder.name}`."
        )
    if state == DONE:
        say(f"All rounds of session {folder.name!r} are done; `alc session show {folder.name}` tells how it went.")
        return
    next_step.train(folder)
    say(next_step.told(folder))


@app.command()
def label(
    name: Name = None,
    store: Store = None,
    annotator: Annotated[str | None, typer.Option(help="Who decides; the login name if left out.")] = None,
    second_pass: Annotated[
        bool, typer.Option("--second-pass", help="Decide what others have decided, without seeing it.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Look on while somebody else labels.")] = False,
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide given label and suggestion until the verdict, this time.")
    ] = False,
    preview: Annotated[
        str | None, typer.Option(help="half, quadrant, kitty, sixel or off: how images are drawn.")
    ] = None,
) -> None:
    """Open the labeling app where it was left."""
    folder = find(store_path(store), name)
    if watch and second_pass:
        raise UsageError("Who watches decides nothing; leave out --watch or --second-pass.")
    if not next_step.is_terminal():
        raise UsageError("The labeling app needs a terminal; `alc session replay` lets an oracle answer without one.")
    next_step.open_app(folder, annotator, preview, blind, second_pass, watch)


@app.command()
def resume(name: Name = None, store: Store = None) -> None:
    """Whatever is next: go on training, then (on a terminal) go on labeling."""
    next_step.go_on(find(store_path(store), name), in_app=True)


@app.command()
def attach(name: Name = None, store: Store = None) -> None:
    """Watch a session's training; Ctrl-C stops watching, not the training."""
    folder = find(store_path(store), name)
    if not lock.is_held(folder.worker_lock):
        say(f"Nothing is being trained. {next_step.told(folder)}")
        return
    try:
        follow(folder, EventReader(folder.events))
    except KeyboardInterrupt:
        say(f"\nDetached; the training goes on. `alc session attach {folder.name}` comes back to it.")
        raise
    say(next_step.told(folder))


@app.command()
def replay(
    name: Name = None,
    oracle: Annotated[
        str, typer.Option(help="gt, gt:error=P,abstain=P, matrix:CSV, journal or journal:SESSION.")
    ] = "gt",
    sampler: Annotated[str | None, typer.Option(help="Another sampler than the session's.")] = None,
    rounds: Annotated[int | None, typer.Option(help="Another number of rounds.")] = None,
    budget: Annotated[int | None, typer.Option(help="Another number of samples per round.")] = None,
    round_epochs: Annotated[int | None, typer.Option(help="Other epochs per retraining.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Another seed for sampling, retraining and the oracle's errors.")
    ] = None,
    departures: Annotated[
        str | None,
        typer.Option(help=f"What the rounds do as in the authors' code: none, or of {', '.join(OF_ROUNDS)}."),
    ] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """Run the rounds with a simulated oracle, from the session's LNL on, in a folder of their own."""
    session = find(store_path(store), name)
    from alc_tui.session import replay as replays

    answers = replays.oracle_named(oracle, session, store_path(store), seed)
    changes = {
        "sampler": sampler, "rounds": rounds, "budget": budget, "round_epochs": round_epochs, "seed": seed,
        "departures": departures,
    }  # fmt: skip
    printer = Printer()
    try:
        folder = replays.prepare(session, answers, changes, printer.show)
        replays.run(folder, answers, printer.show)
    except KeyboardInterrupt:
        say("\nInterrupted; the same command goes on from the last finished epoch.")
        raise
    document = Document(folder.document)
    if json:
        tell_json(told.facts(folder) | {"session": session.name, "oracle": oracle})
        return
    tell(told.rounds_text(document.rounds, document.session["classes"]))


@app.command()
def export(
    name: Name = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="The CSV file or the folder; NAME-labels.csv or NAME-labels.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="csv, or folders: a folder of links per class.")] = "csv",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Write the cleaned labels and where they came from."""
    from alc_tui.session.labeling import export as exports

    if format_ not in ("csv", "folders"):
        raise UsageError(f"Unknown format {format_!r}; use csv or folders.")
    service = SessionService(find(store_path(store), name))
    target = to or Path(f"{service.folder.name}-labels{'.csv' if format_ == 'csv' else ''}")
    rows = exports.rows(service)
    counts = exports.counts(rows)
    if format_ == "folders":
        links = exports.links(service, rows, target)
        if not dry_run:
            exports.write_links(service, rows, target, links)
    elif not dry_run:
        exports.write_csv(service, rows, target)
    summary = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
    say(f"{'Would write' if dry_run else 'Wrote'} {target}: {summary}.")
    if json:
        tell_json({"path": str(target), "written": not dry_run, "counts": counts})


app.command()(annotators.merge)
app.command()(annotators.agreement)


@app.command()
def delete(
    name: Annotated[str, typer.Argument(help="The session.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    store: Store = None,
) -> None:
    """Delete a session with its decisions; asks first."""
    folder = find(store_path(store), name)
    deletion.check_unused(folder)
    if not yes:
        if not next_step.is_terminal():
            raise UsageError(f"Deleting session {name!r} needs --yes where nobody can be asked.")
        if not typer.confirm(f"Delete session {name} with all its decisions?", err=True):
            say("Nothing was deleted.")
            return
    deletion.delete(folder)
    say(f"Session {name} is deleted.")


def _forget_rate(text: str) -> float | str:
    value: float | str = parse("forget_rate", text, "--forget-rate")
    return value
