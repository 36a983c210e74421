from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolkit
from toolkit.catalog import languages, time_zones
from toolkit.catalog.releases import release_of, releases
from toolkit.catalog.suggest import did_you_mean, one_of
from toolkit.catalog.tables import rows

TABLES = sorted(path for path in (Path(toolkit.__file__).parent / "data").glob("*.json") if "schema" not in path.name)
EDITIONS = [(release, edition) for release in releases().values() for edition in release.editions.values()]
each_edition = pytest.mark.parametrize(("release", "edition"), EDITIONS, ids=lambda value: value.key)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_table_says_what_it_holds_and_where_from(path: Path) -> None:
    meta = json.loads(path.read_text(encoding="utf-8"))["meta"]
    assert meta["what"]
    assert meta["source"]
    assert re.search(r"20\d\d|\d+\.\d+", json.dumps(meta)), "a date or a version"


@pytest.mark.parametrize("name", ["iana-time-zones", "time-zones", "locales", "keyboards", "ui-languages"])
def test_the_names_in_a_table_are_there_once(name: str) -> None:
    names = [row["id"].casefold() for row in rows(name)]
    assert all(names)
    assert len(names) == len(set(names))


def test_the_counts_in_the_tables_are_right() -> None:
    for path in TABLES:
        table = json.loads(path.read_text(encoding="utf-8"))
        assert table["meta"].get("count", len(table["rows"])) == len(table["rows"]), path.name


@each_edition
def test_every_published_key_has_the_form_of_a_key(release: object, edition: object) -> None:
    for key in (edition.generic_key, edition.kms_key):  # type: ignore[attr-defined]  # the ids need values of any kind
        assert key is None or re.fullmatch(r"[A-Z0-9]{5}(-[A-Z0-9]{5}){4}", key)


def test_no_key_is_given_to_two_editions_of_one_release() -> None:
    for release in releases().values():
        for kind in ("generic_key", "kms_key"):
            keys = [
                (edition.edition_id, key) for edition in release.editions.values() if (key := getattr(edition, kind))
            ]
            assert len({key for _, key in keys}) == len(set(keys)), (release.key, kind)


def test_keys_are_those_that_microsoft_publishes() -> None:
    # MicrosoftDocs/windowsserverdocs get-started/kms-client-activation-keys.md
    published = {
        "server-2025": ("TVRH6-WHNXV-R9WG3-9XRFY-MY832", "D764K-2NDRG-47T6Q-P8T8W-YP6DF"),
        "server-2022": ("VDYBN-27WPP-V4HQT-9VMD4-VMK7H", "WX4NM-KYWYW-QJJR4-XV3QB-6VM33"),
        "server-2019": ("N69G4-B89J2-4G8F4-WWYCC-J464C", "WMDGN-G9PQG-XVVXX-R3X43-63DFG"),
        "server-2016": ("WC2BQ-8NRM3-FDDYY-2BFGV-KHKQY", "CB7KF-BWN84-R7R2Y-793K2-8XDDG"),
    }
    for release, (standard, datacenter) in published.items():
        editions = releases()[release].editions
        assert (editions["standard"].kms_key, editions["datacenter"].kms_key) == (standard, datacenter)
    for client in ("10", "11"):
        assert releases()[client].editions["pro"].kms_key == "W269N-WFGWX-YVC9B-4J6C9-T83GX"
        assert releases()[client].editions["enterprise"].kms_key == "NPPR9-FWDCX-D2C8J-H872K-2YT43"


def test_every_release_has_its_usual_edition_and_a_key_for_it() -> None:
    for release in releases().values():
        usual = release.editions[release.default_edition]
        assert (usual.kms_key if release.default_key == "kms" else usual.generic_key) is not None
        assert release.default_key == ("kms" if release.server else "generic")
        assert release.firmware in ("bios", "uefi")
        assert release.installations[0] == "desktop"
        assert release.architectures[0] == "amd64"


def test_servers_come_with_core_and_clients_do_not() -> None:
    for release, edition in EDITIONS:
        assert ("core" in release.installations) is release.server
        assert (edition.core_image is not None) is (release.server and edition.key != "essentials")
        assert edition.image.startswith(release.name)
        assert (edition.core_image or release.name).startswith(release.name)


