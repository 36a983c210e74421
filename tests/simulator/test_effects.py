"""What single commands do to WinRM, the firewall and the policies of a guest."""

from __future__ import annotations

from functools import reduce

import pytest

from toolkit.simulator.effects import apply
from toolkit.simulator.machine import Machine, Transport, installed

CLIENT = installed(server=False, build=19045)
SERVER = installed(server=True, build=20348)
LISTENER = "winrm/config/Listener?Address=*+Transport="


def after(*commands: str, machine: Machine = SERVER) -> Machine:
    return reduce(lambda before, command: apply(command, before).machine, commands, machine)


def test_a_server_is_open_from_the_first_boot_and_a_client_is_not() -> None:
    assert SERVER.open_ports == {5985}
    assert not SERVER.remote_elevation
    assert CLIENT.open_ports == frozenset()
    assert installed(server=True, build=7601).open_ports == frozenset()


def test_quickconfig_does_all_of_it_at_once() -> None:
    opened = after("winrm quickconfig -q", machine=CLIENT)
    assert opened.open_ports == {5985}
    assert opened.remote_elevation
    assert not opened.basic


@pytest.mark.parametrize("flag", ["-q", "-quiet", "/q", "-force"])
def test_quickconfig_asks_nothing_when_told_so(flag: str) -> None:
    assert not apply(f"winrm quickconfig {flag}", CLIENT).hangs


def test_quickconfig_waits_for_an_answer_only_if_there_is_something_to_do() -> None:
    assert apply("winrm quickconfig", CLIENT).hangs
    assert not apply("winrm quickconfig", after("winrm quickconfig -q")).hangs


def test_quickconfig_for_https_refuses_a_self_signed_certificate() -> None:
    assert apply("winrm quickconfig -q -transport:https", CLIENT).exit_code != 0


@pytest.mark.parametrize(
    ("command", "setting", "value"),
    [
        ('winrm set winrm/config/service @{AllowUnencrypted="true"}', "allow_unencrypted", True),
        ('winrm set winrm/config/service/auth @{Basic="true"}', "basic", True),
        ('winrm set winrm/config/service/auth @{Basic="false";Negotiate="false"}', "negotiate", False),
        ('winrm set winrm/config @{MaxTimeoutms="1800000"}', "max_timeout_ms", 1_800_000),
        ('winrm set winrm/config @{ MaxEnvelopeSizekb = "1024" }', "max_envelope_kb", 1024),
        ('winrm set winrm/config/winrs @{MaxMemoryPerShellMB="300";MaxShellsPerUser="5"}', "max_shells_per_user", 5),
        ("reg add HKLM\\...\\System /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f", "remote_elevation", True),
        ("reg.exe ADD HKLM\\...\\System /f /v LocalAccountTokenFilterPolicy /d 0x1", "remote_elevation", True),
        ("reg add HKLM\\...\\System /v LocalAccountTokenFilterPolicy /d 0 /f", "remote_elevation", False),
        ("net stop winrm", "service_running", False),
        ("sc.exe stop WinRM", "service_running", False),
    ],
)
def test_a_setting_is_set(command: str, setting: str, value: object) -> None:
    effect = apply(command, SERVER)
    assert effect.exit_code == 0
    assert getattr(effect.machine, setting) == value


def test_what_was_set_is_told_in_the_names_of_the_command() -> None:
    effect = apply('winrm set winrm/config/service/auth @{Basic="true";CredSSP="false"}', SERVER)
    assert effect.text == "Basic is true, CredSSP is false"


def test_winrm_cannot_be_set_up_while_its_service_stands_still() -> None:
    effect = apply('winrm set winrm/config/service/auth @{Basic="true"}', CLIENT)
    assert effect.exit_code == 1
    assert not effect.machine.basic


def test_settings_whose_quotes_were_lost_are_an_invalid_command_line() -> None:
    assert apply("winrm set winrm/config/service System.Collections.Hashtable", SERVER).exit_code == 1


@pytest.mark.parametrize(
    "policy", ["reg query HKLM\\x /v LocalAccountTokenFilterPolicy", "reg add HKLM\\x /v Other /d 1 /f"]
)
def test_other_registry_commands_change_nothing(policy: str) -> None:
    assert apply(policy, SERVER).machine == SERVER


def test_listeners_are_made_moved_and_deleted() -> None:
    made = after(f'winrm create {LISTENER}HTTPS @{{Hostname="h";CertificateThumbprint="AB"}}')
    assert [listener.port for listener in made.listeners] == [5985, 5986]
    moved = after(f'winrm set {LISTENER}HTTP @{{Port="8080"}}', machine=made)
    http = moved.listener(Transport.HTTP)
    assert http is not None
    assert http.port == 8080
    assert after(f"winrm delete {LISTENER}HTTP", machine=moved).listener(Transport.HTTP) is None


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (f"winrm create {LISTENER}HTTP", 1),
        (f"winrm delete {LISTENER}HTTPS", 1),
        (f"winrm get {LISTENER}HTTP", 0),
        (f"winrm get {LISTENER}HTTPS", 1),
        ("winrm enumerate winrm/config/Listener", 0),
        ("winrm delete winrm/config/Listener?Address=*", 1),
    ],
)
def test_a_listener_is_found_or_not(command: str, code: int) -> None:
    assert apply(command, SERVER).exit_code == code


