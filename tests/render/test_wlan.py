from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.render.answers import files_of
from tests.render.test_network import text
from tests.spec.loading import SMALLEST, guest_of

W = "{http://www.microsoft.com/networking/WLAN/profile/v1}"
FOLDER = "$OEM$/$$/Setup/Scripts/unattend"


def profile(lines: str) -> etree._Element:
    data = files_of(guest_of(SMALLEST.replace("server-2022", "11") + f"[wlan]\n{lines}\n"))[f"{FOLDER}/wlan.xml"]
    assert data.isascii()
    return etree.fromstring(data)


def value(root: etree._Element, path: str) -> str | None:
    return root.findtext("/".join(f"{W}{step}" for step in path.split("/")))


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=8),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=63),
)
def test_any_name_and_passphrase_arrive_as_they_were_written(ssid: str, password: str) -> None:
    root = profile(f"ssid = {text(ssid)}\npassword = {text(password)}")
    assert value(root, "SSIDConfig/SSID/name") == value(root, "name") == ssid
    assert bytes.fromhex(value(root, "SSIDConfig/SSID/hex") or "").decode() == ssid
    assert value(root, "MSM/security/sharedKey/keyMaterial") == password
    assert value(root, "MSM/security/sharedKey/keyType") == "passPhrase"


def test_each_kind_of_network_has_the_schemas_names() -> None:
    found = {}
    for security, more in (("open", ""), ("wpa2", f'password = "{"0f" * 32}"'), ("wpa3", 'password = "12345678"')):
        root = profile(f'ssid = "a"\nhidden = true\nsecurity = "{security}"\n{more}')
        auth = [value(root, f"MSM/security/authEncryption/{name}") for name in ("authentication", "encryption")]
        found[security] = (*auth, value(root, "MSM/security/sharedKey/keyType"))
        assert value(root, "SSIDConfig/nonBroadcast") == "true"
    assert found == {
        "open": ("open", "none", None),
        "wpa2": ("WPA2PSK", "AES", "networkKey"),
        "wpa3": ("WPA3SAE", "AES", "passPhrase"),
    }


def test_a_machine_without_the_wireless_service_is_set_up_all_the_same() -> None:
    spec = SMALLEST.replace("server-2022", "11") + '[wlan]\nssid = "a"\npassword = "12345678"\n'
    runner = files_of(guest_of(spec))[f"{FOLDER}/specialize.cmd"].decode("ascii")
    assert "%STEP% may fail: going on" in runner


def test_the_file_with_the_password_goes_when_windows_has_the_profile() -> None:
    spec = SMALLEST.replace("server-2022", "11") + '[wlan]\nssid = "a"\npassword = "12345678"\n'
    lines = files_of(guest_of(spec))[f"{FOLDER}/wlan.cmd"].decode("ascii").splitlines()
    assert lines[1] == 'netsh.exe wlan add profile filename="%~dp0wlan.xml" user=all'
    assert lines[3] == 'del /f /q "%~dp0wlan.xml"'
