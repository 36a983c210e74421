"""Fourth rung, where TLS is wanted: the certificate is one to accept."""

from __future__ import annotations

import contextlib
import hashlib
import ssl
from typing import TYPE_CHECKING, Any

from toolkit.verify.facts import CertificateFacts
from toolkit.verify.rung import Failure, Rung, RungError, Verdict

if TYPE_CHECKING:
    from toolkit.communicators.endpoint import Endpoint
    from toolkit.verify.dialer import Dialer

# X509_V_FLAG_NO_CHECK_TIME and the verification results of openssl/x509_vfy.h, which ssl does not name.
_NO_CHECK_TIME = 0x200000
_NOT_YET_VALID = 9


def examine(dialer: Dialer, der: bytes) -> CertificateFacts:
    """Read a certificate: its thumbprints always, its names and dates where OpenSSL can be brought to tell them."""
    sha1, sha256 = hashlib.sha1(der, usedforsecurity=False).hexdigest(), hashlib.sha256(der).hexdigest()
    decoded = _decoded(dialer, der)
    return CertificateFacts(
        sha1=sha1.upper(),
        sha256=sha256.upper(),
        subject=_distinguished(decoded.get("subject", ())),
        issuer=_distinguished(decoded.get("issuer", ())),
        names=tuple(name for _, name in decoded.get("subjectAltName", ())),
        not_before=decoded.get("notBefore", ""),
        not_after=decoded.get("notAfter", ""),
    )


def judge(endpoint: Endpoint, dialer: Dialer, seen: CertificateFacts) -> str:
    """Accept the certificate, saying why in one sentence; or raise RungError saying why not."""
    if endpoint.thumbprint is not None:
        return _judge_pin(endpoint, endpoint.thumbprint, seen)
    if endpoint.insecure:
        return f"any certificate is taken (insecure); this one is {seen.sha1}"
    try:
        dialer.secure(ssl.create_default_context()).close()
    except ssl.SSLCertVerificationError as err:
        raise RungError(_untrusted(endpoint, seen, err)) from err
    except OSError as err:
        what = f"{endpoint.authority} broke off while its certificate was checked."
        raise RungError(Failure(Rung.CERTIFICATE, "tls-broke", Verdict.RETRY, what, (str(err),))) from err
    return f"the certificate of {seen.subject or seen.sha1} is trusted by this host"


def _decoded(dialer: Dialer, der: bytes) -> dict[str, Any]:
    """Have OpenSSL decode a certificate that nobody vouches for, by letting it vouch for itself at any date."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    with contextlib.suppress(OSError, RungError):
        context.load_verify_locations(cadata=der)
        with dialer.secure(context) as connection:
            return dict(connection.getpeercert() or {})
    return {}


def _distinguished(name: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    return ", ".join(f"{_SHORT.get(key, key)}={value}" for part in name for key, value in part)


_SHORT = {
    "commonName": "CN",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "domainComponent": "DC",
}


def _judge_pin(endpoint: Endpoint, pin: str, seen: CertificateFacts) -> str:
    if pin in (seen.sha1, seen.sha256):
        return "the certificate is the pinned one"
    raise RungError(
        Failure(
            Rung.CERTIFICATE,
            "certificate-not-pinned",
            Verdict.FATAL,
            f"{endpoint.authority} shows another certificate than the pinned one.",
            (f"pinned: {pin}", *_evidence(seen)),
            causes=(
                "The guest is another one than the one the pin was made for, or was built anew.",
                "Something between this host and the guest ends TLS.",
            ),
            in_guest=(r"certutil -store My", "netsh http show sslcert"),
            in_client=(f"--pin {seen.sha256}",),
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


def _untrusted(endpoint: Endpoint, seen: CertificateFacts, err: ssl.SSLCertVerificationError) -> Failure:
    kind, what, causes = _complaint(endpoint, seen, err.verify_code)
    return Failure(
        Rung.CERTIFICATE,
        kind,
        Verdict.FATAL,
        what,
        (f"OpenSSL: {err.verify_message}", *_evidence(seen)),
        causes,
        in_guest=("certutil -store My", "netsh http show sslcert"),
        in_client=(f"--pin {seen.sha256}", "--insecure"),
        in_spec=("communicator.winrm_insecure = true",),
    )


def _complaint(endpoint: Endpoint, seen: CertificateFacts, code: int) -> tuple[str, str, tuple[str, ...]]:
    match code:
        case 9 | 10:
            state = "not valid yet" if code == _NOT_YET_VALID else "expired"
            causes = ("The clock of the guest, or of this host, is wrong.", "The certificate was made for one year.")
            return "certificate-date", f"The certificate of {endpoint.authority} is {state}.", causes
        case 62 | 64:
            names = ", ".join(seen.names) or seen.subject or "no name at all"
            what = f"The certificate of {endpoint.authority} is for {names}, not for {endpoint.host}."
            causes = ("It bears the guest's name, and the guest is called by its address.", "The guest was renamed.")
            return "certificate-name", what, causes
        case _:
            what = f"Nobody this host trusts vouches for the certificate of {endpoint.authority}."
            return "certificate-untrusted", what, ("It is self-signed, as is usual for WinRM.",)
