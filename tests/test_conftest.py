"""The marks and flags that the other tests rely on, tried in a pytest of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peer import REQUIRED

ROOT = Path(__file__).parents[1]
ABSENT = "unattend-has-no-such-program"


def outcome(folder: Path, body: str, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run `body` as a test module under our conftest and settings; give pytest's exit code and summary."""
    (folder / "tests").mkdir()
    for name in ("pyproject.toml", "tests/conftest.py", "tests/peer.py"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / "tests" / "test_it.py").write_text(f"import os, pytest\n{body}\n", encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if name != REQUIRED}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**inherited, "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout


def peer_test(program: str | tuple[str, ...], name: str = "wine") -> str:
    return f"@pytest.mark.peer(name={name!r}, program={program!r})\ndef test_it(): pass"


def test_a_test_whose_program_is_there_runs_even_where_peers_are_required(tmp_path: Path) -> None:
    python = Path(sys.executable)
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    code, told = outcome(tmp_path, peer_test(python.name), PATH=path, **{REQUIRED: "1"})
    assert (code, "1 passed" in told) == (0, True), told


@pytest.mark.parametrize("required", [{}, {REQUIRED: ""}])
def test_a_test_whose_program_is_absent_is_skipped_with_the_reason(tmp_path: Path, required: dict[str, str]) -> None:
    code, told = outcome(tmp_path, peer_test(ABSENT), **required)
    assert code == 0
    assert f"wine is not installed (apt-get install {ABSENT})" in told
    assert "1 skipped" in told


def test_a_test_whose_program_is_absent_fails_where_peers_are_required(tmp_path: Path) -> None:
    code, told = outcome(tmp_path, peer_test(ABSENT), **{REQUIRED: "1"})
    assert code == 1
    assert f"wine is not installed (apt-get install {ABSENT}), and {REQUIRED} is set" in told
    assert "1 passed" not in told


def test_every_program_of_a_peer_is_needed_and_packages_are_named_once(tmp_path: Path) -> None:
    python = Path(sys.executable).name
    body = peer_test((python, "mcopy", "mdir"), name="mtools")
    code, told = outcome(tmp_path, body, PATH=str(Path(sys.executable).parent))
    assert code == 0
    assert "mtools is not installed (apt-get install mtools)" in told


def test_an_absent_program_is_noticed_before_a_fixture_wants_to_start_it(tmp_path: Path) -> None:
    fixture = "@pytest.fixture(scope='session')\ndef guest(): raise OSError('no such program')\n"
    body = fixture + peer_test(ABSENT).replace("test_it()", "test_it(guest)")
    code, told = outcome(tmp_path, body)
    assert (code, "1 skipped" in told) == (0, True), told


@pytest.mark.parametrize(("arguments", "wanted"), [((), False), (("--regenerate",), True)])
def test_the_flag_that_rewrites_golden_files_reaches_the_tests(
    tmp_path: Path, *, arguments: tuple[str, ...], wanted: bool
) -> None:
    code, told = outcome(tmp_path, f"def test_it(regenerate): assert regenerate is {wanted}", *arguments)
    assert code == 0, told


def test_tests_see_neither_the_developers_colours_nor_dates_nor_passwords(tmp_path: Path) -> None:
    body = """
def test_it():
    assert os.environ["NO_COLOR"]
    assert os.environ.keys().isdisjoint({"SOURCE_DATE_EPOCH", "UNATTEND_WINRM_PASSWORD"})
    assert os.environ["LANG"] == "tlh"
"""
    code, told = outcome(tmp_path, body, LANG="tlh", SOURCE_DATE_EPOCH="1", UNATTEND_WINRM_PASSWORD="secret")
    assert code == 0, told
