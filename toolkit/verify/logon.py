"""Logons that were refused: what each method's refusal means, and what tells look-alikes apart."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.communicators.endpoint import Auth
from toolkit.verify import remedy
from toolkit.verify.certificate import describe
from toolkit.verify.remedy import Remedy, because, failed
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from datetime import timedelta

    from toolkit.communicators.endpoint import Endpoint
    from toolkit.communicators.errors import NegotiationError

# What each method is called in WWW-Authenticate. Kerberos travels as Negotiate too; a certificate is not offered.
SCHEMES = {
    Auth.BASIC: ("basic",),
    Auth.NTLM: ("negotiate", "ntlm"),
    Auth.NEGOTIATE: ("negotiate",),
    Auth.KERBEROS: ("kerberos", "negotiate"),
    Auth.CREDSSP: ("credssp",),
    Auth.CERTIFICATE: (),
}
_ENABLING = {
    Auth.BASIC: remedy.ENABLE_BASIC,
    Auth.NTLM: remedy.ENABLE_NEGOTIATE,
    Auth.NEGOTIATE: remedy.ENABLE_NEGOTIATE,
    Auth.KERBEROS: remedy.ENABLE_KERBEROS,
    Auth.CREDSSP: remedy.ENABLE_CREDSSP,
    Auth.CERTIFICATE: remedy.ENABLE_CERTIFICATE,
}

# KRB5 error table (RFC 4120, 7.5.9), as MIT's minor status numbers them, with the low 32 bits as SSPI gives them.
_KRB5_BASE = -1765328384
_UNKNOWN_CLIENT, _UNKNOWN_SERVER, _PREAUTH_FAILED, _INTEGRITY, _SKEW = (
    _KRB5_BASE + code for code in (6, 7, 24, 31, 37)
)
_REALM_UNKNOWN, _KDC_UNREACHABLE, _NO_CACHE, _CACHE_EMPTY = -1765328230, -1765328228, -1765328189, -1765328243
_TICKETS = {_NO_CACHE, _CACHE_EMPTY}
_SSPI = {
    0x8009030E: _NO_CACHE,  # SEC_E_NO_CREDENTIALS
    0x80090303: _UNKNOWN_SERVER,  # SEC_E_TARGET_UNKNOWN
    0x80090311: _KDC_UNREACHABLE,  # SEC_E_NO_AUTHENTICATING_AUTHORITY
    0x80090324: _SKEW,  # SEC_E_TIME_SKEW
    0x8009030C: _PREAUTH_FAILED,  # SEC_E_LOGON_DENIED
}


def not_offered(endpoint: Endpoint, offered: tuple[str, ...]) -> Failure:
    """Judge a method that the guest does not have, before any credentials are sent."""
    wanted = "NTLM (Negotiate)" if endpoint.auth is Auth.NTLM else endpoint.auth.shown
    known = {method.lower() for method in offered}
    listed = ", ".join(offered)
    return failed(
        Rung.AUTHENTICATION,
        "method-not-offered",
        Verdict.FATAL,
        f"{endpoint.host} does not offer {wanted}; it offers {listed}. No password was sent.",
        evidence=(f"WWW-Authenticate: {listed}",),
        causes=_reasons_not_offered(endpoint, listed),
        remedies=(*_enabling(endpoint), *_other_method(endpoint, known)),
    )


def _other_method(endpoint: Endpoint, known: set[str]) -> tuple[Remedy, ...]:
    """Give the one other method to take: NTLM, which does not show the password, before Basic."""
    if endpoint.auth is not Auth.NTLM and known & set(SCHEMES[Auth.NTLM]):
        return (_by_ntlm(endpoint),)
    return (remedy.USE_BASIC,) if endpoint.auth is not Auth.BASIC and "basic" in known else ()


def _by_ntlm(endpoint: Endpoint) -> Remedy:
    """Say of Packer's NTLM over http what it needs besides: it does not encrypt (hashicorp/packer#6205)."""
    if endpoint.ssl:
        return remedy.USE_NTLM
    return replace(remedy.USE_NTLM, packer=f"{remedy.USE_NTLM.packer}  # over http only with AllowUnencrypted on")


def needs_name(endpoint: Endpoint) -> Failure | None:
    """Refuse Kerberos to an address: tickets are for names (0x8033810B, ERROR_WSMAN_KERBEROS_IPADDRESS)."""
    try:
        ipaddress.ip_address(endpoint.name)
    except ValueError:
        return None
    return failed(
        Rung.AUTHENTICATION,
        "kerberos-needs-name",
        Verdict.FATAL,
        f"Kerberos needs the guest's name, and {endpoint.name} is an address.",
        causes=("A ticket is for a name (HTTP/NAME), which no address has.",),
        remedies=(remedy.USE_NAME, _by_ntlm(endpoint)),
    )


