from __future__ import annotations

import pytest

from tests.spec.loading import NONE, SMALLEST, WINDOWS, errors, guest_of, warnings
from toolkit.spec.guest import Bootstrap, Consumer, Find, Quotas, Style


def bootstrap(text: str, base: str = SMALLEST) -> Bootstrap:
    return guest_of(base + "[bootstrap]\n" + text).bootstrap


def test_the_default_is_closed_found_by_its_marker_and_roomy_enough_for_builds() -> None:
    assert bootstrap("") == Bootstrap(
        Style.CLOSED, Consumer.ANY, Find.MARKER, (), Quotas(1_800_000, 2048, 2048, 30, 100)
    )


def test_everything_can_be_said() -> None:
    text = (
        'consumer = "packer"\nfind = "floppy"\nallow_from = ["10.0.0.1", "10.0.0.0/8", "fd00::/8"]\n'
        "[bootstrap.quotas]\nmax_timeout_ms = 2000000\nmax_envelope_kb = 500\nmax_memory_per_shell_mb = 1024\n"
        "max_shells_per_user = 5\nmax_processes_per_shell = 25\n"
    )
    assert bootstrap(text) == Bootstrap(
        Style.CLOSED,
        Consumer.PACKER,
        Find.FLOPPY,
        ("10.0.0.1", "10.0.0.0/8", "fd00::/8"),
        Quotas(2_000_000, 500, 1024, 5, 25),
    )


@pytest.mark.parametrize(
    ("timeout", "ms"),
    [
        ("1s", 1_800_000),
        ("30m", 1_800_000),
        ("2h", 7_200_000),
        ("1193h", 4_294_800_000),
        ("1194h", 4_294_967_295),
        ("2562047h", 4_294_967_295),
    ],
)
def test_a_command_may_run_as_long_as_packer_lets_it(timeout: str, ms: int) -> None:
    assert bootstrap("", SMALLEST + f'winrm_timeout = "{timeout}"\n').quotas.max_timeout_ms == ms


def test_a_timeout_that_no_dword_holds_is_refused() -> None:
    [found] = errors(SMALLEST + "[bootstrap.quotas]\nmax_timeout_ms = 4294967296\n")
    assert found.startswith("8:1 bootstrap.quotas.max_timeout_ms is 4294967296: ")


@pytest.mark.parametrize("quota", ["max_memory_per_shell_mb", "max_shells_per_user", "max_processes_per_shell"])
def test_a_quota_that_winrm_would_not_take_is_refused(quota: str) -> None:
    assert getattr(bootstrap(f"quotas.{quota} = 2147483647\n").quotas, quota) == 2147483647
    [found] = errors(SMALLEST + f"[bootstrap.quotas]\n{quota} = 2147483648\n")
    assert found.startswith(f"8:1 bootstrap.quotas.{quota} is 2147483648: ")


@pytest.mark.parametrize(
    "address", ["", "any", "10.0.0", "10.0.0.0/33", "host.example.com", "10.0.0.1-10.0.0.9", "fe80::1%eth0"]
)
def test_what_is_no_address_is_refused_at_its_place(address: str) -> None:
    assert errors(SMALLEST + f'[bootstrap]\nallow_from = ["10.0.0.1", "{address}"]\n') == [
        f'8:27 bootstrap.allow_from "{address}" is not an address or a network'
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("10.0.0.0/0.255.255.255", "10.0.0.0/8"),
        ("10.0.0.5/32", "10.0.0.5"),
        ("FD00:0::6F/127", "fd00::6e/127"),
    ],
)
def test_an_address_reaches_the_guest_in_the_one_form_that_every_firewall_takes(text: str, written: str) -> None:
    assert bootstrap(f'allow_from = ["{text}", "{written}"]\n').allow_from == (written,)


def test_the_plain_style_is_pointed_out() -> None:
    [warning] = warnings(SMALLEST + '[bootstrap]\nstyle = "plain"\n')
    assert warning.startswith("the plain style answers before it is ready")


@pytest.mark.parametrize(
    ("base", "more", "message"),
    [
        (SMALLEST + "winrm_use_ssl = true\n", "", "the plain style only does http"),
        (SMALLEST + "winrm_port = 8080\n", "", "the plain style leaves WinRM on its port, 5985"),
        (SMALLEST, 'allow_from = ["10.0.0.1"]\n', "the plain style makes no firewall rule of its own"),
        (
            WINDOWS + '[communicator]\ncommunicator = "ssh"\nssh_username = "a"\nssh_password = "b"\n',
            "",
            "the plain style is for winrm",
        ),
    ],
)
def test_the_plain_style_cannot_do_everything(base: str, more: str, message: str) -> None:
    [found] = errors(base + f'[bootstrap]\nstyle = "plain"\n{more}')
    assert message in found


def test_without_a_communicator_the_settings_are_still_checked() -> None:
    assert bootstrap("", WINDOWS + NONE).quotas.max_timeout_ms == 1_800_000
    assert len(errors(WINDOWS + NONE + '[bootstrap]\nallow_from = ["x"]\n')) == 1
