from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.spec.loading import SMALLEST, errors, guest_of, refused, warnings
from toolkit.spec.surroundings import Interface, Network, Route

LONG = ".".join(["a" * 63] * 4)  # 255 characters, the most
CARD = SMALLEST + "[[network.interfaces]]\n"


def test_without_a_word_about_it_the_network_is_windows_own() -> None:
    assert guest_of(SMALLEST).network == Network()


def test_a_card_has_addresses_gateways_routes_and_name_servers() -> None:
    network = guest_of(
        CARD
        + 'mac = "00:15:5d:01:02:03"\naddresses = ["10.0.0.2/8", "fd00::2/64"]\ngateways = ["10.0.0.1", "fd00::1"]\n'
        + 'routes = [{ prefix = "192.168.0.0/16", next_hop = "10.0.0.3", metric = 5 }]\n'
        + 'dns_servers = ["10.0.0.4"]\ndns_domain = "a.example"\nmetric = 7\n'
        + '[network]\ndns_suffixes = ["b.example", "lab"]\nworkgroup = "LAB"\n'
    ).network
    routes = (Route("0.0.0.0/0", "10.0.0.1"), Route("::/0", "fd00::1"), Route("192.168.0.0/16", "10.0.0.3", 5))
    card = Interface("00-15-5D-01-02-03", ("10.0.0.2/8", "fd00::2/64"), routes, ("10.0.0.4",), "a.example", 7)
    assert network == Network((card,), ("b.example", "lab"), "LAB")


@pytest.mark.parametrize(
    ("release", "name"), [("7", "Local Area Connection"), ("server-2022", "Ethernet"), ("11", "Ethernet")]
)
def test_a_card_without_a_name_is_the_first_as_the_release_calls_it(release: str, name: str) -> None:
    assert guest_of(CARD.replace("server-2022", release)).network.interfaces[0].identifier == name


@pytest.mark.parametrize(
    ("release", "language", "translated"),
    [("7", "de-DE", True), ("7", "en-GB", False), ("11", "ja-JP", True), ("11", "zh-TW", True), ("11", "de-DE", False)],
)
def test_a_card_without_a_name_is_pointed_out_where_its_name_is_translated(
    release: str,
    language: str,
    *,
    translated: bool,
) -> None:
    text = CARD.replace("server-2022", release) + f'[locale]\nui_language = "{language}"\n'
    assert [language in words for words in warnings(text)] == [True] * translated
    assert warnings(text.replace("interfaces]]\n", "interfaces]]\nname = 'lan'\n")) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('addresses = ["10.0.0.2"]', '"10.0.0.2" is not an address with a prefix length'),
        ('addresses = ["10.0.0.2/255.0.0.0"]', '"10.0.0.2/255.0.0.0" is not an address with a prefix length'),
        ('addresses = ["10.0.0.300/8"]', '"10.0.0.300/8" is not an address with a prefix length'),
        ('addresses = ["fe80::1%3/64"]', '"fe80::1%3/64" is not an address with a prefix length'),
        ('addresses = ["::/0"]', '"::/0" is no address that a network card can have'),
        ('addresses = ["224.0.0.1/4"]', '"224.0.0.1/4" is no address that a network card can have'),
        ('addresses = ["10.1.2.0/24"]', '"10.1.2.0/24" is the network itself: no network card can have it'),
        (
            'addresses = ["10.1.2.7/30"]',
            '"10.1.2.7/30" is the network\'s broadcast address: no network card can have it',
        ),
        ('addresses = ["10.0.0.2/8", "10.0.0.2/24"]', "the address 10.0.0.2 is given for the second time"),
        ('name = "LAN/1*"', 'the connection name "LAN/1*" holds * /, which none may'),
        ('gateways = ["10.0.0.1", "10.0.0.9"]', "there is a gateway for IPv4 already"),
        ('addresses = ["fe80::1/64", "fe80::1/10"]', "the address fe80::1 is given for the second time"),
        ('gateways = ["0.0.0.0"]', "the gateway 0.0.0.0 is no other machine's address"),
        (
            'addresses = ["10.0.0.2/8"]\ngateways = ["10.0.0.2"]',
            "the gateway 10.0.0.2 is no other machine's address",
        ),
        (f'dns_domain = "{LONG}."', f'"{LONG}." is not a DNS domain name'),
        ('gateways = ["router"]', '"router" is not an IP address'),
        ('dns_servers = ["8.8.8"]', '"8.8.8" is not an IP address'),
        ('mac = "00155D010203"', '"00155D010203" is not a MAC address'),
        ('name = "a"\nmac = "00-15-5D-01-02-03"', "mac and name exclude each other: each says which card is meant"),
        ('dns_domain = "a b"', '"a b" is not a DNS domain name'),
        ('routes = [{ prefix = "10.0.0.1/8", next_hop = "10.0.0.1" }]', '"10.0.0.1/8" is not a network'),
        (
            'routes = [{ prefix = "10.0.0.0/8", next_hop = "::1" }]',
            "::1 cannot lead to 10.0.0.0/8: one is IPv6, the other is not",
        ),
    ],
)
def test_what_is_no_address_or_name_is_refused_where_it_stands(line: str, message: str) -> None:
    [problem] = refused(CARD + line)
    assert problem.message == message
    assert problem.place.line >= 7


