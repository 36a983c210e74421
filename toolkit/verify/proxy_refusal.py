"""What is wrong where a proxy that is used on the way to the guest does not do what it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.verify import remedy
from toolkit.verify.remedy import Remedy, because, failed
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.communicators.errors import ProxyError

_CLIENT_ERRORS = range(400, 500)


def refusal(error: ProxyError, place: str, evidence: Sequence[str] = ()) -> Failure:
    """Judge what the proxy answered in place of the guest at `place` (host and port)."""
    seen = (error.message, *evidence)
    around = _around(place)
    match error.status:
        case 407:
            return _wants_logon(error.proxy, place, seen, around)
        case 0:
            return _unfit(error.proxy, place, seen, around)
        case status if status in _CLIENT_ERRORS:
            return failed(
                Rung.PROXY,
                "proxy-forbids",
                Verdict.FATAL,
                f"The proxy of {error.proxy} lets nobody through to {place}.",
                evidence=seen,
                causes=(
                    because("Its rules forbid the address or the port", error.message),
                    "Many proxies lead to port 443 only, and WinRM has 5985 and 5986.",
                ),
                remedies=(around,),
            )
        case _:
            return failed(
                Rung.PROXY,
                "proxy-cannot-reach",
                Verdict.RETRY,
                f"The proxy of {error.proxy} does not reach {place}.",
                evidence=seen,
                causes=(
                    "The guest is not up yet, or its firewall drops what the proxy sends.",
                    "The proxy has no way into the guest's network, or does not know its name.",
                ),
                remedies=(around, remedy.QUERY_SERVICE),
            )


def unreachable(proxy: str, evidence: Sequence[str], place: str) -> Failure:
    """Judge a proxy that itself cannot be found or reached."""
    return failed(
        Rung.PROXY,
        "proxy-unreachable",
        Verdict.SUSPICIOUS,
        f"The proxy of {proxy}, through which {place} is to be reached, cannot be reached itself.",
        evidence=evidence,
        causes=("The variable is left over from another network.", "The proxy is down."),
        remedies=(_around(place),),
    )


def unknown_kind(shown: str, place: str) -> Failure:
    """Judge a variable that names no http proxy."""
    return failed(
        Rung.PROXY,
        "proxy-unknown",
        Verdict.FATAL,
        f"{shown} names no proxy that can be used: only http:// proxies are spoken to.",
        causes=("It is a SOCKS or an https proxy, or no address.",),
        remedies=(_around(place),),
    )


def _wants_logon(proxy: str, place: str, evidence: Sequence[str], around: Remedy) -> Failure:
    variable = proxy.partition("=")[0]
    return failed(
        Rung.PROXY,
        "proxy-logon",
        Verdict.FATAL,
        f"The proxy of {proxy} wants a logon of its own (407) before it leads to {place}.",
        evidence=evidence,
        causes=(f"{variable} holds no user and password for it, or not the right ones.",),
        remedies=(Remedy(flag=f"{variable}=http://USER:PASSWORD@PROXY:PORT in the environment"), around),
    )


def _unfit(proxy: str, place: str, evidence: Sequence[str], around: Remedy) -> Failure:
    return failed(
        Rung.PROXY,
        "proxy-unfit",
        Verdict.FATAL,
        f"The proxy of {proxy} does not carry a conversation with {place}.",
        evidence=evidence,
        causes=(
            "NTLM and Negotiate prove a connection, not a message, and the proxy does not keep connections apart.",
            "What listens at the proxy's address is no http proxy.",
        ),
        remedies=(around, remedy.USE_TLS),
    )


def _around(place: str) -> Remedy:
    bare = place.rpartition(":")[0].strip("[]")
    return Remedy(
        flag=f"NO_PROXY={bare} in the environment",
        packer=remedy.NO_PROXY.packer,
        ansible=remedy.ansible_around(bare),
    )
