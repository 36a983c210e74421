from __future__ import annotations

import pytest

from tests.spec.loading import SMALLEST, errors, guest_of, warnings
from toolkit.spec.work import FirewallGroup, PageFile, PowerPlan, Tweaks


def tweaks(lines: str, release: str = "server-2022") -> str:
    return SMALLEST.replace("server-2022", release) + f"[tweaks]\n{lines}\n"


def test_without_a_switch_windows_stays_as_it_is() -> None:
    assert guest_of(SMALLEST).tweaks == Tweaks()


def test_every_switch_is_taken() -> None:
    spec = tweaks(
        "remote_desktop = true\npower_plan = 'balanced'\nhibernation = false\ndefer_updates = true\n"
        "filter_remote_tokens = false\nserver_manager = false\nfirst_run = false\nremove_apps = ['A.b']\n"
        "remove_capabilities = ['C.d']\npage_file = { initial_mb = 1, maximum_mb = 2 }\n"
        "firewall_groups = ['file-sharing', '@x.dll,-1']\nfirewall_profile = 'private'\nopenssh_client = true\n"
        "defender_exclusions = ['C:\\a b']"
    )
    assert guest_of(spec).tweaks == Tweaks(
        remote_desktop=True,
        power_plan=PowerPlan.BALANCED,
        hibernation=False,
        defer_updates=True,
        filter_remote_tokens=False,
        server_manager=False,
        first_run=False,
        remove_apps=("A.b",),
        remove_capabilities=("C.d",),
        page_file=PageFile(1, 2),
        firewall_groups=(FirewallGroup("@FirewallAPI.dll,-28502", "private"), FirewallGroup("@x.dll,-1", "private")),
        openssh_client=True,
        defender_exclusions=(r"C:\a b",),
    )


@pytest.mark.parametrize(
    ("line", "release"),
    [
        ("remove_apps = ['a']", "7"),
        ("remove_capabilities = ['a']", "server-2012r2"),
        ("openssh_client = true", "server-2016"),
        ("defender_exclusions = ['C:\\a']", "8.1"),
    ],
)
def test_what_the_release_does_not_have_is_refused(line: str, release: str) -> None:
    [error] = errors(tweaks(line, release))
    assert error.endswith(f"has nothing that tweaks.{line.partition(' ')[0]} could change")


@pytest.mark.parametrize(
    ("release", "edition"), [("7", "home-premium"), ("7", "starter"), ("8.1", "home"), ("11", "home")]
)
def test_an_edition_for_the_home_lets_nobody_in_by_remote_desktop(release: str, edition: str) -> None:
    text = tweaks("remote_desktop = true", release).replace("[communicator]", f'edition = "{edition}"\n[communicator]')
    assert errors(text) == [
        f'9:1 the edition "{edition}" of Windows {release} lets nobody in by Remote Desktop',
    ]


def test_server_core_has_no_apps_and_neither_it_nor_a_client_a_server_manager() -> None:
    core = SMALLEST.replace("[communicator]", 'installation = "core"\n[communicator]') + "[tweaks]\n"
    assert [error.partition(" ")[2] for error in errors(core + "remove_apps = ['a']")] == [
        "Server Core has no apps to remove"
    ]
    assert warnings(core + "server_manager = false") == ["Server Core has no Server Manager"]
    assert guest_of(core + "server_manager = false").tweaks == Tweaks()
    assert warnings(tweaks("server_manager = false", "11")) == ["Windows 11 has no Server Manager"]


@pytest.mark.parametrize(
    "line",
    [
        "remove_apps = ['a b']",
        "remove_apps = ['']",
        'remove_capabilities = ["a\'b"]',
        "defender_exclusions = ['C:\\']",
        "defender_exclusions = ['C:\\a\\']",
        "defender_exclusions = ['%TEMP%']",
        "defender_exclusions = ['C:\\a\"b']",
        "defender_exclusions = ['C:\\ü']",
        "firewall_groups = ['Remote Desktop']",
        "firewall_groups = ['@a.dll']",
        "page_file = { initial_mb = 2, maximum_mb = 1 }",
        "page_file = { initial_mb = 2 }",
        "page_file = { initial_mb = 0, maximum_mb = 4096 }",
    ],
)
def test_what_cannot_be_written_safely_is_refused(line: str) -> None:
    assert len(errors(tweaks(line))) == 1


def test_a_misspelt_group_is_guessed() -> None:
    from tests.spec.loading import refused  # noqa: PLC0415  (only here)

    [problem] = refused(tweaks("firewall_groups = ['remote-destkop']"))
    assert problem.help is not None
    assert problem.help.startswith('did you mean "remote-desktop"?')
