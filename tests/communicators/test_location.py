from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.communicators.location import Location, bracketed, default_port, parse_host
from toolkit.errors import UsageError


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("guest1", Location("guest1")),
        ("  guest1  ", Location("guest1")),
        ("WIN_01.lab.example", Location("WIN_01.lab.example")),
        ("10.0.0.5", Location("10.0.0.5")),
        ("10.0.0.5:5986", Location("10.0.0.5", 5986)),
        ("::1", Location("::1")),
        ("fe80::1%eth0", Location("fe80::1%eth0")),
        ("[fe80::1%25eth0]:5985", Location("fe80::1%eth0", 5985)),
        ("[::1]", Location("::1")),
        ("[::1]:15985", Location("::1", 15985)),
        ("http://guest1", Location("guest1", None, ssl=False)),
        ("HTTPS://guest1:8443/wsman", Location("guest1", 8443, ssl=True)),
        ("https://[fd00::5]/wsman/", Location("fd00::5", None, ssl=True)),
        ("https://10.0.0.5/", Location("10.0.0.5", None, ssl=True)),
        ("bücher.lab", Location("xn--bcher-kva.lab")),
    ],
)
def test_every_usual_spelling_of_a_guest_is_read(text: str, location: Location) -> None:
    assert parse_host(text) == location


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "names no host"),
        (":5985", "names no host"),
        ("guest1:", "is not a port"),
        ("guest1:winrm", "'winrm' in"),
        ("guest1:0", "0 is not a port"),
        ("guest1:65536", "65536 is not a port"),
        ("ftp://guest1", "ftp:// is not a way to reach WinRM"),
        ("guest1/wsman", "needs http:// or https://"),
        ("http://guest1/PowerShell", "has the path /PowerShell"),
        ("[::1:5985", "does not close"),
        ("[guest1]:5985", "does not close"),
        ("[::1]5985", "does not close"),
        ("1:2:3", "is not an IPv6 address"),
        ("fe80::1%a/b", "needs http://"),
        ("fe80::1%a b", "has a zone"),
        ("guest 1", "neither a host name nor an address"),
        ("-guest", "neither a host name nor an address"),
        ("guest..lab", "is not a host name"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason_and_the_right_forms(text: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_host(text)
    assert complaint in caught.value.message
    assert caught.value.help


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        parse_host("http://admin:s3cret@guest1")
    assert "s3cret" not in f"{caught.value.message} {caught.value.help}"


def test_ports_default_to_winrms_own() -> None:
    assert (default_port(ssl=False), default_port(ssl=True)) == (5985, 5986)


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


@given(addresses, st.integers(1, 65535))
def test_an_address_written_as_a_url_is_read_back_and_other_readers_agree(host: str, port: int) -> None:
    url = f"https://{bracketed(host)}:{port}/wsman"

    assert parse_host(url) == Location(host, port, ssl=True)
    assert (urlsplit(url).hostname, urlsplit(url).port) == (host, port)


@given(st.text(max_size=40))
def test_any_text_is_either_read_or_refused_as_the_users_mistake(text: str) -> None:
    try:
        location = parse_host(text)
    except UsageError as err:
        assert err.message  # noqa: PT017  (either way out is right; a third would be an error)
    else:
        if ":" in location.host:
            ipaddress.IPv6Address(location.host)
        assert not set(location.host) & set(" /?#@[]\\\r\n\t")
        assert location.port is None or 1 <= location.port <= 65535
