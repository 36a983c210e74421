"""What the README shows of the three commands is what they print. `--regenerate` writes it there."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tests.cli.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Unattend

README = ROOT / "README.md"
SPEC = re.compile(r"A small one:\n\n```toml\n(?P<spec>.*?)```", re.DOTALL)
SHOWN = re.compile(r"(?<=```console\n)\$ unattend generate\n.*?(?=```)", re.DOTALL)


def test_the_readme_shows_what_generate_and_pack_iso_print(
    folder: Path, unattend: Unattend, *, regenerate: bool
) -> None:
    text = README.read_text(encoding="utf-8")
    spec, shown = SPEC.search(text), SHOWN.search(text)
    assert spec is not None
    assert shown is not None
    (folder / "unattend.toml").write_text(spec["spec"], encoding="utf-8")

    printed = "\n".join(
        f"$ unattend {command}\n{done.out}{done.err}"
        for command in ("generate", "pack-iso")
        if (done := unattend(command, WINRM_PASSWORD="Passw0rd-12345")).code == 0
    ).replace(os.sep, "/")

    if regenerate:
        README.write_text(text.replace(shown[0], printed), encoding="utf-8")
    else:
        assert printed == shown[0]
