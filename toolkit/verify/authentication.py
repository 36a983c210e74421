"""Sixth rung: the guest offers the method that is wanted, and takes the credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.communicators.endpoint import Auth
from toolkit.communicators.errors import CommunicatorError, FaultError, UnauthorisedError
from toolkit.verify.judgement import judged
from toolkit.verify.rung import Failure, Rung, RungError, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.communicators.endpoint import Endpoint

_ENABLE_BASIC = 'winrm set winrm/config/service/auth @{Basic="true"}'
_ENABLE_NEGOTIATE = 'winrm set winrm/config/service/auth @{Negotiate="true"}'
_ALLOW_UNENCRYPTED = 'winrm set winrm/config/service @{AllowUnencrypted="true"}'
_NAMES = {Auth.BASIC: ("basic",), Auth.NTLM: ("negotiate", "ntlm")}


def check_offer(endpoint: Endpoint, offered: tuple[str, ...]) -> None:
    """Raise where the guest does not offer what is wanted, before any credentials are sent.

    A guest whose offers could not be read (none at all) is given the benefit of the doubt.
    """
    if offered and not {method.lower() for method in offered} & set(_NAMES[endpoint.auth]):
        raise RungError(_not_offered(endpoint, offered))


def log_on(endpoint: Endpoint, offered: tuple[str, ...], identify: Callable[[], None]) -> None:
    """Send the credentials once: more than needed could lock the account."""
    try:
        identify()
    except FaultError:
        return  # a fault is an answer to somebody who is known
    except UnauthorisedError as err:
        raise RungError(_refused(endpoint, err.offered or offered)) from err
    except CommunicatorError as err:
        raise RungError(judged(err, Rung.AUTHENTICATION, endpoint.host, endpoint.username)) from err


def _not_offered(endpoint: Endpoint, offered: tuple[str, ...]) -> Failure:
    basic = endpoint.auth is Auth.BASIC
    wanted = "Basic" if basic else "NTLM (Negotiate)"
    others = tuple(f"--auth {auth}" for auth in Auth if {m.lower() for m in offered} & set(_NAMES[auth]))
    return Failure(
        Rung.AUTHENTICATION,
        "method-not-offered",
        Verdict.FATAL,
        f"{endpoint.host} does not offer {wanted}; it offers {', '.join(offered)}. No password was sent.",
        (f"WWW-Authenticate: {', '.join(offered)}",),
        causes=_reasons_not_offered(endpoint),
        in_guest=_enabling(endpoint),
        in_client=others,
        in_spec=(f"communicator.winrm_use_ntlm = {'true' if basic else 'false'}",),
    )


def _reasons_not_offered(endpoint: Endpoint) -> tuple[str, ...]:
    switched_off = f"{endpoint.auth.capitalize()} is switched off in the guest's WinRM service, or by policy."
    if endpoint.auth is Auth.BASIC and not endpoint.ssl:
        return switched_off, "AllowUnencrypted is off in the guest, without which Basic over http is of no use."
    return (switched_off,)


def _enabling(endpoint: Endpoint) -> tuple[str, ...]:
    match endpoint.auth:
        case Auth.BASIC:
            return (_ENABLE_BASIC,) if endpoint.ssl else (_ENABLE_BASIC, _ALLOW_UNENCRYPTED)
        case Auth.NTLM:
            return (_ENABLE_NEGOTIATE,)


def _refused(endpoint: Endpoint, offered: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.AUTHENTICATION,
        "credentials-refused",
        Verdict.SUSPICIOUS,
        f"{endpoint.host} offers {endpoint.auth.capitalize() if endpoint.auth is Auth.BASIC else 'NTLM'}, "
        f"but refuses {endpoint.username} with this password.",
        (f"WWW-Authenticate: {', '.join(offered) or 'nothing'}",),
        causes=_reasons_refused(endpoint),
        in_guest=(
            f'net user "{endpoint.username}"',
            *((_ALLOW_UNENCRYPTED,) if endpoint.auth is Auth.BASIC and not endpoint.ssl else ()),
        ),
        in_client=("--auth ntlm",) if endpoint.auth is Auth.BASIC else (),
        in_spec=("communicator.winrm_username", "communicator.winrm_password"),
    )


def _reasons_refused(endpoint: Endpoint) -> tuple[str, ...]:
    domain = "\\" in endpoint.username or "@" in endpoint.username
    basic = endpoint.auth is Auth.BASIC
    reasons = (
        (basic and domain, "Basic takes local accounts only: use NTLM for an account of a domain."),
        (not endpoint.password.reveal(), "The password is empty, with which Windows lets nobody in over the network."),
        (True, "The user name or the password is wrong."),
        (basic and not endpoint.ssl, "AllowUnencrypted is off, without which Basic over http is refused."),
        (True, "The account is not there yet, disabled, locked out, or must change its password first."),
        (not basic and not domain, "The guest is in a domain and wants to be told whose account it is: MACHINE\\user."),
    )
    return tuple(reason for holds, reason in reasons if holds)
