from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.spec.loading import guest_of
from toolkit.catalog.releases import releases
from toolkit.render.answerfile.accounts import encoded
from toolkit.render.answerfile.document import NAME, answer_file
from toolkit.secret import Secret
from toolkit.spec.account_names import account_name_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.spec.guest import Guest

U = "{urn:schemas-microsoft-com:unattend}"
ACTION = "{http://schemas.microsoft.com/WMIConfig/2002/State}action"
ITEMS = {
    "Disk", "CreatePartition", "ModifyPartition", "MetaData",
    "LocalAccount", "SynchronousCommand", "RunSynchronousCommand",
}  # fmt: skip
PASSWORD = "Tell-Tale%Passw0rd!"
LONGEST = {"windowsPE": 255, "specialize": 259, "oobeSystem": 1024}

WINRM = f'communicator = "winrm"\nwinrm_username = "packer"\nwinrm_password = "{PASSWORD}"\n'
COMMUNICATORS = {
    "basic": WINRM,
    "ntlm": WINRM + "winrm_use_ntlm = true\n",
    "ssl": WINRM + "winrm_use_ssl = true\n",
    "ssh": f'communicator = "ssh"\nssh_username = "packer"\nssh_password = "{PASSWORD}"\n',
    "none": 'communicator = "none"\n',
}
FIRMWARES = ("bios", "uefi")
MATRIX = [(release, firmware, kind) for release in releases() for firmware in FIRMWARES for kind in COMMUNICATORS]
matrix = pytest.mark.parametrize(("release", "firmware", "kind"), MATRIX)


def spec(release: str = "server-2022", firmware: str = "uefi", kind: str = "basic", more: str = "") -> str:
    accounts = f'[[accounts]]\nname = "ann"\npassword = "{PASSWORD}-2"\nfull_name = "Ann"\ndescription = "d"\n'
    commands = "".join(
        f'[[commands]]\nphase = "{phase}"\nrun = "{phase} {number}"\n'
        for phase in ("first-logon", "windows-pe", "specialize")
        for number in (1, 2)
    )
    return (
        f'[windows]\nrelease = "{release}"\n[disk]\nfirmware = "{firmware}"\n'
        f"[communicator]\n{COMMUNICATORS[kind]}{accounts}{commands}{more}"
    )


@cache
def rendered(release: str, firmware: str, kind: str) -> bytes:
    return answer_file(guest_of(spec(release, firmware, kind))).data


@cache
def tree(release: str, firmware: str, kind: str) -> etree._Element:
    return etree.fromstring(rendered(release, firmware, kind))


def parsed(text: str, environment: Mapping[str, str] | None = None) -> etree._Element:
    data = answer_file(guest_of(text, environment=environment)).data
    assert data.isascii()
    assert data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r")
    return etree.fromstring(data)


def texts(root: etree._Element, path: str) -> list[str]:
    """Give the texts at `path`, whose steps are names in the answer file's namespace."""
    found = root.iterfind(".//" + "/".join(f"{U}{step}" for step in path.split("/")))
    return [element.text or "" for element in found]


def in_pass(root: etree._Element, name: str) -> etree._Element:
    [found] = [settings for settings in root if settings.get("pass") == name]
    return found


def decoded(value: str, element: str) -> str:
    text = base64.b64decode(value, validate=True).decode("utf-16-le")
    assert text.endswith(element)
    return text.removesuffix(element)


@matrix
def test_the_bytes_are_what_setup_likes(release: str, firmware: str, kind: str) -> None:
    data = rendered(release, firmware, kind)
    assert data.startswith(
        b'<?xml version="1.0" encoding="utf-8"?>\r\n<unattend xmlns="urn:schemas-microsoft-com:unattend"'
    )
    assert data.isascii()
    assert data.endswith(b"</unattend>\r\n")
    assert data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r")


@matrix
def test_no_element_is_empty(release: str, firmware: str, kind: str) -> None:
    elements = list(tree(release, firmware, kind).iter(tag=etree.Element))
    assert [element.tag for element in elements if len(element) == 0 and not (element.text or "").strip()] == []


