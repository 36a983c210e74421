"""Secrets in the spec: where each comes from, and getting it from there."""

from __future__ import annotations

import string
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BeforeValidator, InstanceOf, WithJsonSchema

from toolkit.errors import ToolkitError, UnreadableError
from toolkit.private import keep, kept
from toolkit.secret import Secret, first_line
from toolkit.spec.document import COMMAND_LINE, dotted
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from toolkit.spec.places import KeyPath
    from toolkit.spec.section import Findings

STORE = "secrets.json"
_RANDOM_LENGTH = 24
_LONGEST = 127  # Windows' logon interfaces stop there (dockur/windows limits the same way)


class Kind(StrEnum):
    TEXT = "text"
    ENV = "env"
    FILE = "file"
    PROMPT = "prompt"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, repr=False)
class SecretSource:
    """Where a secret comes from; `detail` is the text itself, the variable or the path."""

    kind: Kind
    detail: str

    def __repr__(self) -> str:
        return f"SecretSource({self.kind})"


def _source(value: Any) -> SecretSource:
    if isinstance(value, str):
        return SecretSource(Kind.TEXT, value)
    if isinstance(value, dict) and len(value) == 1:
        [(key, detail)] = value.items()
        if key in (Kind.ENV, Kind.FILE) and isinstance(detail, str) and detail:
            return SecretSource(Kind(key), detail)
        if key in (Kind.PROMPT, Kind.RANDOM) and detail is True:
            return SecretSource(Kind(key), "")
    raise ValueError(
        'must be a string or one of { env = "NAME" }, { file = "PATH" }, { prompt = true }, { random = true }'
    )


def _table(key: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {key: value}, "required": [key], "additionalProperties": False}


_SCHEMA = {
    "oneOf": [
        {"type": "string"},
        _table("env", {"type": "string", "description": "name of an environment variable"}),
        _table("file", {"type": "string", "description": "file whose first line is the secret"}),
        _table("prompt", {"const": True}),
        _table("random", {"const": True, "description": "made once and kept beside the output"}),
    ]
}

SecretField: TypeAlias = Annotated[InstanceOf[SecretSource], BeforeValidator(_source), WithJsonSchema(_SCHEMA)]


@dataclass
class Vault:
    """Gets secrets from the outside world, which is handed in: environment, prompt, and the folder of random ones.

    `ask` is None where nobody can be asked. Random secrets are made once and kept in `folder` for every later command;
    commands that come after the guest was made set `may_make` to False, since a new secret would open nothing.
    """

    environment: Mapping[str, str] = field(repr=False)
    ask: Callable[[str], str] | None
    folder: Path
    may_make: bool = True
    given: Mapping[str, Secret] = field(default_factory=dict)  # by dotted key; these need not be got

    def secret(self, source: SecretSource, path: KeyPath, findings: Findings) -> Secret | None:
        """Give the secret, or None after adding to `findings` what is wrong with it.

        Raises UnreadableError where the folder of random secrets is what is wrong: that is no fault of the spec.
        """
        if dotted(path) in self.given:
            return self.given[dotted(path)]
        try:
            value = self._value(source, path, findings)
        except ToolkitError as err:
            if source.kind is Kind.RANDOM and isinstance(err, UnreadableError):
                raise
            findings.error(path, f"{dotted(path)}: {err.message}", help=err.help, rule="secret")
            return None
        fault = _fault(value)
        if fault:
            findings.error(path, f"{dotted(path)} {fault}", rule="secret")
            return None
        return Secret(value)

    def _value(self, source: SecretSource, path: KeyPath, findings: Findings) -> str:
        match source.kind:
            case Kind.TEXT:
                if findings.document.layer(path).name == COMMAND_LINE:
                    raise ToolkitError(
                        "a secret on the command line can be read by every user of this machine",
                        help='Set it to { env = "NAME" } or { file = "PATH" } instead.',
                    )
                return source.detail
            case Kind.ENV:
                return self._from_environment(source.detail)
            case Kind.FILE:
                return first_line(findings.document.layer(path).folder / source.detail)
            case Kind.PROMPT:
                return self._from_prompt(path)
            case Kind.RANDOM:
                return self._random(dotted(path))

    def _from_environment(self, name: str) -> str:
        if name not in self.environment:
            raise ToolkitError(
                f"the environment variable {name} is not set", help=f"Set it first: export {name}=...  (or use a file)"
            )
        return self.environment[name]

    def _from_prompt(self, path: KeyPath) -> str:
        if self.ask is None:
            raise ToolkitError(
                "it is to be asked for, but there is no terminal to ask on",
                help='Run this in a terminal, or use { env = "NAME" } or { file = "PATH" }.',
            )
        return self.ask(f"{dotted(path)}: ")

    def _random(self, key: str) -> str:
        known = kept(self.folder, STORE)
        if key not in known and not self.may_make:
            raise ToolkitError(
                f"it is random, and {self.folder} holds none that was made for a guest",
                help="Run `unattend generate` first, or name its output folder with -o.",
            )
        if key not in known:
            known[key] = random_password()
            keep(self.folder, STORE, known)
        return known[key]


def random_password() -> str:
    """Make a password that Windows' complexity rule accepts and that no shell, batch file or template can mangle."""
    import secrets  # noqa: PLC0415  (loads the cryptographic modules, and most specs make no secret)

    alphabet = string.ascii_letters + string.digits
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(_RANDOM_LENGTH))
        if all(
            any(c in kind for c in password) for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits)
        ):
            return password


def _fault(value: str) -> str | None:
    if not value:
        return "is empty: Windows lets nobody in over the network with an empty password"
    size = len(value.encode("utf-16-le", "surrogatepass")) // 2
    if size > _LONGEST:
        return f"is {size} characters long; Windows takes {_LONGEST} at most"
    if any(
        ord(character) < 32 or 127 <= ord(character) < 160 or 0xD800 <= ord(character) < 0xE000 for character in value
    ):
        return "holds a control character (a line end or a tab, perhaps), which nobody can type and XML cannot hold"
    return None
