"""Suites: the runs of a benchmark, read from a TOML file. Independent of results; does not run anything."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import blake2b
from itertools import product
from pathlib import Path
from typing import Any

from alc_tui.bench.engines.slurm_options import check_options
from alc_tui.data.dataset_names import DATASET_KINDS
from alc_tui.data.files.reading import read_whole
from alc_tui.data.paths import expand_home
from alc_tui.errors import UsageError
from alc_tui.session.labeling.oracles import parse_ground_truth
from alc_tui.session.settings.config import RETRAINING_SETTINGS, SETTINGS, Config
from alc_tui.session.settings.departures import NONE, ROUND_DEPARTURES
from alc_tui.session.settings.files import parse_toml
from alc_tui.session.settings.names import BOTH, MEAN, PAPER
from alc_tui.session.settings.renamed import current_names, original_names
from alc_tui.session.settings.resolution import as_text, resolve
from alc_tui.session.settings.setting import check_choice
from alc_tui.session.store.folder import NAME

SCHEMA = 1
"""Schema version of runs and results; part of every id."""
LOCAL_SETTINGS = ("data_root", "device")
"""Settings that determine where a run is executed, not what is run."""
LNL_SAMPLER = "random"
"""The sampler of the session whose LNL is shared by the other samplers (except for alc-ct)."""
AXES = ("seed", "dataset", "noise", "recipe", "method", "sampler")
"""The order in which a grid varies settings, slowest first; other settings come between recipe and method."""

_PROTOCOLS = Path(__file__).parent / "protocols"
_KEYS = ("about", "oracle", "settings", "grid", "slurm")


@dataclass(frozen=True)
class Run:
    """One session with an oracle. options: the settings specified in the suite; all others have preset or default
    values."""

    options: Mapping[str, Any]
    oracle: str = "gt"

    @cached_property
    def resolved(self) -> tuple[Config, dict[str, str]]:
        """The configuration and where each setting came from; the environment and `alc.toml` are ignored."""
        return resolve(self.options, {}, None)

    @property
    def config(self) -> Config:
        """The whole configuration."""
        return self.resolved[0]

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What a result depends on: the configuration without LOCAL_SETTINGS and implied values, and only the name of
        a weights file."""
        settings = {
            name: value
            for name, value in vars(self.config).items()
            if name not in LOCAL_SETTINGS and not SETTINGS[name].is_implied(value)
        }
        return settings | {"weights": Path(self.config.weights).name}

    @cached_property
    def id(self) -> str:
        """12 hexadecimal digits, a digest of the oracle and `settings`."""
        return _digest({"oracle": self.oracle, **self.settings})

    @property
    def lnl_run(self) -> Run:
        """The run whose session provides the LNL of this run, shared by all samplers and departures of the rounds."""
        config = self.config
        early = [name for name in config.active_departures if name not in ROUND_DEPARTURES]
        shared = {
            "recipe": PAPER,
            "method": config.method,
            "sampler": "joint" if config.method == "alc-ct" else LNL_SAMPLER,
            "departures": ",".join(early) or None,
            **{name: SETTINGS[name].default for name in RETRAINING_SETTINGS},
            "prediction": config.prediction,
        }
        if config.prediction == MEAN:
            shared["tune_peers"] = BOTH
        return Run({**self.options, **shared}, self.oracle)

    @property
    def replay_changes(self) -> dict[str, Any]:
        """The settings that the replay of that session changes."""
        config = self.config
        late = [name for name in config.active_departures if name in ROUND_DEPARTURES]
        retraining = {name: getattr(config, name) for name in RETRAINING_SETTINGS}
        return {"sampler": config.sampler, "departures": ",".join(late) or NONE, **retraining}

    @cached_property
    def session(self) -> str:
        """The name of that session, such as `ct-vog-s0-1f0c…`."""
        config, run = self.config, self.lnl_run
        return f"{config.method}-s{config.seed}-{_lnl_digest(tuple(run.options.items()), run.oracle)}"

    def at(self, *, device: str | None, data_root: str | None) -> Run:
        """The same run on another device or with another data root; None leaves the setting as it is."""
        where = {name: value for name, value in (("device", device), ("data_root", data_root)) if value is not None}
        return Run({**self.options, **where}, self.oracle) if where else self


@dataclass(frozen=True)
class Suite:
    """Runs under a name. published: whether they are the paper's runs, so that its published results are comparable.

    slurm: options of sbatch for its jobs.
    """

    name: str
    about: str
    runs: tuple[Run, ...]
    published: bool = False
    slurm: Mapping[str, str] = field(default_factory=dict)


def suite_names() -> tuple[str, ...]:
    """The suites that come with alc."""
    return tuple(sorted(path.stem for path in _PROTOCOLS.glob("*.toml")))


def find_suite(name: str) -> Suite:
    """The suite of this name, or of this TOML file; raises UsageError naming the file and the invalid key."""
    if not name.endswith(".toml"):
        check_choice("suite", name, (*suite_names(), "FILE.toml"))
        return _read(_PROTOCOLS / f"{name}.toml", f"suite {name}", published=name.endswith("-paper"))
    path = expand_home(Path(name))
    if path.stem in suite_names():
        raise UsageError(f"{path} has the name of a suite that comes with alc; rename the file.")
    if not NAME.fullmatch(path.stem):
        raise UsageError(
            f"{path} is not a valid suite name; rename the file, using only letters, digits, '.', '-', and '_'."
        )
    return _read(path, str(path), published=False)


