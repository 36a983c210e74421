from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from winrm.protocol import Protocol

from tests.render.guests import bootstrap, guest, ssh, winrm
from tests.render.modes import on
from toolkit.render.handoff.ansible import inventory, yaml_string
from toolkit.render.handoff.trust import Trust
from toolkit.spec.guest import (
    Bootstrap,
    Communicator,
    Consumer,
    Guest,
    GuestMade,
    HostMade,
    NoCommunicator,
    OpenSsh,
    Winrm,
)

# ansible.builtin.winrm, .psrp and .ssh as ansible-core 2.19 documents them (ansible-doc -t connection); what the winrm
# plugin does not name itself it hands to pywinrm.
PYWINRM = {f"ansible_winrm_{name}" for name in inspect.signature(Protocol).parameters}
KNOWN = PYWINRM | {
    *("ansible_connection", "ansible_host", "ansible_port", "ansible_user", "ansible_password", "ansible_shell_type"),
    *("ansible_winrm_scheme", "ansible_winrm_transport"),
    *("ansible_psrp_protocol", "ansible_psrp_auth", "ansible_psrp_cert_validation", "ansible_psrp_ca_cert"),
    "ansible_psrp_message_encryption",
}


class Unsafe(str):
    """A text in which Ansible looks for no template."""

    __slots__ = ()


class Loader(yaml.SafeLoader):
    """YAML as Ansible reads it."""


def unsafe(loader: Loader, node: yaml.ScalarNode) -> Unsafe:
    return Unsafe(loader.construct_scalar(node))


Loader.add_constructor("!unsafe", unsafe)


def groups(communicator: Communicator, settings: Bootstrap | None = None, trust: Trust = Trust.UNCHECKED) -> Any:
    assert not isinstance(communicator, NoCommunicator)
    text = inventory(guest(communicator, settings), communicator, trust)
    (root,) = (read := yaml.load(text, Loader))  # noqa: S506  (a SafeLoader with one more tag)
    assert root == "all"
    return read["all"]["children"]


def variables(communicator: Communicator, settings: Bootstrap | None = None, trust: Trust = Trust.UNCHECKED) -> Any:
    return {name: group["vars"] for name, group in groups(communicator, settings, trust).items()}


def test_the_guest_stands_there_once_for_each_plugin() -> None:
    assert {name: list(group["hosts"]) for name, group in groups(winrm()).items()} == {
        "unattend_winrm": ["unattend"],
        "unattend_psrp": ["unattend-psrp"],
    }


@pytest.mark.parametrize("trust", list(Trust))
@pytest.mark.parametrize("communicator", [winrm(), winrm(ntlm=True), winrm(ssl=True), ssh()], ids=str)
def test_only_variables_that_ansible_has_are_written(communicator: Communicator, trust: Trust) -> None:
    for written in variables(communicator, trust=trust).values():
        assert set(written) <= KNOWN


@pytest.mark.parametrize(
    ("communicator", "settings", "method"),
    [
        (winrm(), bootstrap(), "basic"),
        (winrm(ntlm=True), bootstrap(), "ntlm"),
        (winrm(ntlm=True), replace(bootstrap(), kerberos=True), "kerberos"),
        (winrm(ssl=True), replace(bootstrap(), credssp=True), "credssp"),
    ],
)
def test_both_plugins_prove_themselves_the_same_way(communicator: Winrm, settings: Bootstrap, method: str) -> None:
    written = variables(communicator, settings)
    assert written["unattend_winrm"]["ansible_winrm_transport"] == method
    assert written["unattend_psrp"]["ansible_psrp_auth"] == method


def test_a_client_certificate_of_the_hosts_is_a_way_of_its_own_without_a_password() -> None:
    settings = replace(bootstrap(), client_certificate=HostMade())
    assert "unattend_certificate" not in groups(winrm(ssl=True))
    written = variables(winrm(ssl=True), settings)["unattend_certificate"]
    assert set(written) <= KNOWN
    assert "ansible_password" not in written
    assert written["ansible_winrm_transport"] == "certificate"
    assert written["ansible_winrm_cert_pem"] == "{{ inventory_dir }}/../private/winrm-client.pem"
    assert written["ansible_winrm_cert_key_pem"] == "{{ inventory_dir }}/../private/winrm-client-key.pem"


def test_psrp_on_a_client_that_is_not_prepared_for_it_is_said_so() -> None:
    def said(wanted: Guest) -> bool:
        return "bootstrap.psrp = true" in inventory(wanted, winrm(), Trust.SYSTEM)

    prepared = replace(bootstrap(), psrp=True)
    assert said(on("11", guest()))
    assert not said(on("11", guest(settings=prepared)))
    assert not said(on("server-2022", guest()))


