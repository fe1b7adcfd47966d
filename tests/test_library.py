"""The face of the library: `import alc_tui` offers every public name and imports next to nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import alc_tui as alc

HEAVY = ("torch", "torchvision", "pandas", "numpy", "textual", "typer", "sklearn", "PIL")


def loaded_after(code: str) -> set[str]:
    """Which of the heavy packages a fresh interpreter has loaded after `code`."""
    tell = f"\nimport sys\nprint(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code + tell], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_no_heavy_library() -> None:
    assert loaded_after("import alc_tui") == set()


@pytest.mark.parametrize("name", ["rank", "inject_noise", "open_session", "Session", "SAMPLERS"])
def test_what_trains_nothing_needs_no_torch(name: str) -> None:
    assert "torch" not in loaded_after(f"from alc_tui import {name}")


def test_every_public_name_can_be_imported_and_is_documented() -> None:
    for name in alc.__all__:
        value = getattr(alc, name)
        assert name.startswith("__") or isinstance(value, dict | tuple) or value.__doc__


def test_editors_and_type_checkers_see_the_names_that_are_imported_lazily() -> None:
    lines = re.findall(r"^    from (\S+) import (\w+) as \2$", Path(str(alc.__file__)).read_text(), re.M)
    assert {name: module for module, name in lines} == alc._MODULES
    assert {*alc.__all__, *dir(alc)} == {*alc._MODULES, "__version__"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'ranks'"):
        _ = alc.ranks


def test_an_invalid_argument_is_a_value_error_with_the_exit_code_of_wrong_usage() -> None:
    assert issubclass(alc.UsageError, ValueError)
    assert issubclass(alc.UsageError, alc.AlcError)
    assert alc.UsageError.exit_code == 2
