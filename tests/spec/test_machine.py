"""`[oobe]`, `[windows11]`, `[administrator]`, and what they have to do with the rest."""

from __future__ import annotations

import pytest

from tests.spec.loading import SMALLEST, WINRM, errors, guest_of, warnings
from toolkit.spec.oobe_choices import Bypass, Express, Oobe

WINDOWS_11 = '[windows]\nrelease = "11"\n'


def test_requirements_are_checked_unless_somebody_asks() -> None:
    assert guest_of(WINDOWS_11 + WINRM).bypass == ()


def test_requirements_are_skipped_in_a_fixed_order() -> None:
    text = WINDOWS_11 + WINRM + '[windows11]\nbypass = ["storage", "tpm", "tpm"]\n'
    assert guest_of(text).bypass == (Bypass.TPM, Bypass.STORAGE)


def test_requirements_of_windows_11_are_nobody_elses() -> None:
    assert errors(SMALLEST + '[windows11]\nbypass = ["tpm"]\n') == [
        "8:1 windows11.bypass is for Windows 11; Windows Server 2022 has no such requirements"
    ]


def test_windows_11_on_bios_is_fine_where_the_check_is_skipped() -> None:
    text = WINDOWS_11 + '[disk]\nfirmware = "bios"\n' + WINRM
    assert len(warnings(text)) == 1
    assert warnings(text + '[windows11]\nbypass = ["secure-boot"]\n') == []


def test_the_express_settings_are_off_unless_somebody_asks() -> None:
    assert guest_of(SMALLEST).oobe == Oobe(Express.OFF)
    assert guest_of(SMALLEST + '[oobe]\nexpress = "updates"\n').oobe == Oobe(Express.UPDATES)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_administrator_is_enabled_or_not(*, enabled: bool) -> None:
    text = SMALLEST + f"[administrator]\npassword = 'x'\nenabled = {str(enabled).lower()}\n"
    assert guest_of(text).administrator_enabled is enabled
    assert guest_of(SMALLEST).administrator_enabled is None


def test_a_disabled_administrator_needs_no_password() -> None:
    assert guest_of(WINDOWS_11 + WINRM + "[administrator]\nenabled = false\n").administrator_password is None


def test_who_connects_is_not_disabled() -> None:
    text = SMALLEST.replace('"packer"', '"Administrator"') + "[administrator]\nenabled = false\n"
    assert errors(text)[0] == "8:1 the administrator is disabled, but the communicator logs on as it"


def test_who_logs_on_by_himself_is_not_disabled() -> None:
    text = SMALLEST + '[administrator]\npassword = "x"\nenabled = false\n[autologon]\nusername = "Administrator"\n'
    assert errors(text) == ["9:1 the administrator is disabled, but it is to log on by itself"]


@pytest.mark.parametrize(("count", "clean"), [("1", True), ("2", True), ('"forever"', False)])
def test_traces_are_cleaned_unless_they_are_for_ever(count: str, *, clean: bool) -> None:
    logon = guest_of(SMALLEST + f"[autologon]\ncount = {count}\n").autologon
    assert logon is not None
    assert logon.clean is clean


def test_traces_that_are_needed_for_ever_are_not_cleaned() -> None:
    [error] = errors(SMALLEST + '[autologon]\ncount = "forever"\nclean = true\n')
    assert "there is no last one" in error


@pytest.mark.parametrize(("size", "number"), [(127, 0), (128, 1)])
def test_a_password_that_nobody_could_type_is_refused(size: int, number: int) -> None:
    account = f'[[accounts]]\nname = "ann"\npassword = "{"p" * size}"\n'
    found = errors(SMALLEST + account) if number else guest_of(SMALLEST + account).accounts[:0]
    assert len(found) == number
    assert "p" * 9 not in repr(found)
