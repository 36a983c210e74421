"""The rung of authentication: the guest offers the method that is wanted, and takes the credentials."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.communicators.endpoint import Auth
from toolkit.communicators.errors import (
    CommunicatorError,
    FaultError,
    HttpStatusError,
    NegotiationError,
    Refusal,
    TlsError,
    UnauthorisedError,
    UnreachableError,
)
from toolkit.verify import logon
from toolkit.verify.judgement import judged
from toolkit.verify.remedy import USE_TLS
from toolkit.verify.rung import Failure, Rung, RungError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from toolkit.communicators.endpoint import Endpoint

_FORBIDDEN = 403


def check_offer(endpoint: Endpoint, offered: tuple[str, ...]) -> None:
    """Raise where the guest does not offer what is wanted, before any credentials are sent.

    A guest whose offers could not be read (none at all) is given the benefit of the doubt, and so is one behind a
    relay: tinyproxy passes on but one of several WWW-Authenticate headers.
    """
    schemes = set(logon.SCHEMES[endpoint.auth])
    if offered and not endpoint.relay and schemes and not {method.lower() for method in offered} & schemes:
        raise RungError(logon.not_offered(endpoint, offered))
    if endpoint.auth is Auth.KERBEROS and (failure := logon.needs_name(endpoint)):
        raise RungError(failure)


def log_on(
    endpoint: Endpoint,
    offered: tuple[str, ...],
    identify: Callable[[], object],
    differently: Callable[[Endpoint], object],
    skew: timedelta | None,
) -> None:
    """Send the credentials once: more than needed could lock the account.

    `differently` tries another endpoint's method with the same credentials; it is used where one method's refusal has
    a look-alike, and only where it tells nobody more than the first try did.
    """
    try:
        identify()
    except FaultError:
        return  # a fault is an answer to somebody who is known
    except UnauthorisedError as err:
        if err.refusal is Refusal.ESTABLISHED:
            raise RungError(judged(err, Rung.AUTHENTICATION, endpoint)) from err
        named = err.offered or offered
        failure = logon.refused(endpoint, named, other=_other(endpoint, named, differently))
        raise RungError(_as_relayed(endpoint, failure)) from err
    except NegotiationError as err:
        raise RungError(logon.negotiation_failed(endpoint, err, skew)) from err
    except CommunicatorError as err:
        if endpoint.auth is Auth.CERTIFICATE and _about_certificate(err):
            raise RungError(logon.certificate_refused(endpoint, err.message)) from err
        raise RungError(judged(err, Rung.AUTHENTICATION, endpoint)) from err


def _as_relayed(endpoint: Endpoint, failure: Failure) -> Failure:
    """Name the look-alike of a wrong password: a proxy that sends a logon's steps on different connections."""
    if endpoint.relay is None or endpoint.auth is Auth.BASIC:
        return failure
    mixed = f"{endpoint.relay.shown} does not keep connections apart, and {endpoint.auth.shown} proves a connection"
    around = f"NO_PROXY={endpoint.host} in the environment"
    return replace(
        failure,
        causes=(f"{mixed}.", *failure.causes),
        in_client=(around, *USE_TLS.flag.splitlines(), *failure.in_client),
    )


def _about_certificate(err: CommunicatorError) -> bool:
    match err:
        case HttpStatusError():
            return err.status == _FORBIDDEN
        case UnreachableError() | TlsError():
            return True
        case _:
            return False


def _other(endpoint: Endpoint, offered: tuple[str, ...], differently: Callable[[Endpoint], object]) -> bool | None:
    """Try the other of Basic and NTLM; Basic only inside TLS, where it shows the password to the guest alone."""
    known = {method.lower() for method in offered}
    match endpoint.auth:
        case Auth.BASIC if known & set(logon.SCHEMES[Auth.NTLM]):
            other = Auth.NTLM
        case Auth.NTLM | Auth.NEGOTIATE if endpoint.ssl and "basic" in known:
            other = Auth.BASIC
        case _:
            return None
    try:
        differently(replace(endpoint, auth=other))
    except UnauthorisedError:
        return False
    except CommunicatorError:
        return None
    return True
