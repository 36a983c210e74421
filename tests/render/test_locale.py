from __future__ import annotations

import pytest
from lxml import etree

from tests.render.test_answer_file import in_pass, texts
from tests.spec.loading import WINRM, errors, guest_of, refused
from toolkit.catalog.regions import geo_id, region_names
from toolkit.render.answerfile.document import answer_file


def tree(locale: str, release: str = "11") -> etree._Element:
    text = f'[windows]\nrelease = "{release}"\n[locale]\n{locale}\n' + WINRM
    return etree.fromstring(answer_file(guest_of(text)).data)


def test_setup_has_a_keyboard_of_its_own() -> None:
    root = tree(
        'keyboards = ["de-DE", "Japanese Microsoft IME"]\npe_keyboard = "French (Legacy, AZERTY)"'.replace(
            "Japanese Microsoft IME", "fr-CH"
        )
    )
    assert texts(in_pass(root, "oobeSystem"), "component/InputLocale") == ["de-DE;fr-CH"]
    assert texts(in_pass(root, "windowsPE"), "component/InputLocale") == ["040c:0000040c"]


@pytest.mark.parametrize(
    ("locale", "number"),
    [
        ('ui_language = "ja-JP"', ["6"]),
        ('ui_language = "ko-KR"', ["2"]),
        ('ui_language = "ko-KR"\nkeyboard_type = "korean-103-106"', ["5"]),
        ('pe_keyboard = "ja-JP"\nkeyboard_type = "101-102"', ["1"]),
        ('pe_keyboard = "Japanese"', ["6"]),
        ('pe_keyboard = "Korean (Korea) Microsoft IME"', ["2"]),
        ('ui_language = "ja-JP"\npe_keyboard = "en-US"', []),
        ('ui_language = "de-DE"', []),
    ],
)
def test_setup_need_not_ask_which_keys_a_japanese_or_korean_keyboard_has(locale: str, number: list[str]) -> None:
    root = tree(locale)
    assert texts(in_pass(root, "windowsPE"), "component/LayeredDriver") == number
    assert texts(in_pass(root, "oobeSystem"), "component/LayeredDriver") == []


@pytest.mark.parametrize("region", ["DE", "de", "Germany", "94"])
def test_a_region_is_a_country_by_any_name(region: str) -> None:
    assert geo_id(region) == "94"
    root = tree(f'region = "{region}"')
    [first] = [command for command in texts(root, "SynchronousCommand/CommandLine") if "GeoId" in command]
    assert first == 'powershell.exe -NoProfile -Command "Set-WinHomeLocation -GeoId 94"'
    specialize = [path for path in texts(in_pass(root, "specialize"), "RunSynchronousCommand/Path") if " 94 " in path]
    assert [r"HKU\unattend" in path for path in specialize] == [True, False]
    assert all(len(path) <= 259 for path in specialize)


def test_windows_7_gets_its_region_through_the_registry() -> None:
    root = tree('region = "FR"', "7")
    assert any(
        r"HKCU\Control Panel\International\Geo" in line for line in texts(root, "SynchronousCommand/CommandLine")
    )
    assert not any("DeviceRegion" in path for path in texts(root, "RunSynchronousCommand/Path"))


def test_without_a_region_windows_takes_it_from_the_locale() -> None:
    assert b"Geo" not in answer_file(guest_of('[windows]\nrelease = "11"\n' + WINRM)).data


def test_an_unknown_region_is_refused_with_the_nearest() -> None:
    text = '[windows]\nrelease = "11"\n[locale]\nregion = "Germny"\n' + WINRM
    assert errors(text) == ['4:1 locale.region "Germny" is not a country or region']


@pytest.mark.parametrize(("region", "meant"), [("USA", "United States"), ("uk", "United Kingdom")])
def test_a_region_by_its_usual_letters_is_understood(region: str, meant: str) -> None:
    [problem] = refused('[windows]\nrelease = "11"\n[locale]\nregion = "' + region + '"\n' + WINRM)
    assert problem.help == f'did you mean "{meant}"?'


def test_every_region_is_found_by_its_name() -> None:
    assert len(region_names()) > 200
    assert all(geo_id(name.upper()) for name in region_names())


@pytest.mark.parametrize("language", ["nl-NL", "ja-JP", "bg-BG", "en-CA", "ro-RO"])
def test_windows_chooses_the_keyboard_that_is_usual_for_a_locale(language: str) -> None:
    """None of these types on the layout that has the locale's number."""
    root = tree(f'user_locale = "{language}"')
    assert texts(root, "component/InputLocale") == [language, language]
