from __future__ import annotations

import pytest

from tests.spec.loading import SMALLEST, errors, guest_of, warnings
from toolkit.secret import Secret
from toolkit.spec.surroundings import Wlan, WlanSecurity

LAPTOP = SMALLEST.replace("server-2022", "11")


def wlan(lines: str, base: str = LAPTOP) -> str:
    return base + f"[wlan]\n{lines}\n"


def test_a_wireless_network_has_a_password_unless_it_is_open() -> None:
    assert guest_of(wlan('ssid = "a"\npassword = "12345678"')).wlan == Wlan("a", WlanSecurity.WPA2, Secret("12345678"))
    spec = wlan('ssid = "a"\nsecurity = "open"\nhidden = true')
    assert guest_of(spec).wlan == Wlan("a", WlanSecurity.OPEN, None, hidden=True)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('ssid = "a"', "wlan.password must be given"),
        ('ssid = "a"\npassword = "1234567"', "wlan.password is neither 8 to 63 printable ASCII characters nor"),
        (
            'ssid = "a"\npassword = "' + "x" * 64 + '"',
            "wlan.password is neither 8 to 63 printable ASCII characters nor",
        ),
        ('ssid = "a"\npassword = "12345678ü"', "wlan.password is neither 8 to 63 printable ASCII characters nor"),
        ('ssid = "' + "ü" * 17 + '"\npassword = "12345678"', "wlan.ssid is longer than 32 bytes"),
        ('ssid = "a"\nsecurity = "open"\npassword = "12345678"', "an open network takes no password"),
    ],
)
def test_the_standards_limits_hold(lines: str, message: str) -> None:
    [error] = errors(wlan(lines))
    assert error.partition(" ")[2].startswith(message)


def test_a_key_of_64_hexadecimal_digits_is_taken() -> None:
    found = guest_of(wlan('ssid = "a"\npassword = "' + "0f" * 32 + '"')).wlan
    assert found is not None
    assert found.password == Secret("0f" * 32)


def test_wpa3_takes_no_such_key() -> None:
    assert errors(wlan('ssid = "a"\nsecurity = "wpa3"\npassword = "' + "0f" * 32 + '"')) == [
        "10:1 wlan.password is a key of 64 hexadecimal digits, and WPA3 takes a passphrase only"
    ]


def test_wpa3_is_refused_where_windows_does_not_know_it() -> None:
    old = LAPTOP.replace('"11"', '"server-2019"')
    assert errors(wlan('ssid = "a"\npassword = "12345678"\nsecurity = "wpa3"', old)) == [
        "10:1 Windows Server 2019 does not know WPA3"
    ]
    assert guest_of(wlan('ssid = "a"\npassword = "12345678"\nsecurity = "wpa3"')).wlan


def test_a_server_without_its_wireless_feature_is_pointed_out() -> None:
    assert warnings(wlan('ssid = "a"\npassword = "12345678"', SMALLEST)) == [
        "Windows Server 2022 has no wireless service until its feature is installed"
    ]
