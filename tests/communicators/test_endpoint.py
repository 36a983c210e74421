from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.communicators.endpoint import Auth, Endpoint, normal_thumbprint
from toolkit.errors import UsageError
from toolkit.secret import Secret

SHA1 = "0123456789ABCDEF0123456789ABCDEF01234567"
SHA256 = "00" * 31 + "FF"


def endpoint(host: str = "guest1", port: int = 5985, *, ssl: bool = False, pin: str | None = None) -> Endpoint:
    return Endpoint(host, port, ssl, Auth.BASIC, "vagrant", Secret("s3cret"), pin=pin)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        (endpoint(), "http://guest1:5985/wsman"),
        (endpoint(port=5986, ssl=True), "https://guest1:5986/wsman"),
        (endpoint("::1"), "http://[::1]:5985/wsman"),
        (endpoint("fe80::1%eth0"), "http://[fe80::1%25eth0]:5985/wsman"),
    ],
)
def test_the_url_is_whole_whatever_the_host(given: Endpoint, url: str) -> None:
    assert given.url == url


def test_a_zone_stays_on_this_host() -> None:
    assert endpoint("fe80::1%eth0").host_field == "[fe80::1]:5985"


def test_a_pin_without_tls_is_refused_and_not_passed_over() -> None:
    with pytest.raises(UsageError, match="with TLS only"):
        endpoint(pin=SHA1)


@pytest.mark.parametrize("name", ["", ".foo", "a" * 64, "two words"])
def test_a_server_name_that_no_handshake_can_carry_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        Endpoint("guest1", 5986, True, Auth.NTLM, "bob", Secret("x"), server_name=name)


@pytest.mark.parametrize(("user", "password"), [("b\udcffb", "x"), ("bob", "s3cr\udcffet")])
def test_bytes_that_are_no_text_are_refused_and_not_shown(user: str, password: str) -> None:
    with pytest.raises(UsageError, match="no text") as raised:
        Endpoint("guest1", 5985, False, Auth.BASIC, user, Secret(password))
    assert "s3cr" not in f"{raised.value} {raised.value.help} {raised.value.__context__}"


def test_the_password_is_in_no_representation() -> None:
    assert "s3cret" not in repr(endpoint())


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(UsageError, match="is not a port"):
        endpoint(port=port)


def test_an_empty_user_name_is_refused() -> None:
    with pytest.raises(UsageError, match="user name"):
        Endpoint("guest1", 5985, ssl=False, auth=Auth.NTLM, username="", password=Secret("x"))


@pytest.mark.parametrize(
    ("copied", "normal"),
    [
        (SHA1, SHA1),
        (SHA1.lower(), SHA1),
        ("\u200e01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67", SHA1),
        ("sha256:" + SHA256.lower(), SHA256),
        ("SHA-1=" + SHA1, SHA1),
    ],
)
def test_a_thumbprint_is_read_as_the_tools_show_it(copied: str, normal: str) -> None:
    assert normal_thumbprint(copied) == normal
    assert endpoint(ssl=True, pin=copied).thumbprint == normal


@pytest.mark.parametrize("copied", ["", "abc", SHA1[:-1], SHA1 + "0", "G" * 40, "md5:" + "0" * 32])
def test_what_is_no_thumbprint_is_refused_when_the_endpoint_is_made(copied: str) -> None:
    with pytest.raises(UsageError, match="is not a certificate's thumbprint"):
        endpoint(ssl=True, pin=copied)


@given(st.binary(min_size=20, max_size=20) | st.binary(min_size=32, max_size=32), st.sampled_from([":", " ", "-"]))
def test_separators_and_case_do_not_change_a_thumbprint(digest: bytes, separator: str) -> None:
    assert normal_thumbprint(digest.hex(separator)) == digest.hex().upper()
