"""The rung above TLS, where TLS is wanted: the certificate is one to accept."""

from __future__ import annotations

import email.utils
import hashlib
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from toolkit.communicators.proxy import HTTP_SYS
from toolkit.communicators.trust import secure_context, trusting_context
from toolkit.verify import remedy
from toolkit.verify.exchange import Answer, post
from toolkit.verify.facts import CertificateFacts
from toolkit.verify.remedy import because, failed
from toolkit.verify.rung import Failure, Rung, RungError, Verdict
from toolkit.verify.wsman import IDENTIFY, IDENTIFY_HEADERS, identity
from toolkit.verify.x509 import read_certificate

if TYPE_CHECKING:
    from toolkit.communicators.endpoint import Endpoint
    from toolkit.verify.dialer import Dialer

# The verification results of openssl/x509_vfy.h, which ssl does not name.
_NOT_YET_VALID, _EXPIRED, _WRONG_PURPOSE, _WRONG_NAME, _WRONG_ADDRESS = 9, 10, 26, 62, 64
_UNTRUSTED = frozenset({2, 18, 19, 20, 21, 27})
_TOO_WEAK = frozenset({66, 67, 68})
_GATEWAY = frozenset({502, 503, 504})  # it stands before something that is not up
_SKEWED = timedelta(minutes=5)


def examine(der: bytes) -> CertificateFacts:
    """Read a certificate: its thumbprints always, its names and dates where it is well-formed."""
    read = read_certificate(der)
    return CertificateFacts(
        sha1=hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(),
        sha256=hashlib.sha256(der).hexdigest().upper(),
        subject=read.subject,
        issuer=read.issuer,
        names=read.names,
        not_before=_shown(read.not_before),
        not_after=_shown(read.not_after),
    )