def test_start_wants_a_blank_after_its_equals_sign() -> None:
    assert apply("sc config winrm start=auto", SERVER).exit_code != 0
    assert apply("sc config winrm start= auto", SERVER).exit_code == 0


def test_a_disabled_service_does_not_start() -> None:
    disabled = after("sc config winrm start= disabled", machine=CLIENT)
    assert apply("net start winrm", disabled).exit_code != 0
    assert after("sc config winrm start= demand", "net start winrm", machine=disabled).service_running


def test_a_block_rule_beats_every_allow_rule_until_it_is_deleted() -> None:
    blocked = after(
        'netsh advfirewall firewall add rule name="hold it" dir=in action=block protocol=TCP localport=5985,5986',
        "netsh advfirewall firewall add rule name=open dir=in action=allow protocol=TCP localport=5985",
    )
    assert blocked.open_ports == frozenset()
    assert "hold it" in blocked.why_closed()
    assert after('netsh advfirewall firewall delete rule name="Hold It"', machine=blocked).open_ports == {5985}


@pytest.mark.parametrize(
    ("ports", "covered"),
    [
        ("5985", True),
        ("any", True),
        ("80,5985", True),
        ("5980-5990", True),
        ("5986", False),
        ("59", False),
        ("x-y", False),
    ],
)
def test_a_rule_covers_the_ports_it_names(ports: str, *, covered: bool) -> None:
    bare = after("netsh advfirewall firewall delete rule name=all")
    rule = f"netsh advfirewall firewall add rule name=r dir=in action=allow protocol=TCP localport={ports}"
    assert (after(rule, machine=bare).open_ports == {5985}) is covered


@pytest.mark.parametrize(
    "options", ["dir=out action=block", "dir=in action=block protocol=UDP", "dir=in action=block enable=no"]
)
def test_rules_for_something_else_do_not_count(options: str) -> None:
    assert after(f"netsh advfirewall firewall add rule name=r {options}").open_ports == {5985}


@pytest.mark.parametrize("options", ["name=r dir=in", "dir=in action=allow", "name=r action=allow"])
def test_an_incomplete_rule_is_refused(options: str) -> None:
    assert apply(f"netsh advfirewall firewall add rule {options}", SERVER).exit_code == 1


def test_the_group_of_the_old_documentation_has_no_part_in_winrm() -> None:
    effect = apply('netsh advfirewall firewall set rule group="remote administration" new enable=yes', CLIENT)
    assert effect.machine == CLIENT
    assert "no part" in effect.text


@pytest.mark.parametrize("group", ["Windows Remote Management", "@FirewallAPI.dll,-30267"])
def test_the_built_in_group_is_switched_off_and_on(group: str) -> None:
    command = f'netsh advfirewall firewall set rule group="{group}" new enable='
    assert after(f"{command}no").open_ports == frozenset()
    assert after(f"{command}no", f"{command}yes").open_ports == {5985}


@pytest.mark.parametrize("form", ['TCP 5985 "WinRM"', "protocol=TCP port=5985 name=x"])
def test_the_old_form_of_opening_a_port_still_works(form: str) -> None:
    bare = after("netsh advfirewall firewall delete rule name=all")
    assert after(f"netsh firewall add portopening {form}", machine=bare).open_ports == {5985}


def test_without_firewall_every_listener_is_reachable() -> None:
    assert after(
        "netsh advfirewall firewall delete rule name=all", "netsh advfirewall set allprofiles state off"
    ).open_ports == {5985}


def test_a_certificate_is_found_once_it_was_imported_from_the_medium() -> None:
    machine = Machine(files=frozenset({"winrm.pfx"}))
    assert apply("certutil -store My AB", machine).exit_code == 1
    imported = apply('certutil -f -p "x" -importpfx "A:\\winrm.pfx"', machine)
    assert imported.exit_code == 0
    assert apply("certutil -store My AB", imported.machine).exit_code == 0
    assert apply("certutil -importpfx A:\\other.pfx", machine).exit_code == 1


@pytest.mark.parametrize("command", ["powershell -File a.ps1", "frobnicate", "net user x y /add", "sc query spooler"])
def test_what_is_not_modelled_says_so_and_changes_nothing(command: str) -> None:
    effect = apply(command, SERVER)
    assert (effect.machine, effect.text, effect.exit_code) == (SERVER, "is not modelled", 0)


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (CLIENT, "service does not run"),
        (after("net start winrm", machine=CLIENT), "no listener"),
        (after("netsh advfirewall firewall delete rule name=all"), "no firewall rule"),
    ],
)
def test_a_shut_guest_says_why(machine: Machine, why: str) -> None:
    assert why in machine.why_closed()
