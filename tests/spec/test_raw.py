from __future__ import annotations

import pytest

from tests.spec.loading import SMALLEST, errors, guest_of
from toolkit.spec.work import RawFragment


def raw(xml: str, during: str = "specialize", component: str = "Microsoft-Windows-IE-ESC") -> str:
    return SMALLEST + f"[[raw]]\npass = '{during}'\ncomponent = '{component}'\nxml = '''\n{xml}'''\n"


GOOD = "<IEHardenAdmin>false</IEHardenAdmin>\n"


def test_a_fragment_may_have_lines() -> None:
    assert guest_of(raw(GOOD)).raw == (RawFragment("specialize", "Microsoft-Windows-IE-ESC", GOOD),)


def test_the_prefix_of_actions_is_known() -> None:
    item = '<FirewallGroup wcm:action="add" wcm:keyValue="x"><Active>true</Active><Group>g</Group></FirewallGroup>'
    spec = raw(f"<FirewallGroups>{item}</FirewallGroups>", component="Networking-MPSSVC-Svc")
    assert guest_of(spec).raw


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        ("<A>", "raw[0].xml is not well-formed: mismatched tag (its line 1)"),
        ("<A/>\n<B", "raw[0].xml is not well-formed: not well-formed (invalid token) (its line 2)"),
        ("text", "raw[0].xml holds text outside of elements"),
        ("<!-- only this -->", "raw[0].xml holds no element"),
        ("</component><component>", "raw[0].xml closes an element that it did not open"),
        ("<A>&x;</A>", "raw[0].xml is not well-formed: undefined entity (its line 1)"),
        ("<component name='x'/>", "raw[0].xml holds <component>, and is to hold only what stands inside the component"),
        ("<wcm2:A/>", "raw[0].xml is not well-formed: unbound prefix (its line 1)"),
    ],
)
def test_what_cannot_stand_inside_a_component_is_refused(xml: str, message: str) -> None:
    assert errors(raw(xml)) == [f"10:1 {message}"]


def test_a_document_type_is_refused() -> None:
    [error] = errors(raw('<!DOCTYPE a [<!ENTITY x "y">]><A>&x;</A>'))
    assert error.startswith("10:1 raw[0].xml is not well-formed: ")


def test_the_catalog_judges_a_fragment_like_the_rest_and_names_its_line() -> None:
    found = errors(raw(f"{GOOD}<IEHardenUser>perhaps</IEHardenUser>\n<Nope>1</Nope>"))
    assert found == [
        '10:1 raw[0].xml, its line 2: IEHardenUser is "perhaps"; it must be one of "true", "false"',
        "10:1 raw[0].xml, its line 3: Microsoft-Windows-IE-ESC has no setting Nope",
    ]


@pytest.mark.parametrize("attribute", ['xmlns="urn:mine"', 'xmlns=""'])
def test_a_setting_of_another_namespace_is_refused(attribute: str) -> None:
    [error] = errors(raw(GOOD.replace("<IEHardenAdmin", f"<IEHardenAdmin {attribute}")))
    assert error.startswith("10:1 raw[0].xml, its line 1: <IEHardenAdmin> is of ")


def test_a_setting_in_a_pass_that_does_not_have_it_is_refused() -> None:
    [error] = errors(raw(GOOD, during="oobeSystem"))
    assert error.startswith("10:1 raw[0].xml, its line 1: ")


def test_a_pass_that_does_not_exist_is_refused_by_its_key() -> None:
    [error] = errors(raw(GOOD, during="specialise"))
    assert error.startswith('8:1 raw[0].pass is "specialise"; it must be one of ')
