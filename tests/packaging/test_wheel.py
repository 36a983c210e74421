"""What an installation consists of: everything that runs, and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from importlib.metadata import PathDistribution, packages_distributions
from pathlib import Path, PurePosixPath

import pytest

import toolkit
from tests.imports import PACKAGE, Moment, sources
from tests.packaging.conftest import ROOT, built

KINDS = {".py", ".json", ".j2", ".typed"}

# What a declared dependency brings along as part of its own interface.
BROUGHT = {"pydantic_core": "pydantic", "urllib3": "requests"}


@pytest.fixture(scope="session")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="session")
def distribution(installed: Path) -> PathDistribution:
    (metadata,) = installed.glob("*.dist-info")
    return PathDistribution(metadata)


def in_package(names: set[str]) -> set[str]:
    return {name for name in names if ".dist-info/" not in name}


def test_the_templates_travel_inside_the_package(names: set[str]) -> None:
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "templates").rglob("*.j2")}
    assert len(ours) > 1
    assert {f"{PACKAGE}/{name}" for name in ours} == {name for name in names if name.endswith(".j2")}


def test_every_module_every_table_and_the_mark_for_type_checkers_are_in(names: set[str]) -> None:
    modules = {f"{PACKAGE}/{source.path}" for source in sources()}
    tables = {path.relative_to(ROOT).as_posix() for path in (ROOT / PACKAGE / "data").glob("*.json")}
    assert tables
    assert modules | tables | {f"{PACKAGE}/py.typed"} <= names


def test_nothing_else_is_in(names: set[str]) -> None:
    """Tests, samples, caches and editors' leftovers stay at home, and nothing lands beside the package."""
    assert {PurePosixPath(name).parts[0] for name in in_package(names)} == {PACKAGE}
    assert {PurePosixPath(name).suffix for name in in_package(names)} == KINDS
    assert not {part for name in names for part in PurePosixPath(name).parts} & {"tests", "samples", "__pycache__"}


def test_the_licence_is_in(installed: Path) -> None:
    (licence,) = installed.glob("*.dist-info/licenses/LICENSE")
    assert licence.read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_version_is_the_packages_own(distribution: PathDistribution) -> None:
    assert (distribution.metadata["Name"], distribution.version) == ("unattend", toolkit.__version__)


def test_the_readme_is_what_the_package_index_shows(installed: Path) -> None:
    (metadata,) = installed.glob("*.dist-info/METADATA")
    shown = HeaderParser().parsestr(metadata.read_text(encoding="utf-8")).get_payload()
    assert shown == (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_library_that_the_product_loads_is_declared(distribution: PathDistribution) -> None:
    loaded = {found.top for module in sources() for found in module.imports if found.moment is not Moment.TYPING}
    foreign = {BROUGHT.get(name, name) for name in loaded - {PACKAGE, *sys.stdlib_module_names}}
    declared = {
        re.split(r"[<>=!~ ;\[]", line)[0].lower() for line in distribution.requires or () if "extra ==" not in line
    }
    known = packages_distributions()
    assert {known[name][0].lower() for name in foreign} == declared


def test_the_installed_command_runs(installed: Path, tmp_path: Path) -> None:
    """Through its entry point, as the script that pip writes does it."""
    code = """
import sys
from importlib.metadata import entry_points
(script,) = entry_points(group="console_scripts", name="unattend")
sys.argv[0] = "unattend"
sys.exit(script.load()())
"""
    ran = subprocess.run(
        [sys.executable, "-c", code, "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"unattend {toolkit.__version__}\n", "")


def test_the_source_distribution_can_be_tested_and_read(source_distribution: Path) -> None:
    for name in ("toolkit", "templates", "tests", "samples"):
        kept = {path.relative_to(source_distribution).as_posix() for path in (source_distribution / name).rglob("*")}
        ours = {path.relative_to(ROOT) for path in (ROOT / name).rglob("*") if path.is_file()}
        assert {path.as_posix() for path in ours if "__pycache__" not in path.parts} <= kept
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        assert (source_distribution / name).is_file()


def test_the_source_distribution_builds_the_same_wheel(
    source_distribution: Path, names: set[str], tmp_path: Path
) -> None:
    with zipfile.ZipFile(built("wheel", tmp_path, source_distribution)) as archive:
        assert set(archive.namelist()) == names