def test_networks_of_two_addresses_have_no_others() -> None:
    ours = ("10.0.0.0/31", "10.0.0.3/32", "10.0.0.1/31", "fd00::/64")
    [card] = guest_of(CARD + f"addresses = {list(ours)}").network.interfaces
    assert card.addresses == ours


def test_two_cards_may_share_an_address_of_their_links() -> None:
    card = '[[network.interfaces]]\nname = "{}"\naddresses = ["fe80::1/64"]\n'
    both = guest_of(SMALLEST + card.format("a") + card.format("b")).network.interfaces
    assert [one.addresses for one in both] == [("fe80::1/64",)] * 2


def test_two_cards_cannot_share_an_address() -> None:
    card = '[[network.interfaces]]\nname = "{}"\naddresses = ["10.0.0.2/24"]\n'
    assert errors(SMALLEST + card.format("a") + card.format("b")) == [
        "12:14 the address 10.0.0.2 is given for the second time"
    ]


def test_two_interfaces_for_one_card_are_refused() -> None:
    assert errors(CARD + 'name = "lan"\n[[network.interfaces]]\nname = "LAN"\n') == [
        '9:1 there are two interfaces for "LAN"'
    ]


def test_a_gateway_that_no_address_can_reach_is_pointed_out() -> None:
    assert warnings(CARD + 'addresses = ["10.0.0.2/24"]\ngateways = ["10.0.1.1"]') == [
        "the gateway 10.0.1.1 is in none of this card's networks: nothing could reach it"
    ]
    assert warnings(CARD + 'addresses = ["10.0.0.2/24", "fd00::2/64"]\ngateways = ["10.0.0.1", "fe80::1"]') == []
    alone = (
        CARD
        + 'addresses = ["10.0.0.2/32"]\ngateways = ["10.0.1.1"]\nroutes = [{{ prefix = "{}", next_hop = "0.0.0.0" }}]'
    )
    assert warnings(alone.format("10.0.1.1/32")) == []
    assert len(warnings(alone.format("10.0.2.0/24"))) == 1


@pytest.mark.parametrize("name", ["", " ", "a" * 16, 'a"b', "a/b"])
def test_a_workgroup_has_a_netbios_name(name: str) -> None:
    [problem] = refused(SMALLEST + f"[network]\nworkgroup = '{name}'\n")
    assert problem.message == f'network.workgroup "{name}" is not a workgroup\'s name'


@given(st.ip_addresses(network="10.0.0.0/8"), st.integers(0, 32))
def test_any_address_is_taken_as_it_is_written(address: object, length: int) -> None:
    text = f"{address}/{length}"
    network = ip_network(text, strict=False)
    assume(length > 30 or address not in (network.network_address, network.broadcast_address))
    assert guest_of(CARD + f'addresses = ["{text}"]').network.interfaces[0].addresses == (text,)
