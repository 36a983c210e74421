from __future__ import annotations

import pytest

from tests.spec.loading import SMALLEST, WINRM, errors, guest_of, refused
from toolkit.catalog.languages import ui_languages
from toolkit.spec.guest import Locale


def locale(text: str) -> Locale:
    return guest_of(SMALLEST + "[locale]\n" + text).locale


def test_the_default_is_american_english() -> None:
    assert locale("") == Locale("en-US", "en-US", "en-US", ("en-US",))


@pytest.mark.parametrize("language", ui_languages().values())
def test_every_display_language_is_enough_by_itself(language: str) -> None:
    found = locale(f'ui_language = "{language}"\n')
    assert (found.ui_language, found.system_locale, found.user_locale) == (language, language, language)
    assert all(found.keyboards)


def test_names_are_written_as_windows_writes_them() -> None:
    assert locale('ui_language = "DE-de"\nuser_locale = "EN-gb"\n') == Locale("de-DE", "de-DE", "en-GB", ("en-GB",))


def test_keyboards_are_locales_layouts_methods_or_numbers() -> None:
    text = 'keyboards = ["de-ch", "United States-Dvorak", "0407:00000407", "Japanese Microsoft IME", "aa-DJ"]\n'
    keyboards = locale(text.replace('"United States-Dvorak", ', "").replace('"Japanese Microsoft IME", ', "")).keyboards
    assert keyboards == ("de-CH", "0407:00000407", "aa-DJ")


@pytest.mark.parametrize("key", ["ui_language", "system_locale", "user_locale"])
def test_an_unknown_name_is_one_error_however_much_depends_on_it(key: str) -> None:
    [problem] = refused(SMALLEST + f'[locale]\n{key} = "de-DF"\n')
    assert str(problem.place) == "<stdin>:8:1"
    assert problem.message == f'locale.{key} "de-DF" is not known to Windows'
    assert "de-DE" in str(problem.help)


def test_an_unknown_keyboard_is_named_with_its_place() -> None:
    assert errors(SMALLEST + '[locale]\nkeyboards = ["en-US",\n  "Dvorrak"]\n') == [
        '9:3 the keyboard "Dvorrak" is not known to Windows'
    ]


def test_a_locale_that_came_with_windows_10_is_refused_for_an_older_one() -> None:
    text = '[locale]\nuser_locale = "en-DE"\nkeyboards = ["en-US", "aa-dj"]\n'
    old = '[windows]\nrelease = "server-2012r2"\n' + WINRM
    assert errors(old + text) == [
        '8:1 the locale "en-DE" came with Windows 10; Windows Server 2012 R2 does not know it',
        '9:23 the locale "aa-dj" came with Windows 10; Windows Server 2012 R2 does not know it',
    ]
    assert guest_of(SMALLEST + text).locale.user_locale == "en-DE"


@pytest.mark.parametrize("language", ui_languages().values())
def test_every_display_language_is_a_locale_of_windows_7(language: str) -> None:
    guest = guest_of('[windows]\nrelease = "7"\n' + WINRM + f'[locale]\nui_language = "{language}"\n')
    assert guest.locale.user_locale == language


@pytest.mark.parametrize("name", ["mg-MG", "nqo-GN", "pt-AO"])
def test_windows_8_1_knows_a_few_locales_without_a_number(name: str) -> None:
    guest = guest_of('[windows]\nrelease = "8.1"\n' + WINRM + f'[locale]\nuser_locale = "{name}"\n')
    assert guest.locale.user_locale == name


@pytest.mark.parametrize("name", ["zh-HK", "zh-MO", "zh-SG"])
def test_chinese_is_known_wherever_windows_has_it(name: str) -> None:
    guest = guest_of('[windows]\nrelease = "7"\n' + WINRM + f'[locale]\nuser_locale = "{name}"\n')
    assert (guest.locale.user_locale, guest.locale.keyboards) == (name, (name,))