def test_what_can_be_sealed_over_http_is() -> None:
    written = variables(winrm(ntlm=True))
    assert written["unattend_winrm"]["ansible_winrm_message_encryption"] == "always"
    assert written["unattend_psrp"]["ansible_psrp_message_encryption"] == "always"


def test_psrp_is_told_that_basic_over_http_has_no_encryption() -> None:
    assert variables(winrm())["unattend_psrp"]["ansible_psrp_message_encryption"] == "never"


@pytest.mark.parametrize(
    ("trust", "validation", "authority"),
    [
        (Trust.SYSTEM, "validate", None),
        (Trust.OWN_AUTHORITY, "validate", "{{ inventory_dir }}/winrm.pem"),
        (Trust.UNCHECKED, "ignore", None),
    ],
)
def test_a_certificate_is_checked_wherever_it_can_be(trust: Trust, validation: str, authority: str | None) -> None:
    written = variables(winrm(ssl=True), trust=trust)
    by_winrm, by_psrp = written["unattend_winrm"], written["unattend_psrp"]
    assert by_winrm["ansible_winrm_server_cert_validation"] == by_psrp["ansible_psrp_cert_validation"] == validation
    assert by_winrm.get("ansible_winrm_ca_trust_path") == by_psrp.get("ansible_psrp_ca_cert") == authority


@pytest.mark.parametrize(
    ("communicator", "settings", "said"),
    [
        (winrm(ssl=True), bootstrap(), "with winrm_host\n        # in the spec it does, and is checked"),
        (winrm(ssl=True), replace(bootstrap(), certificate=GuestMade()), "The guest makes its certificate itself"),
        (replace(winrm(ssl=True), insecure=True), bootstrap(), "As winrm_insecure in the spec has it"),
    ],
)
def test_a_certificate_goes_unchecked_for_a_reason_that_holds(
    communicator: Winrm, settings: Bootstrap, said: str
) -> None:
    text = inventory(guest(communicator, settings), communicator, Trust.UNCHECKED)
    assert said in text
    assert text.count("thumbprint") == (2 if "checked" in said else 0)


def test_http_has_no_certificate_to_check() -> None:
    for written in variables(winrm(), trust=Trust.SYSTEM).values():
        assert not {name for name in written if "cert" in name}


def test_the_port_and_the_scheme_are_always_said_since_ansibles_default_is_https() -> None:
    assert variables(winrm())["unattend_winrm"]["ansible_port"] == 5985
    assert variables(winrm())["unattend_winrm"]["ansible_winrm_scheme"] == "http"
    assert variables(winrm(ssl=True))["unattend_psrp"]["ansible_psrp_protocol"] == "https"


def test_the_address_of_the_spec_is_the_hosts() -> None:
    hosts = groups(replace(winrm(), host="10.0.0.5"))["unattend_winrm"]["hosts"]
    assert hosts == {"unattend": {"ansible_host": "10.0.0.5"}}


@pytest.mark.parametrize(
    ("shell", "kind"),
    [
        (None, "cmd"),
        ("cmd", "cmd"),
        ("powershell", "powershell"),
        (r"C:\Program Files\PowerShell\7\pwsh.exe", "powershell"),
    ],
)
def test_ansible_is_told_the_ssh_servers_shell(shell: str | None, kind: str) -> None:
    settings = replace(bootstrap(), openssh=OpenSsh(default_shell=shell))
    assert variables(ssh(port=2222), settings)["unattend_ssh"] == {
        "ansible_user": "packeruser",
        "ansible_password": "{{ lookup('ansible.builtin.env', 'UNATTEND_WINRM_PASSWORD') }}",
        "ansible_port": 2222,
        "ansible_connection": "ssh",
        "ansible_shell_type": kind,
    }


@pytest.mark.parametrize("name", ["{{ lookup('pipe', 'id') }}", "{% raw %}", "{# comment #}"])
def test_a_name_that_looks_like_a_template_is_none(name: str) -> None:
    written = variables(replace(winrm(), username=name))["unattend_winrm"]["ansible_user"]
    assert isinstance(written, Unsafe)
    assert written == name


def test_a_client_that_seals_is_told_that_the_guest_would_not_insist() -> None:
    for consumer, said in ((Consumer.ANY, True), (Consumer.ANSIBLE, False)):
        text = inventory(guest(winrm(ntlm=True), bootstrap(consumer=consumer)), winrm(ntlm=True), Trust.SYSTEM)
        assert ('bootstrap.consumer = "ansible" ends it' in text) == said


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"), exclude_characters="\ufeff")))
def test_any_printable_text_survives_yaml(text: str) -> None:
    assert yaml.safe_load(yaml_string(text)) == text