def refused(endpoint: Endpoint, offered: tuple[str, ...], *, other: bool | None = None) -> Failure:
    """Judge refused credentials. `other` says whether the other method took the same ones, None where not tried."""
    if endpoint.auth is Auth.CERTIFICATE:
        return certificate_refused(endpoint, f"WWW-Authenticate: {', '.join(offered) or 'nothing'}")
    if other:
        return _other_way(endpoint, offered)
    settled = other is False  # another way of saying the same password does not help either
    tried = "the same credentials are refused by NTLM, and by Basic" if settled else ""
    return failed(
        Rung.AUTHENTICATION,
        "credentials-refused",
        Verdict.SUSPICIOUS,
        f"{endpoint.host} offers {endpoint.auth.shown}, but refuses {endpoint.username} with this password.",
        evidence=(
            f"WWW-Authenticate: {', '.join(offered) or 'nothing'}",
            *(("The same credentials are refused by NTLM, and by Basic.",) if settled else ()),
        ),
        causes=_reasons_refused(endpoint, tried),
        remedies=(
            remedy.show_user(endpoint.username),
            *(() if settled else _unencrypted(endpoint)),
            remedy.PASSWORD,
            remedy.USERNAME,
            *((_by_ntlm(endpoint),) if endpoint.auth is Auth.BASIC and not settled else ()),
        ),
    )


def certificate_refused(endpoint: Endpoint, evidence: str) -> Failure:
    """Judge a client certificate that nobody is logged on for."""
    return failed(
        Rung.AUTHENTICATION,
        "certificate-refused",
        Verdict.FATAL,
        f"{endpoint.host} does not log the certificate's user on.",
        evidence=(evidence,),
        causes=(
            "No mapping in the guest leads from the certificate to a local user.",
            "Its issuer is not in the guest's LocalMachine\\Root, or the certificate not in TrustedPeople.",
            "It lacks client authentication among its uses, or the user's UPN among its names.",
            "Certificate is switched off in the guest's WinRM service.",
            "TLS 1.3 asks for it after the handshake, which Windows does not finish (ansible/ansible#77768).",
        ),
        remedies=(remedy.CERTIFICATE_MAPPING, remedy.ENABLE_CERTIFICATE),
    )


def negotiation_failed(endpoint: Endpoint, error: NegotiationError, skew: timedelta | None) -> Failure:
    """Judge what this host's Kerberos, or CredSSP, came to grief over, by number: its words are in any language."""
    code = _SSPI.get(error.minor & 0xFFFFFFFF, error.minor)
    detail = (error.detail,) if error.detail else ()
    clock = f"the guest's clock is {describe(skew)}" if skew is not None else ""
    code = _PREAUTH_FAILED if code == _INTEGRITY else code
    known: dict[int, tuple[str, str, tuple[str, ...], tuple[Remedy, ...]]] = {
        _UNKNOWN_SERVER: (
            "kerberos-server-unknown",
            f"The KDC knows no HTTP/{endpoint.name}.",
            ("The name is an alias or a short one: the fully qualified one is registered.", "The SPN is missing."),
            (remedy.USE_NAME, remedy.SPN),
        ),
        _SKEW: (
            "kerberos-clock-skew",
            "Kerberos refuses: the clocks differ by more than five minutes.",
            (because("The clock of the guest, of this host or of the KDC is wrong", clock),),
            (remedy.SET_CLOCK,),
        ),
        _KDC_UNREACHABLE: (
            "kerberos-no-kdc",
            "No KDC of the realm can be reached from this host.",
            ("krb5.conf and DNS name none, or it is not up.",),
            (remedy.KINIT, _by_ntlm(endpoint)),
        ),
        _REALM_UNKNOWN: (
            "kerberos-no-kdc",
            "This host knows no KDC of the realm.",
            ("krb5.conf and DNS name none for it.", "The realm is misspelt: it is usually in capitals."),
            (remedy.KINIT, _by_ntlm(endpoint)),
        ),
        _UNKNOWN_CLIENT: (
            "kerberos-user-unknown",
            f"The KDC knows no {endpoint.username}.",
            ("The user is misspelt, or of another realm.",),
            (remedy.USERNAME,),
        ),
        _PREAUTH_FAILED: (
            "kerberos-password",
            f"The KDC refuses {endpoint.username} with this password.",
            ("The password is wrong, or has expired.",),
            (remedy.PASSWORD, remedy.KINIT),
        ),
    }
    no_ticket = (
        "kerberos-no-ticket",
        "There is no Kerberos ticket on this host, and no password to get one with.",
        ("Nobody ran kinit, or the ticket has expired.",),
        (remedy.KINIT, remedy.PASSWORD),
    )
    other = ("negotiation-failed", error.message, ("This host and the guest do not agree on a mechanism.",), ())
    kind, what, causes, remedies = known.get(code, no_ticket if code in _TICKETS else other)
    return failed(Rung.AUTHENTICATION, kind, Verdict.FATAL, what, evidence=(*detail,), causes=causes, remedies=remedies)


