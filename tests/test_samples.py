"""The samples are the golden files: each spec's output stands beside it, and is reviewed as code.

`pytest tests/test_samples.py --regenerate` rewrites them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from toolkit.render.generate import generated
from toolkit.spec.document import read_document
from toolkit.spec.load import load_guest
from toolkit.spec.secrets import Vault

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = sorted(path.name for path in SAMPLES.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_gives_the_output_beside_it(name: str, tmp_path: Path, *, regenerate: bool) -> None:
    spec = SAMPLES / name / "unattend.toml"
    guest = load_guest(read_document(spec), Vault({}, None, tmp_path)).guest
    files = {file.name: file.data for file in generated(guest)}
    golden = SAMPLES / name / "output"
    if regenerate:
        shutil.rmtree(golden, ignore_errors=True)
        for file_name, data in files.items():
            target = golden / file_name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    kept = {path.relative_to(golden).as_posix(): path.read_bytes() for path in golden.rglob("*") if path.is_file()}
    assert kept == files


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_stays_short_enough_to_read(name: str) -> None:
    text = (SAMPLES / name / "unattend.toml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 30


def test_the_packer_docs_sample_is_the_documented_form() -> None:
    folder = SAMPLES / "packer-docs" / "output"
    answer_file = (folder / "Autounattend.xml").read_text(encoding="ascii")
    entry = "\n".join(line.strip() for line in answer_file.splitlines()).partition(r"cmd.exe /c a:\winrmConfig.bat")
    assert entry[0].endswith("<CommandLine>")
    assert entry[2].startswith(
        "</CommandLine>\n<Description>Configure WinRM</Description>\n<Order>3</Order>\n"
        "<RequiresUserInput>true</RequiresUserInput>\n"
    )
    lines = (folder / "winrmConfig.bat").read_text(encoding="ascii").splitlines()
    assert [line for line in lines if line and not line.startswith(("rem", "@echo"))] == [
        "cmd.exe /c winrm quickconfig -q",
        'cmd.exe /c winrm set winrm/config/service @{AllowUnencrypted="true"}',
        'cmd.exe /c winrm set winrm/config/service/auth @{Basic="true"}',
        'cmd.exe /c netsh advfirewall firewall set rule group="remote administration" new enable=yes',
        "cmd.exe /c net stop winrm",
        "cmd.exe /c net start winrm",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_holds_no_line_end_but_crlf(name: str) -> None:
    for file in ("Autounattend.xml", "winrmConfig.bat"):
        path = SAMPLES / name / "output" / file
        if path.exists():
            data = path.read_bytes()
            assert data.count(b"\r\n") == data.count(b"\n")
            assert data.isascii()


def test_git_leaves_the_line_ends_of_the_goldens_alone() -> None:
    attributes = (SAMPLES.parent / ".gitattributes").read_text(encoding="ascii")
    assert "samples/*/output/** -text" in attributes.splitlines()
