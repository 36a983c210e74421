"""PowerShell lines of a bootstrap, and what they do to WinRM."""

from __future__ import annotations

import pytest

from toolkit.catalog.releases import releases
from toolkit.render.wsman import CONFIG, METHODS, change, http_listener, new_listener, no_listener
from toolkit.simulator.effects import apply
from toolkit.simulator.machine import Listener, Machine, Transport
from toolkit.simulator.service_settings import NOT_MODELLED

HTTP = Listener(Transport.HTTP, 5985)
RUNNING = Machine(service_running=True, listeners=(HTTP,))


def line(script: str) -> str:
    switches = "-NoProfile -NonInteractive -ExecutionPolicy Bypass"
    return f"powershell.exe {switches} -Command \"$ErrorActionPreference='Stop'; {script}\""


def instance(verb: str, transport: str, more: str = "") -> str:
    return line(
        f"{verb}-WSManInstance winrm/config/Listener -SelectorSet @{{Address='*';Transport='{transport}'}}{more}"
    )


def test_settings_are_changed_on_the_drive() -> None:
    script = (
        r"Set-Item WSMan:\localhost\Service\AllowUnencrypted 'true' -Force; "
        r"Set-Item WSMan:\localhost\Service\Auth\Basic 'true' -Force; "
        r"Set-Item -Path WSMan:\localhost\Service\Auth\Negotiate -Value $false; "
        r"Set-Item WSMan:\localhost\MaxTimeoutms '1800000' -Force; "
        r"Set-Item WSMan:\localhost\Shell\MaxMemoryPerShellMB 2048"
    )
    effect = apply(line(script), RUNNING)

    machine = effect.machine
    assert (machine.allow_unencrypted, machine.basic, machine.negotiate) == (True, True, False)
    assert (machine.max_timeout_ms, machine.max_memory_per_shell_mb) == (1_800_000, 2048)
    assert effect.exit_code == 0


def test_listeners_are_found_made_and_deleted() -> None:
    assert apply(instance("Get", "HTTP"), RUNNING).exit_code == 0
    assert apply(instance("Get", "HTTPS"), RUNNING).exit_code == 1
    made = apply(instance("New", "HTTPS", " -ValueSet @{Hostname='a';Port='443'}"), RUNNING).machine
    assert made.listeners == (HTTP, Listener(Transport.HTTPS, 443))
    assert apply(instance("Remove", "HTTP"), made).machine.listeners == (Listener(Transport.HTTPS, 443),)
    assert apply(instance("Set", "HTTP", " -ValueSet @{Port='8080'}"), RUNNING).machine.listeners == (
        Listener(Transport.HTTP, 8080),
    )


@pytest.mark.parametrize(("port", "code"), [(5985, 0), (5986, 1)])
def test_a_self_test_asks_the_listener_behind_the_firewall(port: int, code: int) -> None:
    assert apply(line(f"Test-WSMan -ComputerName 127.0.0.1 -Port {port}"), RUNNING).exit_code == code


def test_nothing_can_be_set_while_the_service_is_stopped() -> None:
    effect = apply(line(r"Set-Item WSMan:\localhost\Service\Auth\Basic 'true'"), Machine())

    assert (effect.exit_code, effect.machine) == (1, Machine())


def test_the_first_failure_ends_the_script() -> None:
    script = (
        "Get-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTPS'}; "
        r"Set-Item WSMan:\localhost\Service\Auth\Basic 'true'"
    )
    effect = apply(line(script), RUNNING)

    assert (effect.exit_code, effect.machine.basic) == (1, False)


def test_what_has_no_part_in_winrm_is_not_modelled_and_succeeds() -> None:
    effect = apply(line("Get-Date; Write-Output 'Set-Item WSMan:'"), RUNNING)

    assert (effect.text, effect.exit_code, effect.machine) == (NOT_MODELLED, 0, RUNNING)


def test_showing_the_configuration_changes_nothing() -> None:
    assert apply(line("(Get-WSManInstance winrm/config).OuterXml"), RUNNING).machine == RUNNING


def test_an_http_listener_is_made_once_and_moved_where_it_is_elsewhere() -> None:
    empty = Machine(service_running=True)
    made = apply(line(http_listener(8080)), empty)
    assert made.machine.listeners == (Listener(Transport.HTTP, 8080),)
    again = apply(line(http_listener(8080)), made.machine)
    assert (again.machine, again.exit_code) == (made.machine, 0)
    assert apply(line(http_listener(5985)), made.machine).machine.listeners == (HTTP,)


def test_a_listener_that_is_not_there_need_not_be_removed() -> None:
    both = apply(line(new_listener("HTTPS", "@{Port = '443'}")), RUNNING).machine
    assert both.listeners == (HTTP, Listener(Transport.HTTPS, 443))
    assert apply(line(no_listener("HTTPS")), both).machine == RUNNING
    assert apply(line(no_listener("HTTPS")), RUNNING).exit_code == 0


@pytest.mark.parametrize("release", ["server-2022", "10"])
def test_a_loop_sets_every_value_of_its_list_tried_again_or_not(release: str) -> None:
    values = ((CONFIG, {"MaxTimeoutms": 1_800_000}), (METHODS, {"Basic": True, "Negotiate": False}))
    script = change(releases()[release], *values)
    machine = apply(line(script), RUNNING).machine
    assert (machine.max_timeout_ms, machine.basic, machine.negotiate) == (1_800_000, True, False)


def test_a_condition_about_something_else_is_not_modelled() -> None:
    assert apply(line("if ($x) { Remove-WSManInstance winrm/config/Listener }"), RUNNING).text == NOT_MODELLED


def test_a_listener_may_be_asked_for_by_its_absence() -> None:
    absent = r"-not (Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' })"
    script = f"if ({absent}) {{ {new_listener('HTTPS', '@{}')} }}"
    made = apply(line(script), RUNNING).machine
    assert made.listener(Transport.HTTPS) is not None
    assert apply(line(script), made).machine == made
