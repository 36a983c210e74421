"""One Wine guest for all tests of a session: making a prefix takes longer than any test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import WineGuest, wine_guest
from tests.peers.wine.medium import Medium

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WineGuest]:
    with wine_guest(tmp_path_factory.mktemp("wine")) as guest:
        yield guest


@pytest.fixture
def windows(wine: WineGuest) -> WineGuest:
    """Give the guest as if freshly installed."""
    wine.clean()
    return wine


@pytest.fixture
def medium(windows: WineGuest, tmp_path: Path) -> Medium:
    return Medium(windows, tmp_path / "medium")
