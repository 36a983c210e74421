from __future__ import annotations

import pytest

from tests.render.answers import answer, component, files_of, shape, texts
from tests.spec.loading import SMALLEST, guest_of
from toolkit.catalog.releases import releases

COMMAND = "RunSynchronous/RunSynchronousCommand/Path"
BASE = """
remote_desktop = true
power_plan = "power-saver"
hibernation = false
defer_updates = true
filter_remote_tokens = false
server_manager = false
first_run = false
page_file = { initial_mb = 1048576, maximum_mb = 1048576 }
firewall_groups = ["file-sharing"]
"""
NEWER = f"remove_apps = ['A.b']\nremove_capabilities = ['C.d~~~~1']\ndefender_exclusions = ['C:\\{'x' * 147}']\n"


@pytest.mark.parametrize("release", releases())
def test_every_release_has_all_that_it_can_have(release: str) -> None:
    newer = NEWER if releases()[release].build >= 10240 else ""
    root = answer(f"[tweaks]\n{BASE}{newer}", SMALLEST.replace("server-2022", release))
    lines = texts(root, COMMAND)
    assert max(map(len, lines)) <= 259
    assert all(len(words) <= 259 for words in texts(root, "RunSynchronousCommand/Description"))


def test_remote_desktop_comes_with_its_firewall_group_once_and_network_level_authentication() -> None:
    root = answer('[tweaks]\nremote_desktop = true\nfirewall_groups = ["remote-desktop"]\nfirewall_profile = "private"')
    assert texts(root, "fDenyTSConnections") == ["false"]
    assert texts(root, "UserAuthentication") == ["1"]
    assert shape(component(root, "specialize", "Networking-MPSSVC-Svc")) == [
        (
            "FirewallGroups",
            [
                (
                    "FirewallGroup",
                    [("Active", "true"), ("Group", "@FirewallAPI.dll,-28752"), ("Profile", "private")],
                )
            ],
        )
    ]


def test_without_a_tweak_no_command_and_no_setting_is_written() -> None:
    root = answer("[tweaks]\n")
    assert len(texts(root, COMMAND)) == 1
    assert texts(root, "fDenyTSConnections") == texts(root, "PreferredPlan") == []


def test_hibernation_is_set_in_the_registry_which_works_in_specialize_and_on_machines_without_it() -> None:
    lines = texts(answer("[tweaks]\nhibernation = false"), COMMAND)
    assert lines[-1].endswith(r'\Control\Power" /v HibernateEnabled /t REG_DWORD /d 0 /f')
    assert not any("powercfg" in line for line in lines)


def test_no_page_file_is_an_empty_list_of_them() -> None:
    lines = texts(answer("[tweaks]\npage_file = { initial_mb = 0, maximum_mb = 0 }"), COMMAND)
    assert lines[-1].endswith('/v PagingFiles /t REG_MULTI_SZ /d "" /f')


def test_the_old_servers_two_windows_are_both_kept_shut() -> None:
    root = answer("[tweaks]\nserver_manager = false", SMALLEST.replace("server-2022", "server-2008r2"))
    assert texts(root, "DoNotOpenServerManagerAtLogon") == ["true"]
    assert any("DoNotOpenInitialConfigurationTasksAtLogon" in line for line in texts(root, COMMAND))


def test_an_app_that_stays_is_no_reason_to_stop_setup() -> None:
    files = files_of(guest_of(SMALLEST + "[tweaks]\nremove_apps = ['A.b']\n"))
    runner = files["$OEM$/$$/Setup/Scripts/unattend/specialize.cmd"].decode("ascii")
    assert "%STEP% may fail: going on" in runner