def are_published(ids: Collection[str]) -> bool:
    """Whether all runs with these ids are those of the paper."""
    known = {run.id for name in suite_names() if (suite := find_suite(name)).published for run in suite.runs}
    return known.issuperset(ids)


def _read(path: Path, where: str, published: bool) -> Suite:
    try:
        content = parse_toml(read_whole(path))
    except FileNotFoundError as error:
        raise UsageError(
            f"Suite file {path} not found; the suites that come with alc are {', '.join(suite_names())}."
        ) from error
    except OSError as error:
        raise UsageError(f"{where} cannot be read ({error.strerror}); check the path.") from error
    except ValueError as error:
        raise UsageError(f"{where} is not valid TOML ({error}); correct it.") from error
    _check_keys(content, _KEYS, where)
    grids = content.get("grid", [])
    grids = [grids] if isinstance(grids, dict) else grids
    settings = content.get("settings", {})
    if not isinstance(settings, dict) or not isinstance(grids, list) or not all(isinstance(g, dict) for g in grids):
        raise UsageError(f"{where}: put settings under [settings], and each grid under [[grid]].")
    if not grids:
        raise UsageError(f"{where} has no [[grid]], so it has no runs; add one, for example with method and seed.")
    oracle = str(content.get("oracle", "gt"))
    _check_oracle(oracle, where)
    slurm = content.get("slurm", {})
    if not isinstance(slurm, dict):
        raise UsageError(f"{where}: put options of sbatch under [slurm].")
    fixed = {name: value for name, (value,) in _values(settings, f"[settings] of {where}").items()}
    runs = [run for grid in grids for run in _expand(fixed, _values(grid, f"[[grid]] of {where}"), oracle, where)]
    return Suite(
        path.stem,
        str(content.get("about", "")),
        _unique(sorted(runs, key=lambda run: run.config.seed), where),
        published,
        check_options(slurm, f"[slurm] of {where}"),
    )


def _unique(runs: Sequence[Run], where: str) -> tuple[Run, ...]:
    """The runs without repetitions; raises UsageError if two have the same id but not the same settings."""
    unique: dict[str, Run] = {}
    for run in runs:
        config, first = run.config, unique.setdefault(run.id, run).config
        for name in (*LOCAL_SETTINGS, "weights"):
            value, other = getattr(first, name), getattr(config, name)
            if value != other:
                tells = (
                    "tells weights files apart by name only; give them different names"
                    if name == "weights"
                    else f"does not depend on {name}; specify one value"
                )
                raise UsageError(
                    f"{where} has two runs that differ only in {name}: {value} and {other}. A result {tells}."
                )
    return tuple(unique.values())


def _values(table: Mapping[str, Any], where: str) -> dict[str, list[Any]]:
    """The values of each setting of a table, checked one by one; raises UsageError naming the setting."""
    table = current_names(table)
    _check_keys(table, tuple(SETTINGS), where)
    parsed: dict[str, list[Any]] = {}
    for name, value in table.items():
        values = value if isinstance(value, list) and not where.startswith("[settings]") else [value]
        if not values or any(isinstance(each, list | dict) for each in values):
            raise UsageError(f"{name} in {where} is {value!r}; specify a value or, in a grid, a list of values.")
        parsed[name] = [_parsed(name, each, f"{name} in {where}") for each in values]
    return parsed


def _parsed(name: str, value: Any, where: str) -> Any:
    parsed = SETTINGS[name].parse(as_text(value), where)
    if name == "dataset":
        check_choice(f"{where}:", str(parsed).partition(":")[0], DATASET_KINDS)
    return parsed


def _check_oracle(oracle: str, where: str) -> None:
    """Accept only gt and matrix: a session that does not exist yet has no journal."""
    kind, _, rest = oracle.partition(":")
    try:
        check_choice("oracle", kind, ("gt", "matrix"))
        if kind == "gt" and rest:
            parse_ground_truth(rest, {}, ("one", "another"), seed=0)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


def _check_keys(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in table:
        check_choice(f"key in {where}:", key, tuple(known))


def _expand(fixed: Mapping[str, Any], grid: Mapping[str, list[Any]], oracle: str, where: str) -> list[Run]:
    """Every combination of the grid's values; for the method clean, which does not rank samples, there is one run for
    all samplers."""
    last = AXES.index("method")
    order = [*AXES[:last], *(name for name in grid if name not in AXES), *AXES[last:]]
    axes = [name for name in order if name in grid]
    runs = []
    for point in product(*(grid[name] for name in axes)):
        options = {**fixed, **dict(zip(axes, point, strict=True))}
        if options.get("method") == "clean":
            options |= {"sampler": LNL_SAMPLER, "rounds": 0}
        run = Run(options, oracle)
        try:
            _ = run.resolved
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from error
        runs.append(run)
    return runs


@lru_cache(maxsize=1024)
def _lnl_digest(options: tuple[tuple[str, Any], ...], oracle: str) -> str:
    """The digest of the settings of an LNL, computed once for all samplers that share it."""
    return _digest(Run(dict(options), oracle).settings)


def _digest(value: Mapping[str, Any]) -> str:
    text = json.dumps({"schema": SCHEMA, **original_names(value)}, sort_keys=True)
    return blake2b(text.encode(), digest_size=6).hexdigest()
