"""What verification is to do beyond the ladder."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.checks.check import Settings

if TYPE_CHECKING:
    from toolkit.verify.consumer import Client


class Expect(StrEnum):
    """`ready`: the guest serves its client. `closed`: a finished image lets nobody in."""

    READY = "ready"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Options:
    """`checks` names the checks to run on a guest that is ready, with all they need; none runs none.

    `client` is the program as which the guest is to be met besides. `settings` say how far the checks go.
    """

    checks: tuple[str, ...] = ()
    client: Client | None = None
    expect: Expect = Expect.READY
    settings: Settings = field(default_factory=Settings)
