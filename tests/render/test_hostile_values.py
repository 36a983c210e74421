"""Values that break things elsewhere, in every field of text: they come out as they went in, or are refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.render.answers import files_of
from tests.render.test_network import text
from tests.spec.loading import SMALLEST, loaded
from toolkit.catalog.check import check
from toolkit.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A spec with one field left open, and the key that a refusal must name.
FIELDS = {
    "network.workgroup": "[network]\nworkgroup = {}\n",
    "network.dns_suffixes": "[network]\ndns_suffixes = [{}]\n",
    "network.interfaces.name": "[[network.interfaces]]\nname = {}\n",
    "network.interfaces.mac": "[[network.interfaces]]\nmac = {}\n",
    "network.interfaces.addresses": "[[network.interfaces]]\naddresses = [{}]\n",
    "network.interfaces.gateways": "[[network.interfaces]]\ngateways = [{}]\n",
    "network.interfaces.dns_servers": "[[network.interfaces]]\ndns_servers = [{}]\n",
    "network.interfaces.dns_domain": "[[network.interfaces]]\ndns_domain = {}\n",
    "network.interfaces.routes.prefix": '[[network.interfaces]]\nroutes = [{{ prefix = {}, next_hop = "::1" }}]\n',
    "network.interfaces.routes.next_hop": '[[network.interfaces]]\nroutes = [{{ prefix = "::/0", next_hop = {} }}]\n',
    "domain.name": '[domain]\nusername = "u"\npassword = "p"\nname = {}\n',
    "domain.username": '[domain]\nname = "d.e"\npassword = "p"\nusername = {}\n',
    "domain.password": '[domain]\nname = "d.e"\nusername = "u"\npassword = {}\n',
    "domain.user_domain": '[domain]\nname = "d.e"\nusername = "u"\npassword = "p"\nuser_domain = {}\n',
    "domain.organizational_unit": '[domain]\nname = "d.e"\nusername = "u"\npassword = "p"\norganizational_unit = {}\n',
    "domain.blob": "[domain]\nblob = {}\n",
    "wlan.ssid": '[wlan]\npassword = "12345678"\nssid = {}\n',
    "wlan.password": '[wlan]\nssid = "s"\npassword = {}\n',
    "drivers.paths": "[drivers]\npaths = [{}]\n",
    "drivers.folders": "[drivers]\nfolders = [{}]\n",
    "tweaks.remove_apps": "[tweaks]\nremove_apps = [{}]\n",
    "tweaks.remove_capabilities": "[tweaks]\nremove_capabilities = [{}]\n",
    "tweaks.firewall_groups": "[tweaks]\nfirewall_groups = [{}]\n",
    "tweaks.defender_exclusions": "[tweaks]\ndefender_exclusions = [{}]\n",
    "sysprep.computer_name": "[sysprep]\ncomputer_name = {}\n",
    "scripts.file": "[[scripts]]\nfile = {}\n",
    "raw.component": "[[raw]]\npass = 'specialize'\nxml = '<A>1</A>'\ncomponent = {}\n",
    "raw.xml": "[[raw]]\npass = 'specialize'\ncomponent = 'Microsoft-Windows-IE-ESC'\nxml = {}\n",
    "commands.run": "[[commands]]\nphase = 'setup-complete'\nrun = {}\n",
    "commands.description": "[[commands]]\nphase = 'every-logon'\nrun = 'x'\ndescription = {}\n",
}
HOSTILE = (
    "<&\"'>]]>",
    "%PATH% & del | more > x ^ ! (a)",
    "\\\"'`$(x)",
    "x" * 10_000,
    "\u202egnp.exe\u200f",
    "a\tb\nc",
    "\x00",
    "\x1b[2J",
    "e\u0301😀\U000e0001",
    " ",
    "..\\..\\x",
    "--",
)
WHOLE = {"network.interfaces.name", "domain.username", "domain.password"}


def outcome(field: str, value: str) -> dict[str, bytes] | list[str]:
    """Give the files of a spec with `value` in `field`, or the messages and places of its refusal."""
    try:
        found = loaded(SMALLEST.replace("server-2022", "11") + FIELDS[field].format(text_of(value)))
    except SpecError as refusal:
        return [f"{problem.place.line} {problem.message}" for problem in refusal.problems]
    return files_of(found.guest)


def text_of(value: str) -> str:
    """Write a TOML string, control characters too."""
    return "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else c for c in text(value))


def texts_in(data: bytes) -> Iterator[str]:
    for element in etree.fromstring(data).iter("{*}*"):
        yield element.text or ""


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_a_hostile_value_comes_out_as_it_is_or_is_refused_where_it_stands(field: str, value: str) -> None:
    judge(field, value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(FIELDS)), st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_value_does(field: str, value: str) -> None:
    judge(field, value)


def judge(field: str, value: str) -> None:
    result = outcome(field, value)
    if isinstance(result, list):
        assert result
        assert all(7 <= int(line.split(" ", 1)[0]) <= 12 for line in result)
        return
    data = result["Autounattend.xml"]
    assert data.isascii()
    assert [problem for problem in check(data, "11") if problem.severity == "error"] == []
    if field in WHOLE:
        assert value in list(texts_in(data))
    for name, content in result.items():
        if name.endswith((".cmd", ".bat")) and "command" not in name:
            assert content.isascii()
            assert content.count(b"\n") == content.count(b"\r\n")
            assert max(map(len, content.splitlines())) <= 8191
