"""The rung between name and port: whether an HTTP proxy stands between, by the environment or by its own answers."""

from __future__ import annotations

import ipaddress
from dataclasses import field
from typing import TYPE_CHECKING

from toolkit.communicators.errors import ProxyError
from toolkit.communicators.proxy import Proxy, read_proxy, speaks_itself
from toolkit.values import dataclass
from toolkit.verify import remedy, tcp
from toolkit.verify.proxy_refusal import refusal, unknown_kind, unreachable
from toolkit.verify.remedy import because, failed
from toolkit.verify.rung import Failure, Rung, RungError, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from toolkit.communicators.endpoint import Endpoint
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
    def proxy(self) -> Proxy | None:
        return read_proxy(self.variable, self.url)

    @property
    def shown(self) -> str:
        """The variable and its host, without any credentials."""
        if not self.variable:
            return ""
        return self.proxy.shown if self.proxy else f"{self.variable} ({_scheme(self.url)})"


def read_environment(variables: Mapping[str, str], *, ssl: bool) -> Environment:
    """Find the proxy that other clients would take: Packer, requests and so pywinrm follow these variables.

    As in urllib's getproxies, a variable in lower case hides its twin, and hides it also where it is empty.
    """
    scheme = "https" if ssl else "http"
    excluded = _first(variables, "no_proxy")[1]
    names = tuple(part for part in excluded.replace(" ", "").split(",") if part)
    for name in (f"{scheme}_proxy", "all_proxy"):
        variable, url = _first(variables, name)
        if url:
            return Environment(variable, url, names)
    return Environment(excluded=names)


def _first(variables: Mapping[str, str], name: str) -> tuple[str, str]:
    return next(((key, variables[key]) for key in (name, name.upper()) if key in variables), ("", ""))


def choose(environment: Environment, endpoint: Endpoint, addresses: Sequence[Address]) -> Proxy | None:
    """Decide whether the environment's proxy is used. Raises RungError for one that cannot be.

    A guest with any address that the whole world does not reach is never looked for through a proxy.
    """
    if not environment.variable or excepted(environment, endpoint) or not _public(addresses):
        return None
    if environment.proxy is None:
        raise RungError(unknown_kind(environment.shown, endpoint.authority))
    return environment.proxy


def find(proxy: Proxy, place: str, resolve: Callable[[str, int], tuple[Address, ...]], timeout: float) -> Address:
    """Give the proxy's address that accepts connections. Raises RungError where none does."""
    try:
        connection, address = tcp.connect(resolve(proxy.host, proxy.port), timeout)
    except RungError as err:
        raise RungError(unreachable(proxy.shown, (err.failure.what, *err.failure.evidence), place)) from err
    connection.close()
    return address


def sentence(environment: Environment, endpoint: Endpoint, addresses: Sequence[Address], used: Proxy | None) -> str:
    """Say how the guest is reached, and whom that goes through or around."""
    if used is not None:
        return f"the guest has a public address, so {used.shown} is used: everything goes through it"
    if not environment.variable:
        return "no proxy is set; the guest is reached directly"
    if excepted(environment, endpoint):
        return f"NO_PROXY excepts {endpoint.host} from {environment.shown}"
    kind = "a private" if len(addresses) == 1 else "at least one private"
    return f"{environment.shown} is set, and not used: the guest has {kind} address, and is reached directly"


def taken_by_others(environment: Environment, endpoint: Endpoint) -> str:
    """Name the proxy that other clients take where this one goes around it; empty where none is in their way.

    Clients that follow the variables do so for private addresses too (hashicorp/packer#7420, diyan/pywinrm#386).
    """
    if endpoint.proxy is not None or not environment.variable or excepted(environment, endpoint):
        return ""
    return environment.shown


def excepted(environment: Environment, endpoint: Endpoint) -> bool:
    """Tell whether NO_PROXY names the guest, by requests' rules: networks, addresses, or names and all below them."""
    host, names = endpoint.host.casefold(), environment.excluded
    if names == ("*",):
        return True
    bare = tuple(name.lstrip(".").casefold() for name in names)
    if any(name == host or host.endswith(f".{name}") for name in bare if name):
        return True
    if _is_ipv4(host):
        return any(_within(host, name) for name in bare)
    with_port = f"{host}:{endpoint.port}"
    return any(name == with_port or with_port.endswith(f".{name}") for name in bare)


def traces(answer: Answer) -> tuple[str, ...]:
    """Find what speaks for a proxy in an answer that is not WinRM's."""
    found = [f"{name}: {value}" for name in _TRACES if (value := answer.header(name))]
    server = answer.header("Server")
    if any(name in server.casefold() for name in _NAMES):
        found.append(f"Server: {server}")
    return tuple(found)


def intercepted(answer: Answer, endpoint: Endpoint, environment: Environment) -> Failure | None:
    """Recognise a proxy that answers in the guest's place (hashicorp/packer#7420, diyan/pywinrm#386)."""
    seen, place = traces(answer), endpoint.authority
    if (relay := endpoint.relay) and speaks_itself(answer.status, answer.header("Server")):
        return refusal(ProxyError(relay.shown, answer.status, answer.reason), place, seen)
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


def _public(addresses: Sequence[Address]) -> bool:
    return bool(addresses) and all(_is_global(str(address)) for address in addresses)


def _is_global(text: str) -> bool:
    try:
        known = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return ((known.ipv4_mapped if known.version == 6 else None) or known).is_global


def _is_ipv4(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 4
    except ValueError:
        return False


def _within(host: str, name: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False


def _scheme(url: str) -> str:
    return url.partition("://")[0] if "://" in url else "no address"