@matrix
def test_orders_count_from_one_in_every_list(release: str, firmware: str, kind: str) -> None:
    lists: dict[etree._Element, list[str]] = {}
    for order in tree(release, firmware, kind).iter(f"{U}Order"):
        item = order.getparent()
        assert item is not None
        container = item.getparent()
        assert container is not None
        assert len(container) == len(container.findall(f"{item.tag}/{U}Order"))
        lists.setdefault(container, []).append(order.text or "")
    assert len(lists) == 5
    assert all(orders == [str(number) for number in range(1, len(orders) + 1)] for orders in lists.values())


@matrix
def test_every_item_of_a_list_is_added_and_nothing_else_is(release: str, firmware: str, kind: str) -> None:
    for element in tree(release, firmware, kind).iter(tag=etree.Element):
        name = etree.QName(element).localname
        assert element.get(ACTION) == ("add" if name in ITEMS else None), name


@matrix
def test_every_component_has_its_identity_and_is_there_once_in_a_pass(release: str, firmware: str, kind: str) -> None:
    for during in tree(release, firmware, kind):
        names = [component.get("name") for component in during]
        assert len(names) == len(set(names))
        for component in during:
            assert component.tag == f"{U}component"
            assert dict(component.items()) == {
                "name": component.get("name"),
                "processorArchitecture": "amd64",
                "publicKeyToken": "31bf3856ad364e35",
                "language": "neutral",
                "versionScope": "nonSxS",
            }


@matrix
def test_passes_come_in_the_order_in_which_setup_runs_them(release: str, firmware: str, kind: str) -> None:
    assert [during.get("pass") for during in tree(release, firmware, kind)] == ["windowsPE", "specialize", "oobeSystem"]


@matrix
def test_each_component_stands_in_a_pass_that_has_it(release: str, firmware: str, kind: str) -> None:
    found = {
        (during.get("pass"), component.get("name")) for during in tree(release, firmware, kind) for component in during
    }
    assert found == {
        ("windowsPE", "Microsoft-Windows-International-Core-WinPE"),
        ("windowsPE", "Microsoft-Windows-Setup"),
        ("specialize", "Microsoft-Windows-Deployment"),
        ("specialize", "Microsoft-Windows-Shell-Setup"),
        ("oobeSystem", "Microsoft-Windows-International-Core"),
        ("oobeSystem", "Microsoft-Windows-Shell-Setup"),
    }


@matrix
def test_no_password_stands_there_as_it_is_typed(release: str, firmware: str, kind: str) -> None:
    data = rendered(release, firmware, kind)
    for form in (PASSWORD.encode(), base64.b64encode(PASSWORD.encode()), PASSWORD.encode("utf-16-le")):
        assert form not in data
    assert texts(tree(release, firmware, kind), "PlainText")
    assert set(texts(tree(release, firmware, kind), "PlainText")) == {"false"}


@matrix
def test_every_password_can_be_decoded_as_setup_does(release: str, firmware: str, kind: str) -> None:
    root = tree(release, firmware, kind)
    names, values = texts(root, "LocalAccount/Name"), texts(root, "LocalAccount/Password/Value")
    accounts = {name: decoded(value, "Password") for name, value in zip(names, values, strict=True)}
    connecting = {} if kind == "none" else {"packer": PASSWORD}
    assert accounts == {"ann": f"{PASSWORD}-2", **connecting}
    [logon] = texts(root, "AutoLogon/Password/Value")
    assert decoded(logon, "Password") == accounts[texts(root, "AutoLogon/Username")[0]]
    administrators = [
        decoded(value, "AdministratorPassword") for value in texts(root, "UserAccounts/AdministratorPassword/Value")
    ]
    assert administrators == ([PASSWORD] if releases()[release].server and kind != "none" else [])


@matrix
def test_the_guest_is_shut_in_specialize_before_anything_else_happens(release: str, firmware: str, kind: str) -> None:
    commands = texts(in_pass(tree(release, firmware, kind), "specialize"), "RunSynchronousCommand/Path")
    assert commands[-2:] == ["specialize 1", "specialize 2"]
    holds = [number for number, command in enumerate(commands) if "action=block" in command]
    assert holds == ([] if kind == "none" else [0])
    assert len(commands) == 2 + len(holds)


