"""The computer's name, owner and time zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.answerfile.contribution import SHELL, Contribution, Pass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give the name and the zone in specialize, where both are valid on every release."""
    yield Contribution(Pass.SPECIALIZE, SHELL, "computer.xml.j2", {"computer": guest.computer})
