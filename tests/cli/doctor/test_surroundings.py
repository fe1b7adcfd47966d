from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.cli.doctor import surroundings
from alc_tui.cli.doctor.surroundings import check_load, check_locale, check_modules, check_variables


@pytest.mark.parametrize(
    ("preferred", "of_names", "verdict"),
    [
        ("UTF-8", "utf-8", "ok"),
        ("utf8", "utf-8", "ok"),
        ("ISO-8859-1", "iso8859-1", "warn"),
        ("UTF-8", "ascii", "warn"),
        ("cp1252", "utf-8", "warn"),
    ],
)
def test_a_locale_that_is_not_utf_8_may_hide_images(preferred: str, of_names: str, verdict: str) -> None:
    check = check_locale(preferred, of_names)
    assert check.verdict == verdict and ("export LC_ALL=C.UTF-8" in check.advice) == (verdict == "warn")


def test_modules_that_shadow_pythons_or_installed_ones_are_named(tmp_path: Path) -> None:
    assert check_modules(tmp_path, {"torch"}, is_searched=True).verdict == "ok"
    for name in ("notes.py", "random.txt"):
        (tmp_path / name).touch()
    for name in ("json", "triton"):
        (tmp_path / name).mkdir()
    assert check_modules(tmp_path, {"torch"}, is_searched=True).verdict == "ok"
    (tmp_path / "triton" / "__init__.py").touch()
    (tmp_path / "random.py").touch()
    assert check_modules(tmp_path, {"torch"}, is_searched=False).found.startswith(f"random.py in {tmp_path}: ")
    check = check_modules(tmp_path, {"triton"}, is_searched=False)
    assert check.verdict == "warn" and check.found.startswith(f"random.py, triton in {tmp_path}: ")
    check = check_modules(tmp_path, {"triton"}, is_searched=True)
    assert check.verdict == "bad" and "PYTHONPATH" in check.advice


def test_a_folder_full_of_them_is_told_in_one_line(tmp_path: Path) -> None:
    for name in ("ast", "json", "os", "random", "re", "select", "sys"):
        (tmp_path / f"{name}.py").touch()
    assert "re.py and 2 more in" in check_modules(tmp_path, (), is_searched=False).found


def test_the_modules_of_this_package_are_installed_ones() -> None:
    assert {"numpy", "torch", "textual"} <= surroundings.installed_modules()


@pytest.mark.parametrize("path", ["/srv/data", "~/data", ""])
def test_absolute_variables_are_well(path: str) -> None:
    assert check_variables({"ALC_SESSIONS": path, "PYTHONPATH": "/srv/python"}).verdict == "ok"


@pytest.mark.parametrize(
    "environment", [{"ALC_CACHE": "cache"}, {"ALC_SESSIONS": "../store"}, {"PYTHONPATH": ":/srv"}, {"PYTHONPATH": "."}]
)
def test_a_variable_that_depends_on_the_working_folder_is_named(environment: dict[str, str]) -> None:
    ((name, value),) = environment.items()
    check = check_variables(environment)
    assert check.verdict == "warn" and f"{name}={value}" in check.found and "absolute" in check.advice


@pytest.mark.parametrize(
    ("load", "cores", "verdict"), [(0.0, 2, "ok"), (0.9, 2, "ok"), (1.0, 2, "warn"), (9, 1, "warn")]
)
def test_a_busy_machine_is_told(load: float, cores: int, verdict: str) -> None:
    check = check_load(load, cores)
    assert check.verdict == verdict and check.found.startswith(f"load {load:.1f} on {cores} core")
    assert ("estimates are uncertain" in check.advice) == (verdict == "warn")