@matrix
def test_the_guest_is_opened_by_one_command_which_is_the_last(release: str, firmware: str, kind: str) -> None:
    commands = texts(tree(release, firmware, kind), "FirstLogonCommands/SynchronousCommand/CommandLine")
    openers = [number for number, command in enumerate(commands) if "Config.bat" in command]
    assert openers == ([] if kind == "none" else [len(commands) - 1])
    assert commands[:2] == ["first-logon 1", "first-logon 2"]
    assert "AutoAdminLogon" in commands[2]
    assert "LsaStorePrivateData" in commands[3]
    assert len(commands) == 4 + len(openers)


@matrix
def test_no_command_is_longer_than_its_setting_allows(release: str, firmware: str, kind: str) -> None:
    for name, longest in LONGEST.items():
        during = in_pass(tree(release, firmware, kind), name)
        commands = texts(during, "RunSynchronousCommand/Path") + texts(during, "SynchronousCommand/CommandLine")
        assert commands
        assert max(map(len, commands)) <= longest


@matrix
def test_windows_goes_to_the_partition_that_is_made_for_it(release: str, firmware: str, kind: str) -> None:
    root = tree(release, firmware, kind)
    made = [
        [etree.QName(field).localname + "=" + (field.text or "") for field in item]
        for item in root.iter(f"{U}CreatePartition")
    ]
    kinds = [field for item in made for field in item if field.startswith("Type=")]
    assert kinds == (
        ["Type=EFI", "Type=MSR", "Type=Primary"] if firmware == "uefi" else ["Type=Primary", "Type=Primary"]
    )
    assert ["Extend=true" in item for item in made] == [False] * (len(made) - 1) + [True]
    assert all(("Extend=true" in item) != any(field.startswith("Size=") for field in item) for item in made)
    letters = {
        item.findtext(f"{U}PartitionID"): item.findtext(f"{U}Letter") for item in root.iter(f"{U}ModifyPartition")
    }
    assert letters[texts(root, "InstallTo/PartitionID")[0]] == "C"
    assert texts(root, "InstallTo/DiskID") == texts(root, "Disk/DiskID") == ["0"]
    assert texts(root, "ModifyPartition/Active") == ([] if firmware == "uefi" else ["true"])


@matrix
def test_all_four_languages_are_set_for_setup_and_for_windows(release: str, firmware: str, kind: str) -> None:
    root = tree(release, firmware, kind)
    for name in ("windowsPE", "oobeSystem"):
        during = in_pass(root, name)
        assert texts(during, "component/InputLocale") == ["en-US"]
        for key in ("SystemLocale", "UILanguage", "UserLocale"):
            assert texts(during, f"component/{key}") == ["en-US"]
    assert texts(root, "SetupUILanguage/UILanguage") == ["en-US"]


@matrix
def test_setup_has_user_data_with_the_image_and_its_key(release: str, firmware: str, kind: str) -> None:
    root = tree(release, firmware, kind)
    facts = releases()[release]
    edition = facts.editions[facts.default_edition]
    assert texts(root, "UserData/AcceptEula") == ["true"]
    assert texts(root, "MetaData/Key") == ["/IMAGE/NAME"]
    assert texts(root, "MetaData/Value") == [edition.image]
    assert texts(root, "UserData/ProductKey/Key") == [edition.kms_key if facts.server else edition.generic_key]
    assert texts(root, "UserData/ProductKey/WillShowUI") == ["OnError"]


@matrix
def test_oobe_asks_nothing(release: str, firmware: str, kind: str) -> None:
    root = tree(release, firmware, kind)
    server = releases()[release].server
    old = release in ("7", "server-2008r2")
    assert texts(root, "OOBE/HideEULAPage") == ["true"]
    assert texts(root, "OOBE/HideLocalAccountScreen") == (["true"] if server and not old else [])
    assert texts(root, "OOBE/HideOnlineAccountScreens") == ([] if server or old else ["true"])
    assert texts(root, "OOBE/HideOEMRegistrationScreen") == ([] if old else ["true"])
    assert texts(root, "OOBE/NetworkLocation") == (["Work"] if old else [])
    assert texts(root, "OOBE/ProtectYourPC") == ["3"]