def _shown(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S GMT") if moment else ""


def judge(endpoint: Endpoint, dialer: Dialer, seen: CertificateFacts) -> str:
    """Accept the certificate, saying why in one sentence; or raise RungError saying why not."""
    if endpoint.thumbprint is not None:
        return _judge_pin(endpoint, endpoint.thumbprint, seen)
    if endpoint.insecure:
        return f"any certificate is taken (insecure); this one is {seen.sha1}"
    try:
        dialer.secure(secure_context(endpoint)).close()
    except ssl.SSLCertVerificationError as err:
        raise RungError(_untrusted(endpoint, dialer, seen, err)) from err
    except OSError as err:
        what = f"{endpoint.authority} broke off while its certificate was checked."
        raise RungError(failed(Rung.CERTIFICATE, "tls-broke", Verdict.RETRY, what, evidence=(str(err),))) from err
    by = endpoint.ca_file or "this host"
    return f"the certificate of {seen.subject or seen.sha1} is trusted by {by}"


def _judge_pin(endpoint: Endpoint, pin: str, seen: CertificateFacts) -> str:
    if pin in (seen.sha1, seen.sha256):
        return "the certificate is the pinned one"
    raise RungError(
        failed(
            Rung.CERTIFICATE,
            "certificate-not-pinned",
            Verdict.FATAL,
            f"{endpoint.authority} shows another certificate than the pinned one.",
            evidence=(f"pinned: {pin}", *_evidence(seen)),
            causes=(
                "The guest is another one than the one the pin was made for, or was built anew.",
                "Something between this host and the guest ends TLS.",
            ),
            remedies=(remedy.CERTIFICATES, remedy.TLS_BINDING, remedy.pin(seen.sha256)),
        )
    )


def _evidence(seen: CertificateFacts) -> tuple[str, ...]:
    lines = (
        ("SHA-1 (as Windows shows it)", seen.sha1),
        ("SHA-256", seen.sha256),
        ("subject", seen.subject),
        ("issuer", seen.issuer),
        ("names", ", ".join(seen.names)),
        ("valid", f"{seen.not_before} to {seen.not_after}" if seen.not_after else ""),
    )
    return tuple(f"{label}: {value}" for label, value in lines if value)


def _untrusted(
    endpoint: Endpoint, dialer: Dialer, seen: CertificateFacts, err: ssl.SSLCertVerificationError
) -> Failure:
    answer = _answer_of(endpoint, dialer)
    kind, what, causes, remedies = _complaint(endpoint, answer, seen, err)
    evidence = (f"OpenSSL: {err.verify_message}", *_evidence(seen))
    if answer and (server := _stranger(answer)):
        # Whoever takes this certificate for the guest's would next be told that there is no WinRM behind it.
        stranger = because("It is not the guest's: another service answers here", f"Server: {server}")
        return failed(
            Rung.CERTIFICATE,
            kind,
            Verdict.FATAL,
            what,
            evidence=(*evidence, f"Behind it answers: {server}"),
            causes=(stranger, *causes),
            remedies=(remedy.PORT, remedy.PORT_OWNER, *remedies),
        )
    return failed(
        Rung.CERTIFICATE,
        kind,
        Verdict.FATAL,
        what,
        evidence=evidence,
        causes=causes,
        remedies=(*remedies, remedy.pin(seen.sha256), remedy.INSECURE, remedy.CERTIFICATES, remedy.TLS_BINDING),
    )


_Complaint = tuple[str, str, tuple[str, ...], tuple[remedy.Remedy, ...]]


def _complaint(
    endpoint: Endpoint, answer: Answer | None, seen: CertificateFacts, err: ssl.SSLCertVerificationError
) -> _Complaint:
    place = endpoint.authority
    match err.verify_code:
        case code if code in {_NOT_YET_VALID, _EXPIRED}:
            state = "not valid yet" if code == _NOT_YET_VALID else "expired"
            what = f"The certificate of {place} is {state}."
            return "certificate-date", what, _reasons_of_date(answer), (remedy.SET_CLOCK,)
        case code if code in {_WRONG_NAME, _WRONG_ADDRESS}:
            names = ", ".join(seen.names) or seen.subject or "no name at all"
            what = f"The certificate of {place} is for {names}, not for {endpoint.name}."
            return "certificate-name", what, _reasons_of_name(endpoint), (remedy.SERVER_NAME, remedy.USE_NAME)
        case code if code == _WRONG_PURPOSE:
            what = f"The certificate of {place} is not for servers."
            causes: tuple[str, ...] = ("Its extended key usage lacks server authentication (1.3.6.1.5.5.7.3.1).",)
            return "certificate-purpose", what, causes, ()
        case code if code in _UNTRUSTED:
            what = f"Nobody this host trusts vouches for the certificate of {place}."
            own = "It is self-signed, as is usual for WinRM"
            cause = because(own, f"issuer and subject: {seen.subject}") if seen.issuer == seen.subject else None
            causes = (cause or because("Its issuer is not known here", f"issuer: {seen.issuer}"),)
            return "certificate-untrusted", what, causes, (remedy.CA_FILE,)
        case code:
            what = (
                f"This host does not accept the certificate of {place}, whoever vouches for it: {err.verify_message}."
            )
            weak = "It, or one above it, has a short key or an old signature: make it anew, with RSA 2048 and SHA-256."
            causes = (weak if code in _TOO_WEAK else "OpenSSL finds fault with the certificate itself.",)
            return "certificate-unfit", what, causes, ()


def _reasons_of_name(endpoint: Endpoint) -> tuple[str, ...]:
    renamed = "The guest was renamed, or was built from an image that has the certificate of another."
    try:
        ipaddress.ip_address(endpoint.name)
    except ValueError:
        return renamed, "The name is an alias, or leads to another guest."
    return "It bears the guest's name, and the guest is called by its address.", renamed


def _reasons_of_date(answer: Answer | None) -> tuple[str, ...]:
    """Rank the causes by the guest's own clock, which the Date of any answer tells."""
    told = date_of(answer) if answer else None
    wrong, old = "The clock of the guest, or of this host, is wrong", "The certificate was made for one year"
    if told is None:
        return f"{wrong}.", f"{old}."
    difference = told - datetime.now(UTC)
    evidence = f"the guest's clock differs from this host's by {describe(difference)}"
    if abs(difference) > _SKEWED:
        return because(wrong, evidence), f"{old}."
    return because(old, evidence), f"{wrong}."


def _answer_of(endpoint: Endpoint, dialer: Dialer) -> Answer | None:
    """Ask who stands behind the certificate, whatever it is; nothing secret is said."""
    try:
        connection = dialer.secure(trusting_context())
    except (OSError, RungError):
        return None
    seconds = dialer.limits.answer
    outcome = post(connection, endpoint.host_field, endpoint.path, IDENTIFY, IDENTIFY_HEADERS, seconds=seconds)
    return outcome if isinstance(outcome, Answer) else None


def _stranger(answer: Answer) -> str:
    """Name a server that is neither WinRM, nor stands before it; empty where it may be."""
    server = answer.header("Server")
    known = server.startswith(HTTP_SYS) or identity(answer.body, "ProtocolVersion") is not None
    return "" if known or answer.status in _GATEWAY else server


def date_of(answer: Answer) -> datetime | None:
    """Read the Date header (RFC 9110, 6.6.1); None where there is none that can be read."""
    try:
        return email.utils.parsedate_to_datetime(answer.header("Date")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def describe(difference: timedelta) -> str:
    """Say how far a clock is ahead or behind."""
    seconds = round(abs(difference).total_seconds())
    amount = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
    return f"{amount} {'ahead' if difference > timedelta() else 'behind'}" if seconds else "less than a second"
