from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from lxml import etree

from tests.render.answers import answer, component, shape, texts
from tests.render.test_network import WRITABLE
from tests.spec.loading import SMALLEST
from toolkit.errors import ToolkitError
from toolkit.render.answerfile import tree

if TYPE_CHECKING:
    from pathlib import Path

ESC, DEPLOYMENT, SHELL = "Microsoft-Windows-IE-ESC", "Microsoft-Windows-Deployment", "Microsoft-Windows-Shell-Setup"


def raw(during: str, name: str, xml: str) -> str:
    return f"[[raw]]\npass = '{during}'\ncomponent = '{name}'\nxml = '''{xml}'''\n"


def test_a_new_component_gets_its_identity_like_the_others() -> None:
    found = component(answer(raw("specialize", ESC, "<IEHardenAdmin>false</IEHardenAdmin>")), "specialize", ESC)
    assert shape(found) == [("IEHardenAdmin", "false")]
    assert found.get("processorArchitecture") == "amd64"
    assert found.get("versionScope") == "nonSxS"


def test_a_new_pass_stands_where_its_turn_is() -> None:
    system = raw("auditSystem", "Microsoft-Windows-Deployment", "<Reseal><Mode>OOBE</Mode></Reseal>")
    general = raw("generalize", "Microsoft-Windows-Security-SPP", "<SkipRearm>1</SkipRearm>")
    passes = [settings.get("pass") for settings in answer(system + general)]
    assert passes == ["windowsPE", "generalize", "specialize", "auditSystem", "oobeSystem"]


def test_a_value_replaces_one_of_ours_and_a_container_joins_it() -> None:
    root = answer(
        raw("oobeSystem", SHELL, "<OOBE><ProtectYourPC>1</ProtectYourPC></OOBE><RegisteredOwner>o</RegisteredOwner>")
    )
    assert texts(root, "OOBE/ProtectYourPC") == ["1"]
    assert texts(root, "OOBE/HideEULAPage") == ["true"]
    assert texts(component(root, "oobeSystem", SHELL), "RegisteredOwner") == ["o"]


def test_an_item_is_added_to_its_list_and_numbered_with_it() -> None:
    item = '<RunSynchronousCommand wcm:action="add"><Order>1</Order><Path>mine</Path></RunSynchronousCommand>'
    root = answer(raw("specialize", DEPLOYMENT, f"<RunSynchronous>{item}</RunSynchronous>"))
    assert texts(root, "RunSynchronousCommand/Path")[-1] == "mine"
    assert texts(root, "RunSynchronousCommand/Order") == ["1", "2"]


def test_an_item_whose_action_was_left_out_takes_no_place_of_ours() -> None:
    ours = texts(answer(""), "RunSynchronousCommand/Path")
    item = "<RunSynchronousCommand><Order>{0}</Order><Path>{0}</Path></RunSynchronousCommand>"
    items = "".join(map(item.format, (1, 2)))
    root = answer(raw("specialize", DEPLOYMENT, f"<RunSynchronous>{items}</RunSynchronous>"))
    assert texts(root, "RunSynchronousCommand/Path") == [*ours, "1", "2"]


@pytest.mark.parametrize("opened_by", ["command", "runner"])
def test_the_guest_is_opened_behind_commands_of_the_first_logon(opened_by: str, tmp_path: Path) -> None:
    (tmp_path / "a.cmd").write_text("echo")
    base = SMALLEST + (f"[[scripts]]\nfile = '{tmp_path / 'a.cmd'}'\nreboot = true\n" if opened_by == "runner" else "")
    item = '<SynchronousCommand wcm:action="add"><Order>1</Order><CommandLine>mine</CommandLine></SynchronousCommand>'
    ours = texts(answer("", base), "SynchronousCommand/CommandLine")
    root = answer(raw("oobeSystem", SHELL, f"<FirstLogonCommands>{item}</FirstLogonCommands>"), base)
    assert texts(root, "SynchronousCommand/CommandLine") == [*ours[:-1], "mine", ours[-1]]
    assert texts(root, "SynchronousCommand/Order") == [str(number) for number in range(1, len(ours) + 2)]


def test_items_come_in_the_order_that_they_ask_for() -> None:
    item = '<RunSynchronousCommand wcm:action="add"><Order>{0}</Order><Path>{0}</Path></RunSynchronousCommand>'
    items = "".join(map(item.format, (10, 9, 1)))
    root = answer(raw("specialize", DEPLOYMENT, f"<RunSynchronous>{items}</RunSynchronous>"))
    assert texts(root, "RunSynchronousCommand/Path")[-3:] == ["1", "9", "10"]
    assert texts(root, "RunSynchronousCommand/Order") == ["1", "2", "3", "4"]


@pytest.mark.parametrize("zone", ["<!-- ours -->Tonga Standard Time", "Tonga <?why not?>Standard Time"])
def test_a_remark_inside_a_value_does_not_hide_it(zone: str) -> None:
    root = answer(raw("specialize", SHELL, f"<TimeZone>{zone}</TimeZone>"))
    assert texts(root, "TimeZone") == ["Tonga Standard Time"]


def test_a_component_is_the_same_in_any_case() -> None:
    root = answer(raw("oobeSystem", SHELL.upper(), "<RegisteredOwner>o</RegisteredOwner>"))
    assert texts(component(root, "oobeSystem", SHELL), "RegisteredOwner") == ["o"]


def test_a_fragment_is_there_for_every_architecture() -> None:
    base = SMALLEST.replace("server-2022", "10").replace(
        "[communicator]", 'architecture = ["amd64", "x86"]\n[communicator]'
    )
    root = answer(raw("specialize", ESC, "<IEHardenAdmin>false</IEHardenAdmin>"), base)
    assert texts(root, "IEHardenAdmin") == ["false", "false"]


def test_an_item_that_the_spec_writes_too_is_refused_with_the_way_out() -> None:
    disk = '<Disk wcm:action="add"><DiskID>0</DiskID><WillWipeDisk>true</WillWipeDisk></Disk>'
    fragment = raw("windowsPE", "Microsoft-Windows-Setup", f"<DiskConfiguration>{disk}</DiskConfiguration>")
    with pytest.raises(ToolkitError, match="two <Disk> have the DiskID 0") as refusal:
        answer(fragment)
    assert 'disk.layout = "none"' in str(refusal.value.help)
    assert texts(answer(fragment, SMALLEST + '[disk]\nlayout = "none"\n'), "Disk/DiskID") == ["0"]


@given(WRITABLE)
def test_any_text_of_a_fragment_arrives_as_it_was_written(words: str) -> None:
    root = tree.parsed('<unattend xmlns="urn:schemas-microsoft-com:unattend"/>')
    holder = etree.Element("A")
    holder.text = words
    tree.merge(root, "specialize", "c", etree.tostring(holder, encoding="unicode"))
    assert texts(root, "component/A") == [words]


@pytest.mark.parametrize("xml", ["<A>", "</component><component>"])
def test_a_fragment_that_is_not_well_formed_is_an_error_of_ours(xml: str) -> None:
    root = tree.parsed('<unattend xmlns="urn:schemas-microsoft-com:unattend"/>')
    with pytest.raises(ToolkitError, match="is not well-formed"):
        tree.merge(root, "specialize", "c", xml)
