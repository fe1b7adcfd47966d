"""Exports the cleaned labels of a session, who decided them and when, and their provenance."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from alc_tui import __version__
from alc_tui.data.files import write_atomically
from alc_tui.errors import UsageError
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.renamed import all_names
from alc_tui.session.store.journal import LABEL, Decision
from alc_tui.session.store.typed_json import encode

KEPT, NOISY, CONFIRMED, CHANGED = "kept", "noisy", "confirmed", "changed"
CLEAN = (KEPT, CONFIRMED, CHANGED)


@dataclass(frozen=True)
class ExportRow:
    """One training sample. status: `kept` (undecided, in LNL's clean set), `noisy` (undecided, not in it), `confirmed`,
    `changed`, or the kind of a verdict without a label: `skip`, `flag`, `exclude`. who, when, round: of the verdict."""

    id: str
    given: str
    final: str
    status: str
    who: str = ""
    when: str = ""
    round: str = ""


def rows(service: SessionService) -> list[ExportRow]:
    """The training samples with their final labels; an undecided sample keeps its given label."""
    samples, classes = service.samples, service.classes
    clean = service.round_arrays(0).clean if service.rounds else None
    verdicts = service.verdicts()
    table = []
    for local, position in enumerate(samples.train):
        sample, given = str(samples.ids[position]), classes[samples.given[position]]
        verdict = verdicts.get(sample)
        if verdict is not None:
            table.append(_decided(sample, given, verdict))
        else:
            status = KEPT if clean is not None and clean[local] else NOISY
            table.append(ExportRow(sample, given, given, status))
    return table


def counts(table: list[ExportRow]) -> dict[str, int]:
    """The number of rows by status."""
    return dict(Counter(row.status for row in table))


def write_csv(service: SessionService, table: list[ExportRow], path: Path) -> list[Path]:
    """Write the table and, next to it, `<name>.provenance.json`; returns both paths.

    Raises UsageError if the file exists and is not an earlier export, OSError if it cannot be written.
    """
    sidecar = path.with_name(f"{path.stem}.provenance.json")
    if path.exists() and not sidecar.exists():
        raise UsageError(f"{path} exists and is not an earlier export; specify another --to.")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(ExportRow)])
    writer.writerows(list(asdict(row).values()) for row in table)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.getvalue().encode(errors="surrogateescape")  # preserve the bytes of file names
    write_atomically(path, lambda file: file.write(content))
    _write_provenance(service, table, sidecar)
    return [path, sidecar]


def links(service: SessionService, table: list[ExportRow], folder: Path) -> dict[Path, Path]:
    """Map each link to its image file: one folder per class in `folder`, for images with clean labels.

    Raises UsageError if the folder is not empty, if the images have no separate files, or if some are missing.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder; specify another --to.")
    images = service.images()
    position_of = {str(service.samples.ids[p]): int(p) for p in service.samples.train}
    folders = _folder_names(service.classes)
    taken: set[Path] = set()
    link_targets: dict[Path, Path] = {}
    missing: list[Path] = []
    for row in table:
        if row.status not in CLEAN:
            continue
        source = images.path(position_of[row.id])
        if source is None:
            raise UsageError(
                f"The images of {service.config.dataset} have no files to link to; export --format csv instead."
            )
        if not source.is_file():
            missing.append(source)
        link_targets[_free(folder / folders[row.final] / _plain(row.id, source.suffix), taken)] = source.absolute()
    if missing:
        raise UsageError(
            f"{len(missing):,} of {len(link_targets):,} images to link to are not in {service.data_root}, such as "
            f"{missing[0].name!r}; specify the folder that holds them now with --data-root."
        )
    return link_targets


def write_links(service: SessionService, table: list[ExportRow], folder: Path, links: Mapping[Path, Path]) -> None:
    """Create the links from `links`, and `provenance.json` next to them. Raises OSError if this fails."""
    folder.mkdir(parents=True, exist_ok=True)
    for link, image in links.items():
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(image)
    _write_provenance(service, table, folder / "provenance.json")


def provenance(service: SessionService, table: list[ExportRow]) -> dict[str, Any]:
    """The provenance of the labels: session, data, configuration, journal, counts."""
    journal = service.folder.journal
    content = journal.read_bytes() if journal.exists() else b""
    return {
        "alc_version": __version__,
        "session": service.folder.name,
        "created": service.record.created,
        "dataset": encode(service.record.dataset),
        "classes": list(service.classes),
        "config": all_names(service.config.as_dict()),
        "rounds_finished": len(service.rounds),
        "journal_sha256": hashlib.sha256(content).hexdigest(),
        "counts": counts(table),
    }


def _write_provenance(service: SessionService, table: list[ExportRow], path: Path) -> None:
    content = json.dumps(provenance(service, table), indent=1).encode()
    write_atomically(path, lambda file: file.write(content))


def _decided(sample: str, given: str, verdict: Decision) -> ExportRow:
    final = str(verdict.label) if verdict.kind == LABEL else given
    status = (CONFIRMED if final == given else CHANGED) if verdict.kind == LABEL else verdict.kind
    return ExportRow(sample, given, final, status, verdict.annotator, verdict.at, str(verdict.round))


def _folder_names(classes: tuple[str, ...]) -> dict[str, str]:
    """A unique folder name for each class, whatever its name."""
    taken: set[Path] = set()
    return {name: _free(Path(_plain(name)), taken).name for name in classes}


def _plain(name: str, suffix: str = "") -> str:
    plain = re.sub(r"[^\w.-]+", "_", name).strip(".") or "_"
    return plain if plain.lower().endswith(suffix.lower()) else plain + suffix


def _free(path: Path, taken: set[Path]) -> Path:
    number, free = 1, path
    while free in taken:
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    taken.add(free)
    return free
