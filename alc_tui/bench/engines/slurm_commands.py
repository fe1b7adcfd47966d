"""What the commands of SLURM say about jobs and nodes. They work without SLURM's accounting."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Mapping

from alc_tui.bench.engines.engine import Phase, TaskState
from alc_tui.errors import AlcError, UsageError

_WAITING = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT")
_LOST = ("BOOT_FAIL", "NODE_FAIL", "PREEMPTED", "REVOKED", "TIMEOUT")
_REASONS = ("JobLaunchFailure", "NodeDown")
_USELESS = ("down", "drain", "fail", "maint", "unk", "power", "reboot", "no_respond")


def task_states(ids: Collection[str]) -> dict[str, TaskState]:
    """The states of jobs, by squeue for those in the queue and by scontrol for others; raises UsageError if SLURM's
    commands are not on this machine."""
    try:
        lines = ask("squeue", "-h", "-r", "--me", "-o", "%i|%T|%N|%r").splitlines()
    except UsageError:
        raise
    except AlcError:  # a controller that restarts keeps its jobs
        return dict.fromkeys(ids, TaskState(Phase.RUNNING, "SLURM does not answer", is_known=False))
    queued = {line.split("|")[0]: line.split("|")[1:] for line in lines}
    return {id_: _queued(*queued[id_]) if id_ in queued else _ended(id_) for id_ in ids}


def _queued(state: str, node: str, reason: str) -> TaskState:
    return TaskState(Phase.WAITING, reason) if state in _WAITING else TaskState(Phase.RUNNING, node)


def _ended(id_: str) -> TaskState:
    try:
        facts = dict(word.partition("=")[::2] for word in ask("scontrol", "show", "job", "-o", id_).split())
    except AlcError:
        return TaskState(Phase.ENDED, "and SLURM has forgotten how")
    state = facts.get("JobState", "UNKNOWN")
    code, _, number = facts.get("ExitCode", "0:0").partition(":")
    how = f"by signal {number}" if number != "0" else f"with exit code {code}"
    is_lost = state in _LOST or facts.get("Reason") in _REASONS
    return TaskState(Phase.ENDED, f"{how} ({state.lower()} on {facts.get('NodeList')})", is_lost=is_lost)


def ask(*command: str) -> str:
    """The output of a command of SLURM; raises AlcError if it fails, UsageError if it is not on this machine."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no {command[0]} on this machine; run this on a login node of your cluster."
        ) from error
    except subprocess.CalledProcessError as error:
        raise AlcError(f"SLURM's {command[0]} failed: {error.stderr.strip()}; correct that, then try again.") from error
    except subprocess.TimeoutExpired as error:
        raise AlcError(f"SLURM's {command[0]} does not answer; try again later.") from error
    return done.stdout


def useful_nodes(options: Mapping[str, str]) -> list[str]:
    """The nodes that could run a job with these options of sbatch: without a partition, those of the default one."""
    partition = options.get("partition") or os.environ.get("SBATCH_PARTITION")
    words = [f"--partition={partition}"] if partition else []
    rows = [line.split("|") for line in ask("sinfo", "-h", "-N", "-o", "%N|%T|%P", *words).splitlines()]
    if not partition and any(row[2].endswith("*") for row in rows):
        rows = [row for row in rows if row[2].endswith("*")]
    names = dict.fromkeys(name for name, state, _ in rows if _is_useful(state))
    chosen, excluded = (_names(options.get(option)) for option in ("nodelist", "exclude"))
    return [name for name in names if name not in excluded and (not chosen or name in chosen)]


def array_size() -> int:
    """How many tasks an array may have."""
    try:
        found = re.search(r"MaxArraySize\s*=\s*(\d+)", ask("scontrol", "show", "config"))
    except AlcError:
        found = None
    return max(1, int(found[1]) - 1) if found else 1000


def _names(expression: str | None) -> list[str]:
    """The nodes that an expression such as `gpu[1-4]` names."""
    return ask("scontrol", "show", "hostnames", expression).split() if expression else []


def _is_useful(state: str) -> bool:
    return not any(word in state.lower() for word in _USELESS) and not state.endswith("*")
