"""The scenario of Packer's documentation, with Packer: from the sample's own medium to a build that ends well."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from toolkit.files import NamedFile
from toolkit.media.pack import Medium, contents, pack
from toolkit.simulator.firstboot import first_boot
from toolkit.simulator.server import SimulatedGuest

SAMPLE = Path(__file__).parents[2] / "samples" / "packer-docs"
ON_FLOPPY = ("Autounattend.xml", "winrmConfig.bat")


@pytest.mark.peer(name="Packer", program="packer")
def test_packer_builds_on_the_guest_that_the_documented_floppy_opens(tmp_path: Path) -> None:
    files = [NamedFile(name, (SAMPLE / "output" / name).read_bytes()) for name in ON_FLOPPY]
    floppy = pack(files, tmp_path / "floppy.img", Medium.FLOPPY).path
    state = first_boot(contents(floppy)).state
    assert state is not None
    settings = tomllib.loads((SAMPLE / "unattend.toml").read_text(encoding="utf-8"))["communicator"]
    with SimulatedGuest(state) as guest:
        builder = {"type": "null", **settings, "winrm_host": "127.0.0.1", "winrm_port": guest.port}
        provisioner = {"type": "shell-local", "inline": ["echo provisioned"]}
        template = tmp_path / "build.json"
        template.write_text(json.dumps({"builders": [builder], "provisioners": [provisioner]}), encoding="utf-8")
        ran = subprocess.run(
            ["packer", "build", "-color=false", str(template)],
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "PACKER_CONFIG_DIR": str(tmp_path), "CHECKPOINT_DISABLE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
    assert "Connected to WinRM!" in ran.stdout, ran.stdout + ran.stderr
    assert "provisioned" in ran.stdout, ran.stdout
    assert ran.returncode == 0
