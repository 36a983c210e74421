from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.documents import FRAME, IDENTITY, document, found, settings, setup, shell
from toolkit.catalog.check import check
from toolkit.catalog.elements import parsed
from toolkit.catalog.releases import releases

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*/output/*.xml"))
COMMAND = '<SynchronousCommand wcm:action="add"><Order>{order}</Order><CommandLine>x</CommandLine></SynchronousCommand>'


def test_what_is_right_has_no_finding() -> None:
    assert found(shell("<OOBE><HideEULAPage>true</HideEULAPage><ProtectYourPC>3</ProtectYourPC></OOBE>"), "11") == []


@pytest.mark.parametrize(
    ("inner", "finding"),
    [
        ("<OOBE><HideEula>true</HideEula></OOBE>", "5 unknown-setting error"),
        ("<oobe><HideEULAPage>true</HideEULAPage></oobe>", "5 setting-case warning"),
        ("<TaskbarLinks/><TaskbarLinks/>", "5 repeated-setting error"),
        ("<OOBE><ProtectYourPC>4</ProtectYourPC></OOBE>", "5 wrong-value error"),
        ("<OOBE><HideEULAPage>yes</HideEULAPage></OOBE>", "5 wrong-value error"),
        ("<OOBE><HideEULAPage></HideEULAPage></OOBE>", "5 empty warning"),
        ("<OOBE><HideEULAPage><x/></HideEULAPage></OOBE>", "5 unknown-setting error"),
        ('<OOBE><HideEULAPage xmlns="urn:mine">true</HideEULAPage></OOBE>', "5 foreign-element error"),
        ('<OOBE xmlns=""/>', "5 foreign-element error"),
        ("<OOBE>text</OOBE>", "5 stray-text warning"),
        ("<AutoLogon><LogonCount>many</LogonCount></AutoLogon>", "5 wrong-type error"),
        ("<ComputerName>a</ComputerName>", "5 wrong-pass error"),
        (f"<RegisteredOwner>{'x' * 257}</RegisteredOwner>", "5 too-long error"),
        ("<RegisteredOwner>" + "\U0001f600" * 129 + "</RegisteredOwner>", "5 too-long error"),
    ],
)
def test_a_wrong_setting_is_found_in_its_line(inner: str, finding: str) -> None:
    assert found(shell(inner)) == [finding]


@pytest.mark.parametrize(
    "inner",
    [
        f"<RegisteredOwner>{'x' * 256}</RegisteredOwner>",
        "<RegisteredOwner>" + "\U0001f600" * 128 + "</RegisteredOwner>",
        "<RegisteredOwner></RegisteredOwner>",
        "<OOBE><HideEULAPage>\n true\n </HideEULAPage></OOBE>",
        "<OOBE><ProtectYourPC>${protect}</ProtectYourPC></OOBE>",
        "<OOBE><!-- a remark --><HideEULAPage>true</HideEULAPage></OOBE>",
        "<OOBE><OEMAppId>x</OEMAppId></OOBE>",
    ],
)
def test_what_people_write_rightly_is_left_alone(inner: str) -> None:
    assert found(shell(inner)) == []


def test_the_nearest_name_is_proposed() -> None:
    [problem] = check(shell("<OOBE><HideEULAPag>true</HideEULAPag></OOBE>"))
    assert problem.message == "Microsoft-Windows-Shell-Setup/OOBE has no setting HideEULAPag"
    assert problem.help == 'did you mean "HideEULAPage"?'
    assert str(problem.place) == "Autounattend.xml:5:7"


@pytest.mark.parametrize(
    ("orders", "findings"),
    [
        (["1", "2", "5", "98"], []),
        (["2", "1"], []),
        (["1", "2", "01"], ["7 repeated-order error"]),
        (["1", ""], ["6 missing-order error", "6 empty warning"]),
        (["1", "501"], ["6 out-of-range error"]),
        (["0"], ["5 out-of-range error"]),
        (["9" * 30], ["5 out-of-range error"]),
    ],
)
def test_every_command_needs_an_order_of_its_own(orders: list[str], findings: list[str]) -> None:
    lines = "\n".join(COMMAND.format(order=order) for order in orders)
    assert found(shell(f"<FirstLogonCommands>{lines}</FirstLogonCommands>")) == findings


def test_a_command_without_order_is_found() -> None:
    line = '<SynchronousCommand wcm:action="add"><CommandLine>x</CommandLine></SynchronousCommand>'
    assert found(shell(f"<FirstLogonCommands>{line}</FirstLogonCommands>")) == ["5 missing-order error"]


@pytest.mark.parametrize("attribute", ["", 'action="add"', 'wcm:action="ad"'])
def test_an_item_says_that_it_is_added(attribute: str) -> None:
    line = COMMAND.format(order=1).replace('wcm:action="add"', attribute)
    assert found(shell(f"<FirstLogonCommands>{line}</FirstLogonCommands>")) == ["5 missing-action warning"]


def test_a_path_that_another_would_hide_is_found() -> None:
    path = '<PathAndCredentials wcm:action="add" wcm:keyValue="{key}"><Path>{path}</Path></PathAndCredentials>'
    one, two, three = (path.format(key=key, path=f"E:\\{key}{n}") for n, key in enumerate(("a", "b", "A")))
    component = "Microsoft-Windows-PnpCustomizationsWinPE"
    both = settings("windowsPE", component, f"<DriverPaths>{one}\n{two}</DriverPaths>")
    assert found(document(both)) == []
    assert found(document(both.replace(two, three))) == ["6 repeated-key error"]
    missing = one.replace(' wcm:keyValue="a"', "")
    assert found(document(both.replace(one, missing))) == ["5 missing-key warning"]


@pytest.mark.parametrize(
    ("name", "findings"),
    [
        ("microsoft-windows-shell-setup", ["4 component-case info"]),
        ("Microsoft-Windows-Shell-Setub", ["4 unknown-component warning"]),
        ("${component}", []),
        ("Microsoft-Windows-Security-Licensing-SLC-UX", []),
    ],
)
def test_components_are_known_in_any_case(name: str, findings: list[str]) -> None:
    assert found(document(settings("oobeSystem", name, ""))) == findings


@pytest.mark.parametrize("name", ["Microsoft-Windows-SQMApi", "Microsoft-Windows-SQMAPI"])
def test_spellings_that_everybody_uses_are_fine(name: str) -> None:
    assert found(document(settings("specialize", name, "<CEIPEnabled>0</CEIPEnabled>"))) == []


def test_nothing_is_said_of_settings_that_the_catalog_cannot_know() -> None:
    assert found(document(settings("specialize", "Microsoft-Windows-Sensors-Core", "<Whatever>1</Whatever>"))) == []


def test_a_component_in_a_pass_that_it_does_not_have_is_one_finding() -> None:
    inner = "<UserData><AcceptEula>maybe</AcceptEula></UserData>"
    assert found(document(settings("oobeSystem", "Microsoft-Windows-Setup", inner))) == ["4 wrong-pass error"]


@pytest.mark.parametrize(
    ("release", "inner", "findings"),
    [
        ("11", "<OOBE><NetworkLocation>Work</NetworkLocation></OOBE>", ["5 deprecated info"]),
        ("7", "<OOBE><NetworkLocation>Work</NetworkLocation></OOBE>", []),
        ("8.1", "<OOBE><SkipUserOOBE>true</SkipUserOOBE></OOBE>", ["5 deprecated info"]),
        ("server-2008r2", "<OOBE><SkipUserOOBE>true</SkipUserOOBE></OOBE>", []),
        ("7", "<OOBE><HideOnlineAccountScreens>true</HideOnlineAccountScreens></OOBE>", ["5 not-yet error"]),
        ("8.1", "<OOBE><HideOnlineAccountScreens>true</HideOnlineAccountScreens></OOBE>", []),
        ("8.1", "<EnableStartMenu>true</EnableStartMenu>", ["5 not-yet error"]),
        ("server-2016", "<OEMInformation><SupportProvider>x</SupportProvider></OEMInformation>", ["5 not-yet error"]),
        ("server-2019", "<OEMInformation><SupportProvider>x</SupportProvider></OEMInformation>", []),
        ("11", "<Themes><ScreenSaver>x</ScreenSaver></Themes>", ["5 removed warning"]),
    ],
)
def test_what_a_release_does_not_have_is_found_for_that_release(release: str, inner: str, findings: list[str]) -> None:
    assert found(shell(inner), release) == findings
    assert found(shell(inner)) == []


@pytest.mark.parametrize(
    ("body", "findings"),
    [
        ('<settings pass="oobesystem"/>', ["3 unknown-pass error"]),
        ("<settings/>", ["3 unknown-pass error"]),
        ('<settings pass="oobeSystem"/>\n<settings pass="oobeSystem"/>', ["4 repeated-pass warning"]),
        ('<settings pass="oobeSystem"><setting/></settings>', ["3 foreign-element error"]),
        (f'<component name="x" {IDENTITY}/>', ["3 foreign-element error"]),
        ("<Extensions/>", ["3 foreign-element error"]),
        ('<Extensions xmlns=""/>', ["3 foreign-element error"]),
        ('<Extensions xmlns="https://schneegans.de/windows/unattend-generator/"><Any/></Extensions>', []),
        ("<servicing><package/></servicing>", []),
        ("text", ["2 stray-text warning"]),
        (f'<settings pass="oobeSystem"><component {IDENTITY}/></settings>', ["3 component-identity error"]),
    ],
)
def test_the_frame_is_that_of_the_schema(body: str, findings: list[str]) -> None:
    assert found(document(body)) == findings


@pytest.mark.parametrize("attribute", ["processorArchitecture", "publicKeyToken", "language", "versionScope"])
def test_a_component_is_named_in_full(attribute: str) -> None:
    whole = shell("")
    name = attribute.encode()
    assert found(whole.replace(name + b"=", b"other=")) == ["4 component-identity error"]
    at = whole.index(name + b'="') + len(name) + 2
    assert found(whole[:at] + b"x" + whole[at:]) == ["4 component-identity error"]
    placeholder = whole[:at] + b"${x}" + whole[whole.index(b'"', at) :]
    assert found(placeholder) == []


def test_a_component_is_there_once_in_a_pass_and_architecture() -> None:
    one = f'<component name="Microsoft-Windows-Shell-Setup" {IDENTITY}/>'
    other = one.replace("amd64", "x86")
    assert found(document(f'<settings pass="oobeSystem">{one}{other}</settings>')) == []
    assert found(document(f'<settings pass="oobeSystem">{one}\n{one}</settings>')) == ["4 repeated-component warning"]


@pytest.mark.parametrize("root", ["<unattend/>", '<x xmlns="urn:schemas-microsoft-com:unattend"/>'])
def test_something_else_is_no_answer_file(root: str) -> None:
    assert found(root.encode()) == ["1 outermost-element error"]


@pytest.mark.parametrize(
    ("data", "line", "help_"),
    [
        (
            b"<!-- mine -->\n" + document(""),
            2,
            "Nothing may stand before <?xml ...?>: no comment, no blank line, no space.",
        ),
        (b"\n" + document(""), 2, "Nothing may stand before <?xml ...?>: no comment, no blank line, no space."),
        (shell("<RegisteredOwner>a & b</RegisteredOwner>"), 5, "Write & as &amp; and < as &lt;."),
        (b"", 1, "The file is empty, or was cut off."),
        (document("")[:-12], 5, "The file is empty, or was cut off."),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 1, "Remove <!DOCTYPE ...>."),
        (b"<a>" * 200, 1, None),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', 1, None),
    ],
)
def test_what_is_no_xml_is_one_finding_with_the_likely_cause(data: bytes, line: int, help_: str | None) -> None:
    [problem] = check(data)
    assert (problem.rule, problem.severity, problem.help) == ("not-well-formed", "error", help_)
    assert problem.place.line in (line, line - 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_encoding_that_is_declared_is_read(encoding: str) -> None:
    text = FRAME.format(
        body=settings("oobeSystem", "Microsoft-Windows-Shell-Setup", "<RegisteredOwner>é</RegisteredOwner>")
    )
    data = text.replace("utf-8", encoding.removesuffix("-sig"), 1).encode(encoding)
    assert found(data) == []
    owner = parsed(data).children[0].children[0].children[0]
    assert (owner.value, owner.line) == ("é", 5)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.parent.name)
def test_no_sample_has_a_finding(path: Path) -> None:
    assert SAMPLES
    assert check(path.read_bytes()) == ()


def test_a_tree_is_checked_like_its_document() -> None:
    data = shell("<OOBE><ProtectYourPC>4</ProtectYourPC></OOBE>")
    assert check(parsed(data), "11", file="a.xml") == check(data, "11", file="a.xml") != ()


def test_a_password_is_in_no_finding() -> None:
    inner = "<AutoLogon><Password><Value>Geheim1</Value><Plaintext>Geheim1</Plaintext></Password></AutoLogon>"
    assert "Geheim1" not in repr([problem.concise() for problem in check(shell(inner))]) + repr(parsed(shell(inner)))


@given(st.text(), st.sampled_from(list(releases())))
def test_any_value_is_judged_without_failing(text: str, release: str) -> None:
    clean = "".join(character for character in text if character.isprintable())
    escaped = clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for name in ("HideEULAPage", "ProtectYourPC", "OEMAppID"):
        check(shell(f"<OOBE><{name}>{escaped}</{name}></OOBE>"), release)


@given(st.binary())
def test_any_bytes_are_judged_without_failing(data: bytes) -> None:
    assert check(data)


def test_the_key_of_a_setting_may_be_any_child() -> None:
    disk = '<Disk wcm:action="add"><DiskID>0</DiskID></Disk>'
    assert found(setup(f"<DiskConfiguration>{disk}\n{disk}</DiskConfiguration>")) == ["6 repeated-key error"]
