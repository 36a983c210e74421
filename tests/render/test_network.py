from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.render.answers import answer, component, shape, texts
from tests.spec.loading import SMALLEST
from toolkit.catalog.releases import releases

if TYPE_CHECKING:
    from pathlib import Path

TCPIP, DNS, JOIN = "Microsoft-Windows-TCPIP", "Microsoft-Windows-DNS-Client", "Microsoft-Windows-UnattendedJoin"
KEY = "{http://schemas.microsoft.com/WMIConfig/2002/State}keyValue"
CARD = (
    '[[network.interfaces]]\nname = "lan"\naddresses = ["10.0.0.2/8", "fd00::2/64"]\ngateways = ["10.0.0.1"]\n'
    'routes = [{ prefix = "fd01::/16", next_hop = "fd00::1", metric = 3 }]\ndns_servers = ["10.0.0.4"]\n'
    'dns_domain = "a.example"\nmetric = 7\n'
)
JOINING = '[domain]\nname = "lab.example"\nusername = "joiner"\npassword = \'Tell<Tale>&"\'\n'

# What a spec lets through to XML; the empty and the blank are refused.
WRITABLE = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=100
).filter(str.strip)
CONNECTIONS = WRITABLE.map(lambda name: name.translate({ord(sign): "-" for sign in '\\/:*?"<>|'})).filter(str.strip)


def text(words: str) -> str:
    """Write a TOML string."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


def test_without_network_settings_none_of_its_components_is_there() -> None:
    root = answer("")
    assert not {TCPIP, DNS, JOIN} & {element.get("name") for element in root.iter("{*}component")}


def test_a_card_with_addresses_of_its_own_asks_no_dhcp() -> None:
    assert shape(component(answer(CARD), "specialize", TCPIP)) == [
        (
            "Interfaces",
            [
                (
                    "Interface",
                    [
                        ("Identifier", "lan"),
                        ("Ipv4Settings", [("DhcpEnabled", "false"), ("Metric", "7")]),
                        ("Ipv6Settings", [("DhcpEnabled", "false"), ("Metric", "7")]),
                        (
                            "Routes",
                            [
                                (
                                    "Route",
                                    [("Identifier", "0"), ("NextHopAddress", "10.0.0.1"), ("Prefix", "0.0.0.0/0")],
                                ),
                                (
                                    "Route",
                                    [
                                        ("Identifier", "1"),
                                        ("Metric", "3"),
                                        ("NextHopAddress", "fd00::1"),
                                        ("Prefix", "fd01::/16"),
                                    ],
                                ),
                            ],
                        ),
                        ("UnicastIpAddresses", [("IpAddress", "10.0.0.2/8"), ("IpAddress", "fd00::2/64")]),
                    ],
                )
            ],
        )
    ]


def test_a_card_without_addresses_asks_dhcp_and_may_have_its_own_name_servers() -> None:
    root = answer('[[network.interfaces]]\ndns_servers = ["10.0.0.4", "10.0.0.5"]\n[network]\ndns_suffixes = ["lab"]')
    assert texts(root, "Interface/Ipv4Settings/DhcpEnabled") == ["true"]
    assert texts(root, "Interface/Ipv6Settings") == []
    assert shape(component(root, "specialize", DNS)) == [
        ("DNSSuffixSearchOrder", [("DomainName", "lab")]),
        (
            "Interfaces",
            [
                (
                    "Interface",
                    [
                        ("DNSServerSearchOrder", [("IpAddress", "10.0.0.4"), ("IpAddress", "10.0.0.5")]),
                        ("Identifier", "Ethernet"),
                    ],
                )
            ],
        ),
    ]
    assert root.xpath("//@wcm:keyValue", namespaces={"wcm": KEY[1:].partition("}")[0]}) == ["1", "1", "2"]


def test_a_workgroup_is_joined() -> None:
    assert texts(answer('[network]\nworkgroup = "LAB"'), "Identification/JoinWorkgroup") == ["LAB"]


def test_a_domain_is_joined_with_its_users_password_as_it_is() -> None:
    root = answer(JOINING + 'organizational_unit = "OU=a,DC=b"')
    assert shape(component(root, "specialize", JOIN)) == [
        (
            "Identification",
            [
                ("Credentials", [("Domain", "lab.example"), ("Password", 'Tell<Tale>&"'), ("Username", "joiner")]),
                ("JoinDomain", "lab.example"),
                ("MachineObjectOU", "OU=a,DC=b"),
            ],
        )
    ]


def test_a_user_who_names_his_domain_himself_has_none_beside_it() -> None:
    root = answer(JOINING.replace('"joiner"', '"joiner@lab.example"'))
    assert texts(root, "Credentials/Username") == ["joiner@lab.example"]
    assert texts(root, "Credentials/Domain") == []


def test_a_computer_provisioned_beforehand_brings_its_account_data(tmp_path: Path) -> None:
    data = base64.b64encode(bytes(range(256))).decode()
    (tmp_path / "blob").write_text(data)
    root = answer(f"[domain]\nblob = '{tmp_path / 'blob'}'")
    assert shape(component(root, "specialize", JOIN)) == [
        ("Identification", [("Provisioning", [("AccountData", data)])])
    ]


def test_in_a_domain_the_user_who_logs_on_is_still_this_computers() -> None:
    assert texts(answer(JOINING), "AutoLogon/Domain") == ["."]
    assert texts(answer(""), "AutoLogon/Domain") == []


@pytest.mark.parametrize("release", releases())
def test_every_release_takes_all_of_it(release: str) -> None:
    answer(CARD + JOINING, SMALLEST.replace("server-2022", release))


@settings(max_examples=60)
@given(CONNECTIONS)
def test_any_name_of_a_connection_arrives_as_it_was_written(name: str) -> None:
    root = answer(f"[[network.interfaces]]\nname = {text(name)}\ndns_servers = ['10.0.0.1']\n")
    assert texts(root, "Interface/Identifier") == [name, name]


@settings(max_examples=60)
@given(WRITABLE)
def test_any_credentials_of_a_domain_arrive_as_they_were_written(words: str) -> None:
    root = answer(f'[domain]\nname = "lab.example"\nusername = {text(words)}\npassword = {text(words)}\n')
    assert texts(root, "Credentials/Username") == [words]
    assert texts(root, "Credentials/Password") == [words]
