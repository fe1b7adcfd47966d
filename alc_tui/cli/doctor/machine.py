"""Machine checks: installed packages, the device torch would use, cores, and memory. Does not import torch."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from alc_tui import __version__
from alc_tui.cli.doctor.answers import ask
from alc_tui.cli.doctor.check import BAD, OK, WARN, Check
from alc_tui.cli.output import size
from alc_tui.cores import available_cores
from alc_tui.interpreter import module_command
from alc_tui.text.format import counted

PACKAGES = ("textual", "torch", "torchvision")
IMPORT_SECONDS = 90.0
"""How long torch may take to load and test the devices; on a slow network disk, it takes half a minute."""
LOW_MEMORY = 4 * 10**9
_PROBE = tuple(module_command("alc_tui.model.probing.devices"))
_CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")


def check_versions(packages: tuple[str, ...] = PACKAGES) -> Check:
    """The installed versions, read from the metadata of the packages."""
    found, missing = [f"alc {__version__}", f"Python {platform.python_version()}"], []
    for package in packages:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            found.append(f"no {package}")
            missing.append(package)
    if missing:
        advice = f"Run `pip install {' '.join(missing)}` in the environment of `alc`."
        return Check("versions", BAD, ", ".join(found), advice)
    return Check("versions", OK, ", ".join(found))


def check_device(command: tuple[str, ...] = _PROBE, seconds: float = IMPORT_SECONDS) -> Check:
    """The device that training would use, tested in a process that imports torch."""
    try:
        answer = ask(command, seconds)
    except subprocess.TimeoutExpired:
        advice = "Try again (the first import is the slowest), or install `alc` on a local disk."
        return Check("device", BAD, f"torch was not loaded within {seconds:.0f} s", advice)
    except ValueError as error:
        advice = "Run `python -c 'import torch, torchvision'` for details; install matching builds of the two."
        return Check("device", BAD, f"torch cannot be used: {error}", advice)
    return evaluate_device(answer, has_nvidia=shutil.which("nvidia-smi") is not None)


def evaluate_device(answer: dict[str, Any], has_nvidia: bool) -> Check:
    """answer: that of `alc_tui.model.probing.devices`. has_nvidia: whether the driver of an NVIDIA GPU is installed."""
    broken = [gpu for gpu in answer["gpus"] if gpu["error"]]
    if broken:
        found = f"{broken[0]['name']} fails a test computation: {broken[0]['error']}"
        advice = "Install the build of torch that pytorch.org lists for this GPU, or train with --device cpu."
        return Check("device", BAD, found, advice)
    if answer["gpus"]:
        memory = "; ".join(f"{size(gpu['free'])} of {size(gpu['memory'])} free" for gpu in answer["gpus"])
        return Check("device", OK, f"{answer['chosen']}, {memory}")
    if not answer["chosen"].startswith("cpu"):
        return Check("device", OK, answer["chosen"])
    if has_nvidia:
        build = f"is built for CUDA {answer['cuda']}" if answer["cuda"] else "is a build without CUDA"
        warning = f" ({answer['warnings'][0].splitlines()[0]})" if answer["warnings"] else ""
        advice = "`nvidia-smi` shows the CUDA version of the driver; install a build of torch for it or an older one."
        return Check("device", WARN, f"{answer['chosen']}, because torch {build} and finds no GPU{warning}", advice)
    advice = "Labeling does not require a GPU; without one, training on a large data set takes hours to days."
    return Check("device", WARN, f"{answer['chosen']}, no GPU", advice)


def check_computer() -> Check:
    """Cores and memory that this process may use."""
    cores = available_cores()
    memory = _memory()
    found = f"{counted(cores, 'core')}, {size(memory)} memory"
    if memory < LOW_MEMORY:
        return Check("computer", WARN, found, f"Training may need {size(LOW_MEMORY)}; close other programs first.")
    return Check("computer", OK, found)


def _memory() -> int:
    """Bytes of memory, or the container's limit."""
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    allowed = _CGROUP_MEMORY.read_text().strip() if _CGROUP_MEMORY.exists() else "max"
    return min(there, int(allowed)) if allowed.isdigit() else there


def check_machine() -> list[Check]:
    """All machine checks."""
    return [check_versions(), check_device(), check_computer()]
