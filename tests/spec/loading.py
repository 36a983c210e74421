"""Specs as text, for tests: loaded as `unattend` loads them, with the outside world handed in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from toolkit.errors import SpecError
from toolkit.spec.document import read_document
from toolkit.spec.load import load_guest
from toolkit.spec.secrets import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from toolkit.problems import Problem
    from toolkit.spec.guest import Guest
    from toolkit.spec.load import Loaded

NOWHERE = Path(__file__) / "nowhere"  # below a file, where nobody can make a folder

WINDOWS = '[windows]\nrelease = "server-2022"\n'
WINRM = '[communicator]\ncommunicator = "winrm"\nwinrm_username = "packer"\nwinrm_password = "Passw0rd!"\n'
NONE = '[communicator]\ncommunicator = "none"\n'
SMALLEST = WINDOWS + WINRM


def loaded(
    text: str,
    settings: Sequence[str] = (),
    *,
    environment: Mapping[str, str] | None = None,
    ask: Callable[[str], str] | None = None,
    folder: Path = NOWHERE,
) -> Loaded:
    vault = Vault(environment or {}, ask, folder)
    return load_guest(read_document(Path("-"), settings, stdin=text), vault)


def guest_of(text: str, settings: Sequence[str] = (), *, environment: Mapping[str, str] | None = None) -> Guest:
    return loaded(text, settings, environment=environment).guest


def refused(text: str, settings: Sequence[str] = (), *, environment: Mapping[str, str] | None = None) -> list[Problem]:
    """Give the errors for which the spec is refused, in the order in which they are shown."""
    with pytest.raises(SpecError) as refusal:
        loaded(text, settings, environment=environment)
    return [problem for problem in refusal.value.problems if problem.severity == "error"]


def errors(text: str, settings: Sequence[str] = ()) -> list[str]:
    """Give the errors as `line:column message`."""
    found = refused(text, settings)
    return [f"{problem.place.line}:{problem.place.column} {problem.message}" for problem in found]


def warnings(text: str) -> list[str]:
    return [problem.message for problem in loaded(text).warnings]
