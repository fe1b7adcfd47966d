"""Plans the remaining runs of a suite and estimates their duration. Does not create sessions or train. Checks data,
settings, backbone, and device in advance.
"""

from __future__ import annotations

import filecmp
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from alc_tui.bench.suites import Run
from alc_tui.bench.sweep.files import SweepFolder
from alc_tui.data.cache.pixels import OnProgress
from alc_tui.data.paths import UrlPath
from alc_tui.errors import AlcError, UsageError
from alc_tui.session import create, probe
from alc_tui.session.paths import weights_file
from alc_tui.session.settings.training_time import Estimate
from alc_tui.session.store.document import Document

DecodingProgress = Callable[[str, int, int], None]
"""Receives the data set, the number of images decoded so far, and their total."""


@dataclass(frozen=True)
class Job:
    """Runs that share an LNL and have no result yet. device: None if it is that of another machine. estimate: for the
    LNL and each round, None if unknown.

    samples: number of images of the session. root: the folder or file of the data, None if unknown.
    """

    runs: tuple[Run, ...]
    device: probe.DeviceProbe | None
    estimate: Estimate | None
    samples: int
    root: Path | None = None

    @property
    def data(self) -> set[Path]:
        """The folders and files that the job reads, as far as they are known."""
        config = self.runs[0].config
        files = [config.features, config.show_first, config.weights if "/" in config.weights else None]
        paths = [Path(file) for file in files if file]
        return {*paths, self.root} if self.root is not None and not isinstance(self.root, UrlPath) else set(paths)

    def with_runs(self, runs: Sequence[Run]) -> Job:
        """The same job with some of its runs."""
        return replace(self, runs=tuple(runs))

    @property
    def session(self) -> str:
        """The name of the session that does the LNL."""
        return self.runs[0].session


@dataclass(frozen=True)
class Failure:
    """A run without a result, and the reason."""

    run: Run
    reason: str


@dataclass
class SweepPlan:
    """The jobs, in order, and the runs that cannot be started."""

    jobs: list[Job] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def plan_sweep(
    runs: Sequence[Run],
    done: Collection[str],
    progress: DecodingProgress | None = None,
    *,
    is_local: bool = True,
) -> SweepPlan:
    """Plan the runs that have no result. done: ids of those that have one. is_local: whether this machine runs them.

    Each configuration is checked once for all its seeds, and each network is measured once if this machine runs it.
    """
    plan, checker = SweepPlan(), _Checker(progress, is_local)
    sharing: dict[str, list[Run]] = {}
    for run in runs:
        if run.id not in done:
            sharing.setdefault(run.session, []).append(run)
    for group in sharing.values():
        try:
            facts = checker.check(group[0].lnl_run)
        except AlcError as error:
            plan.failures += [Failure(run, str(error)) for run in group]
        except OSError as error:
            plan.failures += [Failure(run, f"{error.strerror}: {error.filename}") for run in group]
        else:
            plan.jobs.append(Job(tuple(group), *facts))
    return plan


def check_weights(runs: Sequence[Run], folder: SweepFolder) -> None:
    """Raise UsageError if a session of the sweep began with other weights than its runs name: ids of runs and names of
    sessions contain only the name of a weights file."""
    for run in {run.session: run for run in runs}.values():
        document, path = folder.job(run.session).session.document, weights_file(run.config)
        if path is None or not document.is_file():
            continue
        recorded = Path(Document(document).config.weights)
        if path != recorded and not _are_equal(path, recorded):
            raise UsageError(
                f"The suite {folder.path.name!r} has used the weights {recorded}, not {path}; rename the weights file "
                "or the suite to begin anew, or specify the former path."
            )


def _are_equal(path: Path, other: Path) -> bool:
    return path.is_file() and other.is_file() and filecmp.cmp(path, other, shallow=False)


_Facts = tuple[probe.DeviceProbe | None, Estimate | None, int, Path]
_ELSEWHERE = probe.DeviceProbe("another machine", None)


class _Checker:
    """Checks configurations and caches the outcomes, including failures."""

    def __init__(self, progress: DecodingProgress | None, is_local: bool) -> None:
        self._progress, self._is_local = progress, is_local
        self._probed: dict[tuple[object, ...], probe.DeviceProbe] = {}
        self._outcomes: dict[tuple[object, ...], _Facts | AlcError | OSError] = {}

    def check(self, run: Run) -> _Facts:
        family = tuple((name, value) for name, value in vars(run.config).items() if name != "seed")
        if family not in self._outcomes:
            try:
                self._outcomes[family] = self._facts(run)
            except (AlcError, OSError) as error:
                self._outcomes[family] = error
        outcome = self._outcomes[family]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _facts(self, run: Run) -> _Facts:
        config, origins = run.resolved
        device = self._device(run) if self._is_local else None
        draft = create.check(config, origins, self._decoding(config.dataset), device or _ELSEWHERE)
        return device, draft.estimate, len(draft.samples.ids), draft.dataset.root

    def _device(self, run: Run) -> probe.DeviceProbe:
        config, origins = run.resolved
        network = (
            *(config.backbone, config.weights, config.image_size, config.batch_size, config.device),
            *(config.is_frozen, config.head, config.features, origins["image_size"]),
        )
        if network not in self._probed:
            self._probed[network] = create.probe_device(config, origins)
        return self._probed[network]

    def _decoding(self, dataset: str) -> OnProgress | None:
        progress = self._progress
        return None if progress is None else lambda done, total: progress(dataset, done, total)