def test_the_file_has_the_name_that_setup_looks_for() -> None:
    assert answer_file(guest_of(spec())).name == NAME == "Autounattend.xml"


@pytest.mark.parametrize(
    ("count", "logon_count", "resets"),
    [("1", "1", True), ("2", "1", False), ("3", "2", False), ("999", "998", False), ('"forever"', "65432", False)],
)
def test_windows_adds_one_to_the_number_of_logons(count: str, logon_count: str, *, resets: bool) -> None:
    root = parsed(spec(more=f"[autologon]\ncount = {count}\n"))
    assert texts(root, "AutoLogon/LogonCount") == [logon_count]
    assert texts(root, "AutoLogon/Enabled") == ["true"]
    commands = texts(root, "SynchronousCommand/CommandLine")
    assert [number for number, command in enumerate(commands) if "AutoLogonCount" in command] == [2] * resets
    assert [number for number, command in enumerate(commands) if "LsaStorePrivateData" in command] == [3] * resets
    unclean = texts(
        parsed(spec(more=f"[autologon]\ncount = {count}\nclean = false\n")), "SynchronousCommand/CommandLine"
    )
    assert [number for number, command in enumerate(unclean) if "AutoLogonCount" in command] == [0] * resets
    assert not any("LsaStorePrivateData" in command for command in unclean)


def test_where_nobody_logs_on_nothing_waits_for_it() -> None:
    root = parsed('[windows]\nrelease = "11"\n[communicator]\ncommunicator = "none"\n')
    assert texts(root, "AutoLogon") == texts(root, "FirstLogonCommands") == texts(root, "UserAccounts") == []
    assert texts(root, "RunSynchronous") == []
    assert [during.get("pass") for during in root] == ["windowsPE", "specialize", "oobeSystem"]


@pytest.mark.parametrize("key", ["evaluation = true", 'product_key = "none"'])
def test_without_a_key_the_element_is_left_out_and_the_page_hidden(key: str) -> None:
    root = parsed(spec().replace("[disk]", f"{key}\n[disk]"))
    assert texts(root, "UserData/ProductKey/Key") == []
    assert texts(root, "UserData/ProductKey/WillShowUI") == ["Never"]


def test_lists_that_hold_nothing_are_left_out() -> None:
    root = parsed(f'[windows]\nrelease = "11"\n[communicator]\n{WINRM}'.replace('"packer"', '"Administrator"'))
    assert texts(root, "LocalAccounts") == []
    assert len(texts(root, "AdministratorPassword")) == 1


def test_a_text_that_is_only_a_blank_is_kept() -> None:
    assert texts(parsed(spec(more='[computer]\nowner = " "\n')), "component/RegisteredOwner") == [" "]


def test_an_image_by_number_is_chosen_by_number() -> None:
    root = parsed(spec().replace("[disk]", "image_index = 4\n[disk]"))
    assert (texts(root, "MetaData/Key"), texts(root, "MetaData/Value")) == (["/IMAGE/INDEX"], ["4"])


def test_another_disk_is_wiped_and_installed_to() -> None:
    root = parsed(spec().replace("[disk]", "[disk]\ntarget = 3"))
    assert texts(root, "Disk/DiskID") == texts(root, "InstallTo/DiskID") == ["3"]
    assert texts(root, "Disk/WillWipeDisk") == ["true"]


def test_one_partition_is_active_and_takes_it_all() -> None:
    root = parsed(spec(firmware="bios").replace("[disk]", '[disk]\nlayout = "single"'))
    assert (texts(root, "CreatePartition/Extend"), texts(root, "ModifyPartition/Active")) == (["true"], ["true"])
    assert (texts(root, "CreatePartition/Size"), texts(root, "InstallTo/PartitionID")) == ([], ["1"])


def test_a_disk_left_alone_is_not_mentioned() -> None:
    root = parsed(spec().replace("[disk]", '[disk]\nlayout = "none"'))
    assert texts(root, "DiskConfiguration") == texts(root, "InstallTo") == []


