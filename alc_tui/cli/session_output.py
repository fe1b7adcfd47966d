"""What `new`, `show`, `list` and `replay` tell of a session, as data and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alc_tui.cli.output import number, table
from alc_tui.session.settings.renamed import all_names
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdicts
from alc_tui.session.store.state import overview
from alc_tui.text import scores
from alc_tui.text.format import duration

if TYPE_CHECKING:
    from alc_tui.session.create import Checked

ROUND_HEAD = (
    "round",
    "labels",
    "shown",
    "confirmed",
    "changed",
    "skipped",
    "free",
    "clean",
    "F1 best",
    "F1 last",
    "time",
)


def facts(folder: SessionFolder) -> dict[str, Any]:
    """Everything `show --json` prints."""
    from alc_tui.session.labeling.agreement import summary as agreement_of

    document = Document(folder.document)
    session = document.session
    brief = overview(folder)
    verdicts = Verdicts(Journal(folder.journal).decisions)
    return {
        "name": folder.name,
        "dataset": session["config"]["dataset"],
        "classes": session["classes"],
        "state": brief["state"],
        "noise": session["config"]["noise"],
        "estimated_noise": session.get("estimated_noise"),
        "splits": session["dataset"]["splits"],
        "device": session["device"],
        "created": session["created"],
        "alc_version": session["alc_version"],
        "decided_total": brief["decided_total"],
        "budget_total": brief["budget_total"],
        "bad": session["bad"],
        "twins": session["twins"],
        "config": all_names(session["config"]),
        "origins": all_names(session["origins"]),
        "rounds": document.rounds,
        "agreement": agreement_of(verdicts, session["classes"]).as_dict(),
    }


def summary(folder: SessionFolder, checked: Checked) -> str:
    """What `new` found, and what a person should know of it."""
    samples = checked.samples
    lines = [
        f"Session {folder.name}: {len(samples.train):,} training, {len(samples.validation):,} validation and "
        f"{len(samples.test):,} test samples of {len(checked.dataset.classes)} classes, on {checked.device}"
    ]
    if checked.estimate is not None:
        learning, a_round = duration(checked.estimate.learning), duration(checked.estimate.round)
        lines.append(f"Estimated time: {learning} to learn, then {a_round} a round, or somewhat more")
    if checked.prepared.bad:
        lines.append(
            f"Left out {len(checked.prepared.bad)} images that cannot be read; `alc session show --json` lists them."
        )
    if checked.prepared.twins:
        lines.append(
            f"{len(checked.prepared.twins)} groups of images have the same pixels; `alc dataset info` says in which "
            "classes."
        )
    return "\n".join(lines)


def list_text(overviews: Sequence[Mapping[str, Any]]) -> str:
    """`list` as text."""
    head = ("name", "dataset", "noise", "state", "round", "labels", "F1 best")
    return table(head, [_list_row(row) for row in overviews])


def describe(told: Mapping[str, Any]) -> str:
    """`show` as text."""
    splits = ", ".join(f"{count:,} {name}" for name, count in told["splits"].items())
    noise = "as it came" if told["noise"] is None else f"{told['noise']:g} injected ({told['config']['noise_kind']})"
    if told["estimated_noise"] is not None:
        noise += f", estimated {told['estimated_noise']:.3f}"
    config = told["config"]
    lines = [
        f"Session  {told['name']}  ({told['state']})",
        f"Dataset  {told['dataset']}: {splits}; {len(told['classes'])} classes",
        f"Noise    {noise}; forget rate {config['forget_rate']}",
        f"Method   {config['method']}, mix ratio {config['mix_ratio']:g}, {config['epochs']} epochs of "
        f"{config['backbone']} ({config['weights']}) at {config['image_size']} px",
        f"Rounds   {config['rounds']} of {config['budget']} samples by {config['sampler']}, "
        f"{config['round_epochs']} epochs each",
        *_labeling(config),
        *_departures(config),
        f"Labels   {told['decided_total']} of {told['budget_total']}",
        f"Device   {told['device']}",
    ]
    if told["bad"]:
        lines.append(f"Skipped  {len(told['bad'])} images that cannot be read (`show --json` lists them)")
    if told["twins"]:
        lines.append(f"Twins    {len(told['twins'])} groups of images with the same pixels (`show --json` lists them)")
    return "\n".join(lines) + ("\n\n" + rounds_text(told["rounds"], told["classes"]) if told["rounds"] else "")


def rounds_text(rounds: Sequence[Mapping[str, Any]], classes: Sequence[str]) -> str:
    """The tables of rounds: what they cost and brought, how sure the last is, F1 per class, LNL's selection."""
    costs = table(ROUND_HEAD, [_round_row(entry) for entry in rounds])
    last, before = rounds[-1], rounds[-2] if len(rounds) > 1 else None
    if "interval" in last:
        costs += f"\n{scores.of_macro_f1(last, before)}; {scores.ANOTHER_TRAINING}."
    by_class = table(
        ("F1 (best)", *(f"r{entry['round']}" for entry in rounds), "since r0"),
        [
            (
                name,
                *(number(entry["f1"][name]) for entry in rounds),
                f"{last['f1'][name] - rounds[0]['f1'][name]:+.3f}",
            )
            for name in classes
        ],
    )
    return "\n\n".join([costs, by_class, *_selection_text(rounds[0])])


def _labeling(config: Mapping[str, Any]) -> list[str]:
    told = ["blind"] if config.get("blind") else []
    if config.get("repeat"):
        told.append(f"{config['repeat']:g} of each round shown twice")
    return [f"Labeling {', '.join(told)}"] if told else []


def _departures(config: Mapping[str, Any]) -> list[str]:
    return [f"Departs  as the authors' code does: {config['departures']}"] if config.get("departures") else []


def _list_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        row["name"],
        row["dataset"],
        number(row["noise"], 2),
        row["state"],
        f"{row['round']}/{row['rounds']}",
        f"{row['decided_total']}/{row['budget_total']}",
        number(row["macro_f1_best"]),
    )


def _round_row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    counts = (entry[name] for name in ("round", "decided_total", "shown", "confirmed", "changed", "skipped"))
    return (
        *map(str, counts),
        str(entry["free_corrections"]),
        str(entry["clean_size"]),
        number(entry["macro_f1"]["best"]),
        number(entry["macro_f1"]["last"]),
        duration(entry["seconds"]),
    )


def _selection_text(entry: Mapping[str, Any]) -> list[str]:
    selection = entry.get("selection")
    if selection is None:
        return []
    guess = "  ".join(f"{name} {number(_percent(share), 1)}" for name, share in selection["guess"].items())
    return [
        f"LNL's selection: precision {number(selection['precision'])}, recall {number(selection['recall'])}\n"
        f"Guess % per class: {guess}"
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
