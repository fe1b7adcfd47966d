"""What of a suite is to be done, and about how long it will take. Makes no session and trains nothing.

Everything is checked that can be before the first training: data, settings, backbone, device.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from alc_tui.bench.suites import Run
from alc_tui.data.cache.pixels import OnProgress
from alc_tui.errors import AlcError
from alc_tui.session import create, probe
from alc_tui.session.settings.forecast import Estimate

Progress = Callable[[str, int, int], None]
"""Hears of decoded images: of which data set, done, total."""


@dataclass(frozen=True)
class Job:
    """Runs that share their LNL, still to be done. estimate: of the LNL and of each round; None if not known.

    samples: how many images the session has.
    """

    runs: tuple[Run, ...]
    probed: probe.DeviceProbe
    estimate: Estimate | None
    samples: int

    @property
    def session(self) -> str:
        """The name of the session that does the LNL."""
        return self.runs[0].session


@dataclass(frozen=True)
class Failure:
    """A run that could not be done, and why."""

    run: Run
    why: str


@dataclass
class Plan:
    """What to do, in order, and what cannot be done."""

    jobs: list[Job] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def make(runs: Sequence[Run], done: Collection[str], progress: Progress | None = None) -> Plan:
    """The jobs that are missing. done: ids of the runs that have results.

    Each configuration is checked once for all its seeds, and each network is measured once.
    """
    plan, looking = Plan(), _Looking(progress)
    sharing: dict[str, list[Run]] = {}
    for run in runs:
        if run.id not in done:
            sharing.setdefault(run.session, []).append(run)
    for group in sharing.values():
        try:
            found = looking.at(group[0].learning)
        except AlcError as error:
            plan.failures += [Failure(run, str(error)) for run in group]
        except OSError as error:
            plan.failures += [Failure(run, f"{error.strerror}: {error.filename}") for run in group]
        else:
            plan.jobs.append(Job(tuple(group), *found))
    return plan


_Found = tuple[probe.DeviceProbe, Estimate | None, int]


class _Looking:
    """Checks configurations and remembers what it found, failures too."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._probed: dict[tuple[object, ...], probe.DeviceProbe] = {}
        self._found: dict[tuple[object, ...], _Found | AlcError | OSError] = {}

    def at(self, run: Run) -> _Found:
        family = tuple((name, value) for name, value in run.config.as_dict().items() if name != "seed")
        if family not in self._found:
            try:
                self._found[family] = self._look(run)
            except (AlcError, OSError) as error:
                self._found[family] = error
        found = self._found[family]
        if isinstance(found, Exception):
            raise found
        return found

    def _look(self, run: Run) -> _Found:
        config, origins = run.resolved
        network = (config.backbone, config.weights, config.image_size, config.batch_size, config.device)
        if network not in self._probed:
            self._probed[network] = probe.probe_device(config)
        probed = self._probed[network]
        checked = create.check(config, origins, self._decoding(config.dataset), probed)
        return probed, checked.estimate, len(checked.samples.ids)

    def _decoding(self, dataset: str) -> OnProgress | None:
        hear = self._progress
        return None if hear is None else lambda done, total: hear(dataset, done, total)
