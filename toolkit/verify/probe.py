"""What a guest tells anybody, before there is a user or a password: ports, TLS, WinRM, names, build, clock."""

from __future__ import annotations

import re
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from toolkit.communicators.challenge import offered_methods
from toolkit.communicators.location import bracketed, host_field
from toolkit.communicators.trust import thumbprint, trusting_context
from toolkit.values import dataclass
from toolkit.verify import name, ntlm, tls, wsman
from toolkit.verify.certificate import date_of
from toolkit.verify.dialer import Dialer
from toolkit.verify.exchange import Answer, Foreign, HangUp, Outcome, Silence, post
from toolkit.verify.limits import Limits
from toolkit.verify.ports import SERVICES, WINRM, Doors, knock
from toolkit.verify.probe_text import page
from toolkit.verify.rung import Failure, RungError
from toolkit.verify.x509 import Certificate, read_certificate

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from toolkit.verify.facts import TlsFacts
    from toolkit.verify.name import Address

_KNOCKING = 1.0  # seconds for all ports together
_PATH = "/wsman"
_OLD = {"tls-too-old", "tls-refused"}
_RELEASES = {
    "7601": "Windows 7 or Server 2008 R2", "9200": "Windows 8 or Server 2012", "9600": "Windows 8.1 or Server 2012 R2",
    "14393": "Windows 10 1607 or Server 2016", "17763": "Windows 10 1809 or Server 2019", "20348": "Server 2022",
    "22000": "Windows 11 21H2", "22621": "Windows 11 22H2", "22631": "Windows 11 23H2",
    "26100": "Windows 11 24H2 or Server 2025", "26200": "Windows 11 25H2",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TlsSeen:
    """`versions` are those that the port speaks when they are tried one by one."""

    version: str
    cipher: str
    versions: tuple[str, ...]
    sha1: str
    sha256: str
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Voice:
    """What one open port says. `clock_difference` in seconds, the guest's minus this host's; None where untold.

    `saying` describes an answer that is not HTTP, or none.
    """

    url: str
    status: int | None = None
    server: str = ""
    product: str = ""
    vendor: str = ""
    methods: tuple[str, ...] = ()
    challenge: ntlm.Challenge | None = None
    clock_difference: float | None = None
    tls: TlsSeen | None = None
    saying: str = ""

    @property
    def winrm(self) -> bool:
        """Whether it is WinRM beyond doubt: only it identifies itself so."""
        return bool(self.product)


@dataclass(frozen=True, slots=True)
class Probe:
    """Everything that was learnt. `failure` is set where not even an address was found."""

    host: str
    address: str = ""
    doors: Doors = field(default_factory=Doors)
    voices: tuple[Voice, ...] = ()
    failure: Failure | None = None

    @property
    def winrm(self) -> bool:
        return any(voice.winrm for voice in self.voices)

    @property
    def windows(self) -> str:
        """Name the Windows by the build that the challenge tells, empty where it does not."""
        builds = (voice.challenge.build for voice in self.voices if voice.challenge)
        build = next((build for build in builds if build), "")
        return _RELEASES.get(build.rpartition(".")[2], f"Windows {build}") if build else ""

    def to_json(self) -> dict[str, Any]:
        """Give the probe as JSON takes it. Keys are never absent; what is not known is null or empty."""
        return {
            "host": self.host,
            "address": self.address or None,
            "ports": {str(port): door.value for port, door in self.doors.found},
            "winrm": self.winrm,
            "windows": self.windows or None,
            "services": [_voice_json(voice) for voice in self.voices],
            "failure": self.failure.what if self.failure else None,
        }

    def to_text(self, width: int = 80) -> str:
        """Give the probe as people read it; thumbprints are left whole, to be copied."""
        return page(self, width)


def probe(host: str, port: int | None = None, *, server_name: str | None = None, limits: Limits | None = None) -> Probe:
    """Look at `host` from outside: at WinRM's two ports, or at `port`. Sends no name and no password of anybody's.

    Never raises for anything the guest does.
    """
    limits = limits or Limits()
    try:
        addresses = name.resolve(host, port or min(WINRM))
    except RungError as err:
        return Probe(host, failure=err.failure)
    wanted = tuple(dict.fromkeys((*((port,) if port else ()), *SERVICES)))
    looks = [(address, knock(address, wanted, min(_KNOCKING, limits.connect))) for address in addresses]
    address, doors = max(looks, key=lambda look: len(look[1].open))
    listening = [number for number in ((port,) if port else sorted(WINRM)) if number in doors.open]
    called = server_name or host.partition("%")[0]
    voices = tuple(_listen(host, called, address.at(number), limits) for number in listening)
    return Probe(host, str(address), doors, voices)


def _listen(host: str, server_name: str, address: Address, limits: Limits) -> Voice:
    dialer = Dialer(server_name, address, limits)
    authority, asked = f"{bracketed(host)}:{address.port}", host_field(host, address.port)
    try:
        settled = tls.shake_hands(dialer)
    except RungError as err:
        if err.failure.kind in _OLD and (versions := tls.spoken_versions(dialer)):
            spoken = f"speaks {', '.join(versions)}"
            fault = ", but with no cipher that this host has" if tls.modern(versions) else " only, which is too old"
            return Voice(f"https://{authority}{_PATH}", saying=spoken + fault)
        return _asked(Voice(f"http://{authority}{_PATH}"), asked, dialer.plain, limits)
    voice = Voice(f"https://{authority}{_PATH}", tls=_seen(settled, tls.spoken_versions(dialer)))
    return _asked(voice, asked, lambda: dialer.secure(trusting_context()), limits)


def _seen(settled: TlsFacts, versions: tuple[str, ...]) -> TlsSeen:
    der = settled.certificate
    sha1, sha256 = thumbprint(der, like="0" * 40), thumbprint(der, like="0" * 64)
    return TlsSeen(settled.version, settled.cipher, versions, sha1, sha256, read_certificate(der))


def _asked(voice: Voice, host: str, dial: Callable[[], socket], limits: Limits) -> Voice:
    """Ask who it is, what it offers, and for an NTLM challenge."""

    def ask(body: bytes, headers: dict[str, str]) -> Outcome:
        try:
            return post(dial(), host, _PATH, body, headers, seconds=limits.answer)
        except (OSError, RungError):
            return HangUp(reset=True)

    identified = ask(wsman.IDENTIFY, wsman.IDENTIFY_HEADERS)
    if not isinstance(identified, Answer):
        return replace(voice, saying=_saying(identified))
    offers, challenged = ask(b"", {}), ask(b"", {"Authorization": ntlm.negotiate_header()})
    return replace(
        voice,
        status=identified.status,
        server=identified.header("Server"),
        product=wsman.identity(identified.body, "ProductVersion") or "",
        vendor=wsman.identity(identified.body, "ProductVendor") or "",
        methods=offered_methods(_challenges(offers)),
        challenge=ntlm.read_challenge(_challenges(challenged)),
        clock_difference=_difference(identified, ntlm.read_challenge(_challenges(challenged))),
    )


def _challenges(outcome: Outcome) -> tuple[str, ...]:
    return outcome.all("WWW-Authenticate") if isinstance(outcome, Answer) else ()


def _difference(answer: Answer, challenge: ntlm.Challenge | None) -> float | None:
    """Compare clocks: by the challenge, which is exact, or else by the Date header's whole seconds."""
    told = challenge.time if challenge and challenge.time else date_of(answer)
    return None if told is None else round((told - datetime.now(UTC)).total_seconds(), 1) + 0.0  # never -0.0


def _saying(outcome: Silence | HangUp | Foreign) -> str:
    match outcome:
        case Silence():
            return "accepts connections and says nothing"
        case HangUp():
            return "accepts connections and closes them"
        case Foreign(first):
            shown = re.sub(r"[^\x20-\x7e]+", " ", first.decode("ascii", "backslashreplace")).strip()
            return f"does not speak HTTP; it says: {shown}"


def _voice_json(voice: Voice) -> dict[str, Any]:
    return {
        "url": voice.url,
        "winrm": voice.winrm,
        "status": voice.status,
        "server": voice.server,
        "product": voice.product,
        "vendor": voice.vendor,
        "methods": list(voice.methods),
        "clock_difference": voice.clock_difference,
        "challenge": _challenge_json(voice.challenge) if voice.challenge else None,
        "tls": _tls_json(voice.tls) if voice.tls else None,
        "saying": voice.saying or None,
    }


def _challenge_json(challenge: ntlm.Challenge) -> dict[str, Any]:
    return {
        "build": challenge.build,
        "computer": challenge.computer,
        "domain": challenge.domain,
        "dns_computer": challenge.dns_computer,
        "dns_domain": challenge.dns_domain,
        "target": challenge.target,
        "time": _iso(challenge.time),
    }


def _tls_json(seen: TlsSeen) -> dict[str, Any]:
    certificate = seen.certificate
    return {
        "version": seen.version,
        "cipher": seen.cipher,
        "versions": list(seen.versions),
        "sha1": seen.sha1,
        "sha256": seen.sha256,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": list(certificate.names),
        "not_before": _iso(certificate.not_before),
        "not_after": _iso(certificate.not_after),
        "uses": list(certificate.uses),
        "signature": certificate.signature,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
