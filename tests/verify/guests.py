"""Simulated guests, and the endpoints that lead to them."""

from __future__ import annotations

from toolkit.communicators.endpoint import Auth, Endpoint
from toolkit.secret import Secret
from toolkit.simulator.state import GuestState, LocalUser

PASSWORD = "pässword:1"
VAGRANT = LocalUser("vagrant", Secret(PASSWORD))
BOB = LocalUser("bob", Secret("b0b"), administrator=False)

# Every way to log on with a password that needs nothing beside the guest.
WAYS = (Auth.BASIC, Auth.NTLM, Auth.NEGOTIATE, Auth.CREDSSP)


def state(
    *,
    basic: bool = True,
    negotiate: bool = True,
    allow_unencrypted: bool = True,
    remote_elevation: bool = True,
    credssp: bool = False,
) -> GuestState:
    return GuestState(
        "WIN-A",
        (VAGRANT, BOB),
        basic=basic,
        negotiate=negotiate,
        allow_unencrypted=allow_unencrypted,
        remote_elevation=remote_elevation,
        credssp=credssp,
    )


def endpoint(
    port: int,
    *,
    auth: Auth = Auth.BASIC,
    ssl: bool = False,
    insecure: bool = False,
    pin: str | None = None,
    user: str = "vagrant",
    password: str = PASSWORD,
    host: str = "127.0.0.1",
) -> Endpoint:
    return Endpoint(host, port, ssl, auth, user, Secret(password), insecure, pin)