@pytest.mark.parametrize("architecture", ["x86", "arm64"])
def test_components_are_for_the_architecture_of_the_image(architecture: str) -> None:
    root = parsed(spec("10").replace("[disk]", f'architecture = "{architecture}"\n[disk]'))
    assert {component.get("processorArchitecture") for component in root.iter(f"{U}component")} == {architecture}


def test_name_owner_and_zone_are_set_in_specialize() -> None:
    text = spec(more='[computer]\nname = "build-vm"\nowner = "O"\norganization = "P"\ntime_zone = "Europe/Berlin"\n')
    specialize = in_pass(parsed(text), "specialize")
    assert texts(specialize, "component/ComputerName") == ["build-vm"]
    assert texts(specialize, "component/RegisteredOwner") == ["O"]
    assert texts(specialize, "component/RegisteredOrganization") == ["P"]
    assert texts(specialize, "component/TimeZone") == ["W. Europe Standard Time"]
    assert texts(in_pass(parsed(text), "windowsPE"), "UserData/FullName") == ["O"]


def test_several_keyboards_stand_in_one_list() -> None:
    root = parsed(spec(more='[locale]\nkeyboards = ["de-DE", "en-US"]\n'))
    assert texts(root, "component/InputLocale") == ["de-DE;en-US"] * 2


def test_letters_outside_ascii_are_written_as_references() -> None:
    data = answer_file(guest_of(spec().replace("Ann", "J\u00fc\U0001f600"))).data
    assert b"<DisplayName>J&#252;&#128512;</DisplayName>" in data


def test_groups_stand_in_one_list() -> None:
    text = spec().replace('full_name = "Ann"', 'groups = ["Administrators", "Remote Desktop Users"]')
    assert texts(parsed(text), "LocalAccount/Group") == ["Administrators;RemoteDesktopUsers", "Administrators"]


PACKER_DOCS = (
    f'[windows]\nrelease = "server-2022"\n[communicator]\n{WINRM}'
    '[bootstrap]\nstyle = "plain"\nfind = "floppy"\n[[commands]]\nrun = "first"\n'
)


def test_the_plain_style_from_a_floppy_is_the_entry_of_packers_documentation() -> None:
    command = list(parsed(PACKER_DOCS).iter(f"{U}SynchronousCommand"))[-1]
    assert {etree.QName(field).localname: field.text for field in command} == {
        "CommandLine": r"cmd.exe /c a:\winrmConfig.bat",
        "Description": "Configure WinRM",
        "Order": "4",
        "RequiresUserInput": "true",
    }


def test_the_plain_style_shuts_nothing() -> None:
    assert texts(parsed(PACKER_DOCS), "RunSynchronousCommand") == []


def test_the_closed_style_lets_the_desktop_wait() -> None:
    assert texts(parsed(spec()), "SynchronousCommand/RequiresUserInput") == []
    assert texts(parsed(spec()), "SynchronousCommand/Description")[-1] == "Configure WinRM"
    assert texts(parsed(spec(kind="ssh")), "SynchronousCommand/Description")[-1] == "Configure SSH"


_PROCESS = """
import sys
from pathlib import Path
from toolkit.render.generate import generated
from toolkit.spec.document import read_document
from toolkit.spec.load import load_guest
from toolkit.spec.secrets import Vault
document = read_document(Path("-"), stdin=sys.stdin.read())
for file in generated(load_guest(document, Vault({}, None, Path("nowhere"))).guest):
    print(file.name, file.sha256)
"""


def test_the_same_spec_gives_the_same_bytes_in_every_process() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", _PROCESS],
            input=spec(),
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
        ).stdout
        for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("2", "America/New_York"))
    }
    assert len(outputs) == 1
    assert "Autounattend.xml" in outputs.pop()


