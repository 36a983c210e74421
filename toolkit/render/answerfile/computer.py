"""The computer's name, owner, time zone, and the key that activates it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.answerfile.contribution import SHELL, Contribution, Pass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest, Windows


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give the name and the zone in specialize, where both are valid on every release.

    A key of the user's own stands here too: in windowsPE a key picks the image, and the reference of
    Shell-Setup/ProductKey says that a multiple activation key must be given here.
    """
    data = {"computer": guest.computer, "own_key": _own_key(guest.windows)}
    yield Contribution(Pass.SPECIALIZE, SHELL, "computer.xml.j2", data)


def _own_key(windows: Windows) -> str | None:
    """Give the key that is meant to activate: the user's, and none of those that are published."""
    published = any(windows.product_key in edition.keys for edition in windows.release.editions.values())
    return None if published else windows.product_key