def _other_way(endpoint: Endpoint, offered: tuple[str, ...]) -> Failure:
    """Judge credentials that one method takes and the other refuses: they are right, so the method is not."""
    basic = endpoint.auth is Auth.BASIC
    good, bad = ("NTLM", "Basic") if basic else ("Basic", endpoint.auth.shown)
    seen = f"{good} takes the same credentials"
    first, *others = _reasons_basic(endpoint) if basic else _reasons_ntlm(endpoint)
    return failed(
        Rung.AUTHENTICATION,
        "method-refused",
        Verdict.FATAL,
        f"{endpoint.host} refuses {endpoint.username} by {bad}, though the password is right.",
        evidence=(f"WWW-Authenticate: {', '.join(offered) or 'nothing'}", f"{seen}."),
        causes=(because(first, seen), *(f"{other}." for other in others)),
        remedies=(_by_ntlm(endpoint), *_unencrypted(endpoint)) if basic else (*_binding(endpoint), remedy.USE_BASIC),
    )


def _reasons_ntlm(endpoint: Endpoint) -> tuple[str, ...]:
    """A channel is bound to where there is one: http has none."""
    policy = "A policy restricts incoming NTLM"
    return ("CbtHardeningLevel is Strict, and something in between ends TLS", policy) if endpoint.ssl else (policy,)


def _binding(endpoint: Endpoint) -> tuple[Remedy, ...]:
    return (remedy.BINDING,) if endpoint.ssl else ()


def _reasons_basic(endpoint: Endpoint) -> tuple[str, ...]:
    domain = _of_domain(endpoint)
    reasons = (
        (domain, "Basic takes local accounts only, and this one is a domain's"),
        (not domain and not endpoint.ssl, "AllowUnencrypted is off, without which Basic over http is refused"),
        (True, "A policy keeps Basic from being used"),
    )
    return tuple(reason for holds, reason in reasons if holds)


def _reasons_not_offered(endpoint: Endpoint, listed: str) -> tuple[str, ...]:
    switched_off = because(
        f"{endpoint.auth.shown} is switched off in the guest's WinRM service, or by policy", f"it offers {listed}"
    )
    if endpoint.auth is Auth.BASIC and not endpoint.ssl:
        return switched_off, "AllowUnencrypted is off in the guest, without which Basic over http is of no use."
    return (switched_off,)


def _reasons_refused(endpoint: Endpoint, tried: str) -> tuple[str, ...]:
    domain, basic = _of_domain(endpoint), endpoint.auth is Auth.BASIC
    reasons = (
        (basic and domain, "Basic takes local accounts only: use NTLM for an account of a domain."),
        (not endpoint.password.reveal(), "The password is empty, with which Windows lets nobody in over the network."),
        (True, because("The user name or the password is wrong", tried)),
        (
            basic and not endpoint.ssl and not tried,
            "AllowUnencrypted is off, without which Basic over http is refused.",
        ),
        (True, "The account is not there yet, disabled, locked out, or must change its password first."),
        (not basic and not domain, "The guest is in a domain and wants to be told whose account it is: MACHINE\\user."),
        (endpoint.ssl and not basic, "CbtHardeningLevel is Strict, and something in between ends TLS."),
    )
    return tuple(reason for holds, reason in reasons if holds)


def _enabling(endpoint: Endpoint) -> tuple[Remedy, ...]:
    return _ENABLING[endpoint.auth], *_unencrypted(endpoint)


def _unencrypted(endpoint: Endpoint) -> tuple[Remedy, ...]:
    return (remedy.ALLOW_UNENCRYPTED,) if endpoint.auth is Auth.BASIC and not endpoint.ssl else ()


def _of_domain(endpoint: Endpoint) -> bool:
    return "\\" in endpoint.username or "@" in endpoint.username
