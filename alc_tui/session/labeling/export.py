"""Exports the cleaned labels of a session, who decided them and when, and their provenance."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

from alc_tui import __version__
from alc_tui.data.files.atomic import UNSUPPORTED, flush_to_disk, rename, write_atomically
from alc_tui.data.files.shared import make_folder
from alc_tui.data.files.temporary import clear_abandoned, remove, temporary_sibling
from alc_tui.errors import UsageError
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.renamed import all_names
from alc_tui.session.store.journal import LABEL, Decision
from alc_tui.session.store.typed_json import encode

KEPT, NOISY, CONFIRMED, CHANGED = "kept", "noisy", "confirmed", "changed"
CLEAN = (KEPT, CONFIRMED, CHANGED)
_PROVENANCE = "provenance.json"
_NO_LINKS = UNSUPPORTED | {errno.EPERM}


@dataclass(frozen=True)
class ExportRow:
    """One training sample. status: `kept` (undecided, in the clean set), `noisy` (undecided, not in it), `confirmed`,
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
    # With alc-ct, each round selects a clean set of its own.
    number = service.rounds[-1].round if service.rounds and service.config.method == "alc-ct" else 0
    clean = service.round_arrays(number).clean if service.rounds else None
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


def check_csv(path: Path, replace: bool = False) -> None:
    """Raise UsageError if there is a file at `path`, unless it is an earlier export that may be replaced."""
    if not path.exists():
        return
    if not is_csv_export(path):
        raise UsageError(f"{path} exists and is not an earlier export; specify another --to.")
    if not replace:
        raise UsageError(f"{path} exists; specify another --to, or replace it with --force.")


def write_csv(service: SessionService, table: list[ExportRow], path: Path, replace: bool = False) -> list[Path]:
    """Write the table and, next to it, `<name>.provenance.json`; returns both paths.

    Raises UsageError as `check_csv` does, OSError if they cannot be written; then what was there before still is.
    """
    check_csv(path, replace)
    sidecar, text = _sidecar(path), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(ExportRow)])
    writer.writerows(list(asdict(row).values()) for row in table)
    content = text.getvalue().encode(errors="surrogateescape")  # preserve the bytes of file names
    is_first = not sidecar.exists()

    def write(file: BinaryIO) -> None:
        file.write(content)
        file.flush()
        flush_to_disk(file.fileno())
        _write_provenance(service, table, sidecar)  # first, so that no table is without it

    make_folder(path.parent)
    clear_abandoned(path.parent)
    try:
        write_atomically(path, write)
    except OSError:
        if is_first:
            remove(sidecar)
        raise
    return [path, sidecar]


def check_folder(folder: Path, replace: bool = False) -> None:
    """Raise UsageError if `folder` is not empty, unless it is an earlier export that may be replaced."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / _PROVENANCE).is_file():
        raise UsageError(f"{folder} is not an empty folder; specify another --to.")
    if not replace:
        raise UsageError(f"{folder} exists; specify another --to, or replace it with --force.")


def links(service: SessionService, table: list[ExportRow], folder: Path) -> dict[Path, Path]:
    """Map each link to its image file: one folder per class in `folder`, for images with clean labels.

    Raises UsageError if the images have no separate files, or if some are missing.
    """
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


def write_links(
    service: SessionService,
    table: list[ExportRow],
    folder: Path,
    links: Mapping[Path, Path],
    replace: bool = False,
) -> bool:
    """Create the folder with the links from `links`, and `provenance.json` next to them; returns False if its file
    system has no links, so that it holds copies.

    Raises UsageError as `check_folder` does, OSError if the folder cannot be written; then what was there before still
    is.
    """
    check_folder(folder, replace)
    target = folder.resolve()
    make_folder(target.parent)
    clear_abandoned(target.parent)
    hidden = temporary_sibling(target)
    try:
        make_folder(hidden)
        are_links = True
        for link, image in links.items():
            path = hidden / link.relative_to(folder)
            make_folder(path.parent)
            are_links = _link(image, path, are_links)
        _write_provenance(service, table, hidden / _PROVENANCE)
        _put_in_place(hidden, target)
    except BaseException:
        remove(hidden)
        raise
    return are_links


def _link(image: Path, path: Path, try_link: bool) -> bool:
    """Link to an image or, where there are no links, copy it; returns whether it is a link."""
    if try_link:
        try:
            path.symlink_to(image)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise OSError(error.errno, error.strerror, str(path)) from error
        else:
            return True
    shutil.copyfile(image, path)
    return False


def _put_in_place(hidden: Path, target: Path) -> None:
    """Rename the finished folder to `target`; an earlier one is moved out of its way and then removed."""
    if not target.exists() or not any(target.iterdir()):
        rename(hidden, target)
        return
    former = temporary_sibling(target)
    rename(target, former)
    try:
        rename(hidden, target)
    except OSError:
        rename(former, target)
        raise
    remove(former)


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


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{path.stem}.provenance.json")


def is_csv_export(path: Path) -> bool:
    """Whether the file has its provenance or, if an export was interrupted before writing it, the header of one."""
    if not path.is_file():
        return False
    header = ",".join(field.name for field in fields(ExportRow)).encode() + b"\n"
    with suppress(OSError), path.open("rb") as file:
        return _sidecar(path).is_file() or file.read(len(header)) == header
    return False


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
