"""The accounts of one guest in the file that pyspnego's NTLM acceptor reads."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import UsageError
from toolkit.files import PRIVATE
from toolkit.simulator.md4 import nt_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.simulator.state import GuestState, LocalUser

_VARIABLE = "NTLM_USER_FILE"
_NO_LM_HASH = "0" * 32
_FORBIDDEN = frozenset('"/\\[]:|<>+=;,?*%@')  # MicrosoftDocs: characters that a local account's name may not have

# pyspnego finds its file by an environment variable, which all guests of the process share: one at a time, for the
# microseconds that a step of a handshake takes.
_TURN = threading.Lock()


class CredentialStore:
    """A private file of NT hashes, so that any password does, for as long as the guest runs."""

    def __init__(self, state: GuestState) -> None:
        lines = [line for user in state.users for line in _lines(user, _domains(state))]
        self._folder = tempfile.TemporaryDirectory(prefix="unattend-guest-")
        self._file = Path(self._folder.name) / "accounts"
        self._file.touch(mode=PRIVATE)
        self._file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Let pyspnego's acceptor read this guest's accounts inside the block, and leave the environment as it was."""
        with _TURN:
            before = os.environ.get(_VARIABLE)
            os.environ[_VARIABLE] = str(self._file)
            try:
                yield
            finally:
                if before is None:
                    del os.environ[_VARIABLE]
                else:
                    os.environ[_VARIABLE] = before

    def close(self) -> None:
        self._folder.cleanup()


def _lines(user: LocalUser, domains: tuple[str, ...]) -> Iterator[str]:
    """Write the smbpasswd form, which has no place where a colon in a password could do harm.

    An account without a password gets no line: Windows refuses its network logons (LimitBlankPasswordUse).
    """
    if not user.name.isprintable() or _FORBIDDEN & set(user.name):
        raise UsageError(
            f'"{user.name}" cannot be the name of a Windows account',
            help='Leave out " / \\ [ ] : | < > + = ; , ? * % @.',
        )
    if not user.password.reveal():
        return
    digest = nt_hash(user.password.reveal()).hex().upper()
    for domain in domains:
        yield f"{domain}{user.name}:1000:{_NO_LM_HASH}:{digest}:[U]:LCT-00000000"


def _domains(state: GuestState) -> tuple[str, ...]:
    """Give the prefixes that clients send for a local account.

    None, the guest's name, a dot, the default workgroup, and what pyspnego's challenge calls itself: Go clients answer
    with the challenge's target name.
    """
    names = (state.host_name, ".", "WORKGROUP", "WORKSTATION", socket.gethostname())
    return ("", *(f"{name}\\" for name in dict.fromkeys(name.upper() for name in names)))
