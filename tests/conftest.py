"""What every test stands on: real programs asked for by mark, golden files rewritten by flag, a clean environment."""

from __future__ import annotations

import pytest

from tests.peer import Peer, go_without


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="rewrite the golden files; review them as code")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look for a test's peers before any fixture starts one."""
    for mark in item.iter_markers("peer"):
        peer = _peer(*mark.args, **mark.kwargs)
        if peer.missing:
            go_without(peer.reason)


def _peer(name: str, program: str | tuple[str, ...]) -> Peer:
    return Peer(name, (program,) if isinstance(program, str) else tuple(program))


@pytest.fixture
def regenerate(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten instead of compared."""
    return bool(request.config.getoption("--regenerate"))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own colours, dates, passwords and proxies out of the results."""
    monkeypatch.setenv("NO_COLOR", "1")
    proxies = [f"{scheme}_proxy" for scheme in ("http", "https", "all", "no")]
    for name in ("SOURCE_DATE_EPOCH", "UNATTEND_WINRM_PASSWORD", *proxies, *map(str.upper, proxies)):
        monkeypatch.delenv(name, raising=False)
