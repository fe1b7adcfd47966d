"""Every script beside the package runs, at its smallest size."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.viewer import chromium

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    path.relative_to(ROOT)
    for folder in ("benchmarks", "docs")
    for path in (ROOT / folder).glob("*.py")
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8") and path.stem != "gpu"  # test_gpu.py
)


def run(script: Path, cache: Path, *options: object) -> str:
    """What the script prints, run from the root as its docstring says."""
    module = ".".join(script.with_suffix("").parts)
    done = subprocess.run(
        [sys.executable, "-m", module, *([] if script.stem == "make_reference" else ["--small"]), *map(str, options)],
        cwd=ROOT,
        env={**os.environ, "ALC_CACHE": str(cache), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", [path for path in SCRIPTS if path.parts[0] == "benchmarks"], ids=str)
def test_a_benchmark_prints_what_it_measured_as_json_lines(script: Path, tmp_path: Path) -> None:
    measured = [json.loads(line) for line in run(script, tmp_path).splitlines()]
    assert measured and all(isinstance(each, dict) and each for each in measured)


@pytest.mark.parametrize("script", [path for path in SCRIPTS if path.parts[0] == "docs"], ids=str)
def test_a_script_of_the_docs_writes_its_files_where_it_is_told(script: Path, tmp_path: Path) -> None:
    to = tmp_path / "docs"
    to.mkdir()
    run(script, tmp_path, "--to", to)
    written = {path.name for path in to.iterdir()}
    pictures = {path.name for path in (ROOT / "docs").iterdir() if path.suffix in (".svg", ".txt", ".png")}
    if not chromium.is_installed():
        pictures.remove("viewer.png")
    assert written == {"make_pictures": pictures, "make_reference": {"reference.md"}}[script.stem]
    assert all(path.stat().st_size > 0 for path in to.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "training.svg",
        pytest.param("viewer.png", marks=pytest.mark.skipif(not chromium.is_installed(), reason=chromium.MISSING)),
    ],
)
def test_one_picture_of_the_docs_can_be_made_alone(name: str, tmp_path: Path) -> None:
    to = tmp_path / "docs"
    to.mkdir()
    run(Path("docs/make_pictures.py"), tmp_path, "--to", to, "--only", name)
    assert [path.name for path in to.iterdir()] == [name]
    assert 0 < (to / name).stat().st_size <= 200_000
