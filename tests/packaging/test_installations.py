"""The templates are found wherever the package came from: a wheel, a checkout, an editable installation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT

_RENDER = """
import json, os, site, sys
sys.path.insert(0, sys.argv[1])  # before the project itself, which the tests may run in an installation of
site.addsitedir(sys.argv[1])  # as Python does for site-packages, with its .pth files
from toolkit.render.starter import starter
from toolkit.render.templating import templates_folder
print(json.dumps({"folder": os.fspath(templates_folder()), "text": starter("server-2022", None)}))
"""


@dataclass(frozen=True, slots=True)
class Rendered:
    folder: Path
    text: str


def rendered(site: Path, away: Path) -> Rendered:
    """Render a template in a Python that knows the toolkit through `site` alone, from a folder that is not ours."""
    hidden = {"PYTHONPATH", "PYTHONHOME"}
    ran = subprocess.run(
        [sys.executable, "-c", _RENDER, str(site)],
        cwd=away,
        env={name: value for name, value in os.environ.items() if name not in hidden},
        capture_output=True,
        check=True,
    )
    answer = json.loads(ran.stdout)
    return Rendered(Path(answer["folder"]), answer["text"])


@pytest.mark.parametrize("kind", ["installed", "editable", "checkout"])
def test_a_template_is_found(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    site = ROOT if kind == "checkout" else Path(request.getfixturevalue(kind))
    there = site / "toolkit" / "templates" if kind == "installed" else ROOT / "templates"
    found = rendered(site, tmp_path)
    assert found.folder.resolve() == there.resolve()
    assert '[windows]\nrelease = "server-2022"\n' in found.text


def test_every_installation_renders_the_same(installed: Path, editable: Path, tmp_path: Path) -> None:
    assert len({rendered(site, tmp_path).text for site in (installed, editable, ROOT)}) == 1
