"""The state that a spec implies, and what Windows of each age says about itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.guests import PASSWORD, bootstrap, guest, ssh, winrm
from toolkit.errors import UsageError
from toolkit.secret import Secret
from toolkit.simulator.md4 import md4, nt_hash
from toolkit.simulator.state import GuestState, LocalUser, WindowsVersion, state_of
from toolkit.spec.guest import Account, Consumer, NoCommunicator


@pytest.mark.parametrize(
    ("communicator", "consumer", "basic", "unencrypted", "port"),
    [
        (winrm(), Consumer.PACKER, True, True, 5985),
        (winrm(), Consumer.ANSIBLE, True, True, 5985),
        (winrm(ntlm=True), Consumer.PACKER, False, True, 5985),
        (winrm(ntlm=True), Consumer.ANY, False, True, 5985),
        (winrm(ntlm=True), Consumer.ANSIBLE, False, False, 5985),
        (winrm(ssl=True), Consumer.PACKER, True, False, 5986),
        (winrm(ssl=True, ntlm=True, port=8443), Consumer.PACKER, False, False, 8443),
    ],
)
def test_a_spec_implies_how_far_winrm_is_open(
    communicator: object, consumer: Consumer, *, basic: bool, unencrypted: bool, port: int
) -> None:
    state = state_of(guest(communicator, bootstrap(consumer=consumer)))  # type: ignore[arg-type]  # of the table above
    assert (state.basic, state.negotiate, state.allow_unencrypted) == (basic, True, unencrypted)
    assert state.open_ports == {port}
    assert state.max_timeout_ms == 1_800_000


def test_the_accounts_of_the_spec_are_the_guests() -> None:
    spec = replace(
        guest(),
        accounts=(Account("admin", PASSWORD, ("administrators",)), Account("user", PASSWORD, ("Users",))),
        administrator_password=Secret("built-in"),
    )
    users = {user.name: (user.administrator, user.built_in) for user in state_of(spec).users}
    assert users == {"admin": (True, False), "user": (False, False), "Administrator": (True, True)}


@pytest.mark.parametrize("communicator", [ssh(), NoCommunicator()])
def test_only_a_guest_with_winrm_can_be_simulated(communicator: object) -> None:
    with pytest.raises(UsageError) as refused:
        state_of(guest(communicator))  # type: ignore[arg-type]  # of the table above
    assert refused.value.help


@pytest.mark.parametrize(
    ("build", "nt", "powershell"),
    [
        (7601, "6.1", "2.0"),
        (9200, "6.2", "3.0"),
        (9600, "6.3", "4.0"),
        (14393, "10.0", "5.1.14393.1"),
        (26100, "10.0", "5.1.26100.1"),
    ],
)
def test_a_build_has_its_version_and_its_powershell(build: int, nt: str, powershell: str) -> None:
    windows = WindowsVersion("Windows", build)
    assert windows.version == f"{nt}.{build}"
    assert windows.powershell == powershell


def test_accounts_are_found_without_regard_to_case() -> None:
    state = GuestState("H", (LocalUser("Vagrant", Secret("x")),))
    assert state.user("vAGRANT") == state.users[0]
    assert state.user("nobody") is None


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        ("a", "bde52cb31de33e46245e05fbdbd6fb24"),
        ("abc", "a448017aaf21d8525fc10ae87aa6729d"),
        ("message digest", "d9130a8164549fe818874806e1c7014b"),
        ("abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "043f8582f241db351ce627e153e7f0e4",
        ),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "e33b4ddc9c38f2199c3e7b164fcc0536",
        ),
    ],
)
def test_md4_gives_the_digests_of_rfc_1320(text: str, digest: str) -> None:
    assert md4(text.encode()).hex() == digest


def test_the_hash_of_a_password_is_the_one_of_ms_nlmp() -> None:
    assert nt_hash("Password").hex() == "a4f49c406510bdcab6824ee7c30fd852"  # [MS-NLMP] 4.2.2.1.2


@given(st.binary(max_size=200))
def test_md4_has_a_digest_for_any_length(data: bytes) -> None:
    assert len(md4(data)) == 16