def test_builds_grow_with_the_releases() -> None:
    servers = [release.build for release in releases().values() if release.server]
    assert all(earlier < later for earlier, later in pairwise(servers))


def test_every_iana_name_leads_to_a_zone_that_windows_knows() -> None:
    assert set(time_zones.iana_names().values()) <= set(time_zones.windows_ids().values())


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("GMT", "UTC"),
        ("pacific standard time_DSTOFF", "Pacific Standard Time_dstoff"),
        ("Europe/London_dstoff", None),
        ("EST5EDT", "Eastern Standard Time"),
        ("US/East-Indiana", "US Eastern Standard Time"),
        ("Europe/Uzhgorod", "FLE Standard Time"),
        ("Europe/London", "GMT Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("Asia/Calcutta", "India Standard Time"),
        ("PACIFIC STANDARD TIME", "Pacific Standard Time"),
        ("Mars/Olympus", None),
        ("", None),
    ],
)
def test_a_time_zone_is_found_by_either_name(name: str, zone: str | None) -> None:
    assert time_zones.windows_id(name) == zone


@given(st.sampled_from(time_zones.known_names()))
def test_every_known_time_zone_is_found_in_any_case(name: str) -> None:
    assert time_zones.windows_id(name.upper()) == time_zones.windows_id(name) is not None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("en-us", "en-US"),
        ("DE-ch", "de-CH"),
        ("0409:00010409", "0409:00010409"),
        ("0409:0001040G", None),
        ("aa-DJ", "aa-DJ"),
        ("zh-CN", "zh-CN"),
        ("Chinese (Simplified) - US", "0804:00000804"),
        (
            "0804:{81D4E9C9-1D3B-41BC-9E6C-4B40BF79E35E}{FA550B04-5AD7-411F-A5AC-CA038EC515D7}",
            "0804:{81d4e9c9-1d3b-41bc-9e6c-4b40bf79e35e}{fa550b04-5ad7-411f-a5ac-ca038ec515d7}",
        ),
        ("Klingon", None),
        ("", None),
    ],
)
def test_a_keyboard_is_found_by_locale_layout_or_number(name: str, found: str | None) -> None:
    assert languages.input_locale(name) == found


@given(st.sampled_from(languages.input_names()))
def test_every_known_input_has_a_form_that_setup_reads(name: str) -> None:
    found = languages.input_locale(name.upper())
    assert found is not None
    assert found == name or re.fullmatch(r"[0-9a-f]{4}:([0-9a-f]{8}|\{[0-9a-f-]{36}\}\{[0-9a-f-]{36}\})", found)


def test_every_display_language_is_a_locale() -> None:
    assert set(languages.ui_languages()) <= set(languages.locales())


@pytest.mark.parametrize(
    ("given_name", "hint"),
    [
        ("winrm_prt", 'did you mean "winrm_port"?'),
        ("WINRM_PORT", 'did you mean "winrm_port"?'),
        ("ssh_pot", 'did you mean "ssh_port"?'),
        ("zzz", None),
        ("", None),
    ],
)
def test_the_name_that_looks_most_like_it_is_proposed(given_name: str, hint: str | None) -> None:
    assert did_you_mean(given_name, ["winrm_host", "winrm_port", "ssh_port", "ssh_host"]) == hint


def test_two_names_that_are_as_close_are_both_proposed() -> None:
    assert did_you_mean("pro-x", ["pro-n", "pro-k", "home"]) == 'did you mean "pro-n" or "pro-k"?'


@given(st.lists(st.text(min_size=1), min_size=1), st.data())
def test_a_name_that_is_known_is_always_proposed(known: list[str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(known))
    last = [other for other in known if other.casefold() == name.casefold()][-1]
    assert f'"{last}"' in str(did_you_mean(name, known))


def test_a_list_to_read_is_quoted() -> None:
    assert one_of(["a", "b"]) == '"a", "b"'


def test_a_release_is_its_newest_version_and_every_build_of_it_is_found() -> None:
    for release in releases().values():
        builds = {release.first_build, release.build, *release.versions.values()}
        assert release.build == max(builds)
        assert all(release_of(build, server=release.server) is release for build in builds)
    assert [release_of(build, server=False) for build in (6002, 9200, 20348)] == [None] * 3
    assert release_of(27000, server=False) is releases()["11"]
