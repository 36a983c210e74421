"""What a simulated guest shows of its inside: configuration, listeners, shells, tokens, rules, registry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.render.guests import bootstrap, guest, winrm
from tests.simulator.clients import PASSWORD, USER, envelope, post, run_pywinrm, state
from tests.simulator.clients import basic as basic_header
from toolkit.secret import Secret
from toolkit.simulator.commandline import parts
from toolkit.simulator.configuration import NAMESPACE, config_xml
from toolkit.simulator.console import run_line
from toolkit.simulator.facts import answer
from toolkit.simulator.interior import READY_MARKER, Interior, interior_of_machine, interior_of_spec
from toolkit.simulator.machine import Listener, Machine, Rule, Transport
from toolkit.simulator.programs import Session
from toolkit.simulator.reading import CONFIG, LISTENERS, SHELLS
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.soap import NAMESPACES
from toolkit.simulator.state import GuestState, LocalUser, WindowsVersion, state_of
from toolkit.spec.guest import Architecture, Style

if TYPE_CHECKING:
    from tests.simulator.clients import Response

STATE_KEY = r"HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State"
NAME_KEY = r"HKLM:\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName"
GET = f"{NAMESPACES['x']}/Get"
ENUMERATE = "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate"


def asked(guest_state: GuestState, action: str, resource: str, user: str = USER, password: str = PASSWORD) -> Response:
    with SimulatedGuest(guest_state) as simulated:
        return post(
            simulated,
            envelope(action, resource=resource),
            Authorization=basic_header(user, password),
            Content_Type="application/soap+xml;charset=UTF-8",
        )


def inside(**changes: object) -> GuestState:
    return state(interior=replace(Interior(), **changes))  # type: ignore[arg-type]  # whatever fields a test names


def told(guest_state: GuestState, expression: str) -> object:
    return answer(expression, Session(guest_state, guest_state.users[0]))


def test_the_configuration_shows_the_state_and_who_owns_it() -> None:
    shown = ET.fromstring(config_xml(inside(policies=frozenset({"Basic"}), max_memory_per_shell_mb=2048)))
    values = {element.tag.rpartition("}")[2]: element for element in shown.iter() if not len(element)}

    assert {name: values[name].text for name in ("Basic", "AllowUnencrypted", "MaxMemoryPerShellMB", "CredSSP")} == {
        "Basic": "true",
        "AllowUnencrypted": "true",
        "MaxMemoryPerShellMB": "2048",
        "CredSSP": "false",
    }
    assert [name for name, element in values.items() if element.get("Source") == "GPO"] == ["Basic"]


def test_the_configuration_is_given_over_ws_transfer() -> None:
    response = asked(state(), GET, CONFIG)

    assert response.status == 200
    assert ET.fromstring(response.body).find(f".//{{{NAMESPACE}}}MaxShellsPerUser") is not None


def test_listeners_and_shells_are_enumerated() -> None:
    listeners = asked(inside(listeners=(Listener(Transport.HTTPS, 8443),)), ENUMERATE, LISTENERS)
    ports = [element.text for element in ET.fromstring(listeners.body).iter(f"{{{NAMESPACE}}}Port")]

    assert ports == ["8443"]
    assert b"<w:Items></w:Items>" in asked(state(), ENUMERATE, SHELLS).body


def test_only_an_administrator_reads_the_configuration() -> None:
    bob = LocalUser("bob", Secret("b0b"), administrator=False)
    response = asked(state(users=(bob,)), GET, CONFIG, "bob", "b0b")

    assert response.status == 500
    assert b'Code="5"' in response.body


def test_windows_7_shows_its_configuration_to_nobody_outside() -> None:
    seven = state(windows=WindowsVersion("Windows 7", 7601))

    assert asked(seven, GET, CONFIG).status == 500
    with SimulatedGuest(seven) as simulated:
        shown = run_pywinrm(simulated, "plaintext", "winrm get winrm/config -format:pretty")
    assert shown.stdout.startswith(b"<cfg:Config")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("netsh advfirewall firewall show rule name=unattend-winrm-allow", 0),
        ('netsh advfirewall firewall show rule name="UNATTEND-WINRM-ALLOW"', 0),
        ("netsh advfirewall firewall show rule name=unattend-winrm-hold", 1),
        ("netsh interface show", 1),
        ("winrm get winrm/config", 1),
        ("winrm enumerate winrm/config/listener -format:pretty", 0),
        ("whoami /groups /fo csv /nh", 0),
    ],
)
def test_programs_that_show_things_end_as_those_of_windows(line: str, code: int) -> None:
    with SimulatedGuest(state()) as simulated:
        assert run_pywinrm(simulated, "plaintext", line).code == code


def test_rules_of_the_first_boot_are_the_ones_that_netsh_shows() -> None:
    held = inside(rules=(Rule("unattend-winrm-hold", allow=False, ranges=((5986, 5986),)),))
    with SimulatedGuest(held) as simulated:
        line = "netsh advfirewall firewall show rule name=unattend-winrm-{} >nul && echo yes|| echo no"
        answers = [run_pywinrm(simulated, "plaintext", line.format(name)).stdout for name in ("hold", "allow")]

    assert answers == [b"yes\r\n", b"no\r\n"]


@pytest.mark.parametrize(("elevated", "level"), [(True, b"S-1-16-12288"), (False, b"S-1-16-8192")])
def test_a_token_shows_its_level(*, elevated: bool, level: bytes) -> None:
    guest_state = state(users=(LocalUser(USER, Secret(PASSWORD), administrator=elevated),))
    session = Session(guest_state, guest_state.users[0])
    written = b"".join(event.data for event in run_line("whoami /groups", session) if hasattr(event, "data"))
    assert level in written


def test_output_that_is_sent_to_stderr_comes_on_stderr() -> None:
    with SimulatedGuest(state()) as simulated:
        done = run_pywinrm(simulated, "plaintext", "echo out& echo err>&2& echo too 1>&2& exit /b 7")

    assert (done.stdout, done.stderr, done.code) == (b"out\r\n", b"err\r\ntoo \r\n", 7)


@pytest.mark.parametrize(("line", "flags"), [("a >&2", [True]), ("a 2>&1", [False]), ("a>x & b >>&2", [False, True])])
def test_only_a_redirection_to_stderr_counts_as_one(line: str, flags: list[bool]) -> None:
    assert [part.to_stderr for part in parts(line)] == flags


def test_powershell_writes_to_both_streams_of_the_console() -> None:
    script = "powershell -Command [Console]::Out.Write('a'); [Console]::Error.WriteLine('b'); exit 300"
    with SimulatedGuest(state()) as simulated:
        done = run_pywinrm(simulated, "plaintext", script)

    assert (done.stdout, done.stderr, done.code) == (b"a", b"b\r\n", 300)


@pytest.mark.parametrize(
    ("guest_state", "expression", "value"),
    [
        (inside(image_state="X"), rf"(gp '{STATE_KEY}').ImageState", "X"),
        (inside(new_name="b"), rf"(gp '{NAME_KEY}').ComputerName", "B"),
        (inside(), r'(Test-Path "$env:ProgramData\unattend\winrm-ready.txt")', True),
        (inside(files=frozenset()), r'(Test-Path "$env:ProgramData\unattend\winrm-ready.txt")', False),
        (inside(processes=frozenset({"msoobe"})), "@(Get-Process setup,msoobe -ErrorAction SilentlyContinue).Count", 1),
        (inside(language="de-DE"), "[Globalization.CultureInfo]::InstalledUICulture.Name", "de-DE"),
    ],
)  # fmt: skip
def test_powershell_is_told_what_is_inside(guest_state: GuestState, expression: str, value: object) -> None:
    assert told(guest_state, expression) == value


def test_a_spec_gives_its_edition_quotas_and_a_finished_bootstrap() -> None:
    spec = guest(winrm())
    made = state_of(spec).interior

    assert (made.edition, made.architecture, made.max_memory_per_shell_mb) == ("ServerStandard", "AMD64", 2048)
    assert made.files == {READY_MARKER}
    assert made.listeners == (Listener(Transport.HTTP, 5985),)
    assert state_of(guest(winrm(ssl=True, port=443))).interior.listeners == (Listener(Transport.HTTPS, 443),)
    windows = replace(spec.windows, evaluation=True, architecture=Architecture.X86)
    trial = interior_of_spec(replace(spec, windows=windows, bootstrap=bootstrap(Style.PLAIN)))
    assert (trial.edition, trial.architecture, trial.files) == ("ServerStandardEval", "x86", frozenset())
    assert trial.license_minutes > 0


def test_a_first_boot_gives_what_its_scripts_have_set_and_written() -> None:
    machine = Machine(
        listeners=(Listener(Transport.HTTP, 5985),),
        max_memory_per_shell_mb=512,
        files=frozenset({"winrm-failed.txt", "winrmconfig.bat"}),
    )
    made = interior_of_machine(machine)

    assert (made.max_memory_per_shell_mb, made.listeners) == (512, machine.listeners)
    assert made.files == {r"c:\programdata\unattend\winrm-failed.txt"}