# What XML, base64, cmd.exe or a careless template would trip over, besides any other printable character.
_TRICKY = st.sampled_from("&<>\"'%!^|;`$()[]{}#~=, .\\/:äß€Ωж中😀\u00a0\u200b\u2028\ufeff")
_PRINTABLE = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
_TEXT = st.text(_TRICKY | _PRINTABLE, min_size=1, max_size=40)
_NAMES = st.text(st.sampled_from("aZ9&'!^()#$`~{}-_. äß中😀") | _PRINTABLE, min_size=1, max_size=20).filter(
    lambda name: account_name_fault(name) is None and name.casefold() != "packer"
)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@settings(deadline=None)
@given(_NAMES, _TEXT, _TEXT)
def test_names_of_accounts_survive(name: str, full_name: str, description: str) -> None:
    account = (
        f"[[accounts]]\nname = {quoted(name)}\npassword = 'x'\n"
        f"full_name = {quoted(full_name)}\ndescription = {quoted(description)}\n"
    )
    root = parsed(
        f'[windows]\nrelease = "11"\n[communicator]\n{WINRM}{account}[autologon]\nusername = {quoted(name)}\n'
    )
    assert texts(root, "LocalAccount/Name") == [name, "packer"]
    assert texts(root, "LocalAccount/DisplayName") == [full_name]
    assert texts(root, "LocalAccount/Description") == [description]
    assert texts(root, "AutoLogon/Username") == [name]


@settings(deadline=None)
@given(_TEXT)
def test_passwords_survive(password: str) -> None:
    text = f'[windows]\nrelease = "server-2022"\n[communicator]\n{WINRM}'.replace(f'"{PASSWORD}"', '{ env = "PW" }')
    root = parsed(text, {"PW": password})
    assert decoded(texts(root, "LocalAccount/Password/Value")[0], "Password") == password
    assert decoded(texts(root, "AutoLogon/Password/Value")[0], "Password") == password
    assert decoded(texts(root, "AdministratorPassword/Value")[0], "AdministratorPassword") == password


@settings(deadline=None)
@given(_TEXT, _TEXT, _TEXT.filter(str.strip), _TEXT.filter(str.strip), _TEXT)
def test_texts_of_every_kind_survive(owner: str, organization: str, image: str, line: str, description: str) -> None:
    root = parsed(
        f'[windows]\nrelease = "11"\nimage_name = {quoted(image)}\n'
        f"[computer]\nowner = {quoted(owner)}\norganization = {quoted(organization)}\n[communicator]\n{WINRM}"
        + "".join(
            f'[[commands]]\nphase = "{phase}"\nrun = {quoted(line)}\ndescription = {quoted(description)}\n'
            for phase in ("windows-pe", "specialize", "first-logon")
        )
    )
    assert texts(root, "MetaData/Value") == [image]
    assert texts(root, "component/RegisteredOwner") == texts(root, "UserData/FullName") == [owner]
    assert texts(root, "component/RegisteredOrganization") == texts(root, "UserData/Organization") == [organization]
    assert texts(root, "RunSynchronousCommand/Path").count(line) == 2
    assert line in texts(root, "SynchronousCommand/CommandLine")
    assert texts(root, "RunSynchronousCommand/Description").count(description) == 2


@given(st.text(), st.sampled_from(["Password", "AdministratorPassword"]))
def test_a_password_is_encoded_with_the_name_of_its_element(password: str, element: str) -> None:
    value = encoded(Secret(password), element)
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", value)
    assert decoded(value, element) == password


def test_the_encoding_is_the_one_that_others_write_too() -> None:
    # An empty password, as pbatard/rufus src/wue.c writes it.
    assert encoded(Secret(""), "Password") == "UABhAHMAcwB3AG8AcgBkAA=="


def test_what_goes_into_the_file_shows_no_password() -> None:
    guest: Guest = guest_of(spec())
    assert PASSWORD not in repr(answer_file(guest)) + repr(guest)


OWN_KEY = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"
KMS_KEY = "W269N-WFGWX-YVC9B-4J6C9-T83GX"


@pytest.mark.parametrize(
    ("word", "picks", "activates"),
    [(OWN_KEY, [OWN_KEY], [OWN_KEY]), ("kms", [KMS_KEY], []), (KMS_KEY, [KMS_KEY], []), ("firmware", [], [])],
)
def test_a_key_of_ones_own_picks_the_image_and_activates_it(word: str, picks: list[str], activates: list[str]) -> None:
    root = parsed(f'[windows]\nrelease = "11"\nproduct_key = "{word}"\n[communicator]\n' + WINRM)
    assert texts(in_pass(root, "windowsPE"), "ProductKey/Key") == picks
    assert texts(in_pass(root, "specialize"), "component/ProductKey") == activates
