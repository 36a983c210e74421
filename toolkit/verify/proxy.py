"""Second rung: whether an HTTP proxy stands between, by the environment's choice or by its own answers."""

from __future__ import annotations

import ipaddress
import urllib.parse
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from toolkit.verify import remedy
from toolkit.verify.remedy import because, failed
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from toolkit.verify.exchange import Answer
    from toolkit.verify.name import Address

# Headers that only something between client and server writes (RFC 9110, 7.6.3, and what the common ones add).
_TRACES = (
    "Via",
    "X-Squid-Error",
    "Proxy-Authenticate",
    "Proxy-Connection",
    "X-Cache",
    "X-Zscaler-Error",
    "X-BlueCoat-Error",
)
_PROXY_STATUS = {403, 407, 502, 503, 504}
_NAMES = (
    "squid",
    "zscaler",
    "bluecoat",
    "proxy",
    "mcafee",
    "websense",
    "forcepoint",
    "tinyproxy",
    "privoxy",
    "varnish",
)


@dataclass(frozen=True, slots=True)
class Environment:
    """What this host's environment says about proxies. `variable` is the one that names the proxy, if any."""

    variable: str = ""
    url: str = field(default="", repr=False)  # may hold a password
    excluded: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The variable and its host, without any credentials."""
        parts = urllib.parse.urlsplit(self.url if "://" in self.url else f"//{self.url}")
        return (
            f"{self.variable}={parts.hostname or '?'}{f':{parts.port}' if parts.port else ''}" if self.variable else ""
        )


def read_environment(variables: Mapping[str, str], *, ssl: bool) -> Environment:
    """Find the proxy that other clients would take: Packer and pywinrm both follow these variables."""
    scheme = "https" if ssl else "http"
    excluded = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
    names = tuple(part.strip() for part in excluded.split(",") if part.strip())
    for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY"):
        if url := variables.get(name):
            return Environment(name, url, names)
    return Environment(excluded=names)


def sentence(environment: Environment, host: str, addresses: Sequence[Address]) -> str:
    """Say how the guest is reached: always directly, and whom that goes around."""
    if not environment.variable:
        return "no proxy is set; the guest is reached directly"
    if any(_excluded(name, host) for name in environment.excluded):
        return f"NO_PROXY excepts {host} from {environment.shown}"
    kind = "private" if all(_private(address) for address in addresses) else "public"
    return f"{environment.shown} is set, and not used: the guest is reached directly at its {kind} address"


def traces(answer: Answer) -> tuple[str, ...]:
    """Find what speaks for a proxy in an answer that is not WinRM's."""
    found = [f"{name}: {value}" for name in _TRACES if (value := answer.header(name))]
    server = answer.header("Server")
    if any(name in server.casefold() for name in _NAMES):
        found.append(f"Server: {server}")
    return tuple(found)


def intercepted(answer: Answer, place: str, environment: Environment) -> Failure | None:
    """Recognise a proxy that answers in the guest's place (hashicorp/packer#7420, diyan/pywinrm#386)."""
    seen = traces(answer)
    if answer.status != 407 and not (seen and answer.status in _PROXY_STATUS):
        return None
    doing = (
        "wants a logon of its own (407)"
        if answer.status == 407
        else f"answers {answer.status} {answer.reason}".rstrip()
    )
    return failed(
        Rung.PROXY,
        "proxy-answered",
        Verdict.FATAL,
        f"An HTTP proxy answers in the place of {place}, and {doing}.",
        evidence=(f"HTTP status: {answer.status} {answer.reason}".rstrip(), *seen, environment.shown),
        causes=(
            because("Something between this host and the guest takes its connections over", *seen),
            "The address is the proxy's own, or a port forward leads to it.",
        ),
        remedies=(remedy.NO_PROXY, remedy.PORT),
    )


def _private(address: Address) -> bool:
    try:
        known = ipaddress.ip_address(str(address).partition("%")[0])
    except ValueError:
        return False
    return known.is_private or known.is_loopback or known.is_link_local


def _excluded(name: str, host: str) -> bool:
    bare = name.lstrip("*").lstrip(".").casefold()
    return name == "*" or host.casefold() == bare or host.casefold().endswith(f".{bare}")
