"""A probe as people read it, on terminals of any width."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from toolkit.paragraphs import NARROWEST, wrapped
from toolkit.verify.certificate import describe
from toolkit.verify.ports import SERVICES, Door

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.verify.ntlm import Challenge
    from toolkit.verify.probe import Probe, TlsSeen, Voice

_LABEL = 14


def page(found: Probe, width: int) -> str:
    """Lay the probe out in lines of `width`."""
    return "\n".join((*_lines(found, max(width, NARROWEST)), ""))


def _lines(found: Probe, width: int) -> Iterator[str]:
    if found.failure:
        yield from wrapped(found.failure.what, "", width)
        return
    yield from wrapped(f"{found.host} ({found.address})" if found.address != found.host else found.host, "", width)
    yield from wrapped("; ".join(_ports(found)), "  ports: ", width)
    for voice in found.voices:
        yield ""
        yield voice.url
        yield from _rows(_voice(voice), width)
    yield ""
    yield from wrapped(_verdict(found), "", width)


def _ports(found: Probe) -> Iterator[str]:
    for door in Door:
        if ports := found.doors.with_state(door):
            named = (f"{port} {SERVICES.get(port, '')}".strip() for port in ports)
            yield f"{door} {', '.join(named)}"


def _verdict(found: Probe) -> str:
    if found.winrm:
        return f"WinRM answers{f': {found.windows}' if found.windows else ''}."
    if found.voices:
        return "Something answers, but it is not WinRM."
    if found.doors.windows:
        return "Windows seems to be up, but WinRM's ports do not answer: off, or behind the firewall."
    if found.doors.with_state(Door.SHUT):
        return "The host is up and refuses connections: no service listens there (yet), or a port forward is missing."
    return "Nothing answers: not up yet, another address, or a firewall that drops everything."


def _voice(voice: Voice) -> Iterator[tuple[str, str]]:
    yield "answers", voice.saying or f"status {voice.status}, Server: {voice.server or 'not named'}"
    yield "identity", " ".join(part for part in (voice.vendor, voice.product) if part)
    yield "methods", ", ".join(voice.methods)
    if voice.challenge:
        yield from _names(voice.challenge)
    if voice.clock_difference is not None:
        yield "clock", describe(timedelta(seconds=voice.clock_difference))
    if voice.tls:
        yield from _tls(voice.tls)


def _names(challenge: Challenge) -> Iterator[tuple[str, str]]:
    yield "build", challenge.build
    yield "computer", " / ".join(dict.fromkeys(part for part in (challenge.computer, challenge.dns_computer) if part))
    yield "domain", " / ".join(dict.fromkeys(part for part in (challenge.domain, challenge.dns_domain) if part))


def _tls(seen: TlsSeen) -> Iterator[tuple[str, str]]:
    certificate = seen.certificate
    yield "tls", f"{seen.version} with {seen.cipher}; speaks {', '.join(seen.versions) or 'no other'}"
    yield "sha-1", f"{seen.sha1} (as Windows shows it)"
    yield "sha-256", seen.sha256
    yield "subject", certificate.subject
    yield "issuer", certificate.issuer
    yield "names", ", ".join(certificate.names)
    if certificate.not_before and certificate.not_after:
        yield "valid", f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}"
    yield "uses", ", ".join(certificate.uses) or "any"
    yield "signature", certificate.signature


def _rows(rows: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    for label, value in rows:
        if value:
            yield from wrapped(value, f"  {label + ':':<{_LABEL}}", width)
