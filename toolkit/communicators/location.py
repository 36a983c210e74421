"""Where a guest is, as people write it: a name, an address, with or without scheme and port."""

from __future__ import annotations

import ipaddress
import re

from toolkit.errors import UsageError
from toolkit.numbers import unsigned
from toolkit.values import dataclass

PATH = "/wsman"
HTTP_PORT = 5985
HTTPS_PORT = 5986
_PORT_DIGITS = 5

_FORMS = "Write host, host:port, [IPv6]:port or http(s)://host[:port]/wsman."
_SCHEMES = {"http": False, "https": True}
# Underscores are not legal in DNS but are in NetBIOS names, and resolvers take them.
_NAME = re.compile(r"[^\W_](?:[\w.-]{0,252}[\w.])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Location:
    """What a user's text says of a guest's place. `port` and `ssl` are None where it does not say."""

    host: str
    port: int | None = None
    ssl: bool | None = None


def default_port(*, ssl: bool) -> int:
    """Name WinRM's own port (since WinRM 2.0; 80 and 443 before)."""
    return HTTPS_PORT if ssl else HTTP_PORT


def bracketed(host: str) -> str:
    """Spell `host` as a URL does: an IPv6 address in brackets, the `%` of its zone as `%25` (RFC 6874)."""
    if ":" not in host:
        return host
    address, percent, zone = host.partition("%")
    return f"[{address}%25{zone}]" if percent else f"[{address}]"


def host_field(host: str, port: int) -> str:
    """Give what a request's Host says: a zone is this host's own affair, and stays here (RFC 6874, 4)."""
    return f"{bracketed(host.partition('%')[0])}:{port}"


def parse_host(text: str) -> Location:
    """Read `host`, `host:port`, `[v6]:port`, a bare IPv6 address or a URL. Raises UsageError saying what is wrong."""
    scheme, rest = _split_scheme(text.strip())
    authority, slash, path = rest.partition("/")
    if "@" in rest:  # anywhere: a password may hold a slash
        # Not quoted back: what stands before the @ may well be a password.
        raise UsageError("The address holds a user name or a password.", help="Give them by their own options.")
    if slash and scheme is None:
        raise UsageError(
            f"{text!r} is not the address of a guest: a path needs http:// or https:// before it", help=_FORMS
        )
    if path.rstrip("/") not in ("", PATH.strip("/")):
        raise UsageError(
            f"{text!r} has the path /{path}, but WinRM answers at {PATH}", help="Leave the path out, or write /wsman."
        )
    host, port = _split_port(authority, text)
    return Location(checked_host(host, text), port, None if scheme is None else _SCHEMES[scheme])


def checked_port(port: int) -> int:
    """Give `port` back. Raises UsageError where TCP has no such port."""
    if not 1 <= port <= 65535:
        raise UsageError(f"{port} is not a port", help="Ports go from 1 to 65535; WinRM's are 5985 and 5986 (TLS).")
    return port


def _split_scheme(text: str) -> tuple[str | None, str]:
    scheme, mark, rest = text.partition("://")
    if not mark:
        return None, text
    if scheme.lower() not in _SCHEMES:
        raise UsageError(f"{scheme}:// is not a way to reach WinRM", help=_FORMS)
    return scheme.lower(), rest


def _split_port(authority: str, text: str) -> tuple[str, int | None]:
    if authority.startswith("["):
        host, bracket, rest = authority[1:].partition("]")
        if not bracket or ":" not in host or (rest and not rest.startswith(":")):
            raise UsageError(f"{text!r} does not close its [IPv6] address in the right place", help=_FORMS)
        return host, _port(rest[1:], text) if rest else None
    if authority.count(":") > 1:
        return authority, None
    host, colon, port = authority.partition(":")
    return host, _port(port, text) if colon else None


def _port(digits: str, text: str) -> int:
    port = unsigned(digits, _PORT_DIGITS)
    if port is None:
        raise UsageError(f"{digits!r} in {text!r} is not a port", help=_FORMS)
    return checked_port(port)


def checked_host(host: str, text: str) -> str:
    """Give a name, or an address, as ASCII. Raises UsageError, quoting `text`, where it is none."""
    if not host:
        raise UsageError(f"{text!r} names no host", help=_FORMS)
    if ":" in host:
        return _checked_ipv6(host.replace("%25", "%", 1), text)
    name = _ascii_name(host, text)
    if not _NAME.fullmatch(name):
        raise UsageError(f"{host!r} is neither a host name nor an address", help=_FORMS)
    return name


def _checked_ipv6(host: str, text: str) -> str:
    try:
        ipaddress.IPv6Address(host)
    except ValueError as err:
        raise UsageError(f"{text!r} is not an IPv6 address, nor a host and a port", help=_FORMS) from err
    if not re.fullmatch(r"[^%]*(?:%[\w.~-]+)?", host, re.ASCII):
        raise UsageError(f"{text!r} has a zone that a URL cannot carry", help=_FORMS)
    return host


def _ascii_name(host: str, text: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as err:
        raise UsageError(f"{text!r} is not a host name: {err}", help=_FORMS) from err
