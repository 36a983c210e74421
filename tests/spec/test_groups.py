from __future__ import annotations

import pytest

from tests.spec.loading import SMALLEST, errors, guest_of, loaded


def spec(groups: str) -> str:
    return SMALLEST + f'[[accounts]]\nname = "ann"\npassword = "x"\ngroups = {groups}\n'


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("administrators", "Administrators"),
        ("Remote Desktop Users", "RemoteDesktopUsers"),
        ("remotedesktopusers", "RemoteDesktopUsers"),
        ("Performance Log Users", "PerfLoggingUsers"),
        ("Hyper-V Administrators", "Hyper-V Administrators"),
    ],
)
def test_a_group_is_written_as_setup_knows_it_in_every_language(name: str, written: str) -> None:
    found = loaded(spec(f'["{name}"]'))
    assert found.guest.accounts[0].groups == (written,)
    assert found.warnings == ()


def test_a_group_is_there_once() -> None:
    assert guest_of(spec('["Users", "users"]')).accounts[0].groups == ("Users",)


def test_a_group_that_may_not_exist_is_pointed_out() -> None:
    found = loaded(spec('["Adminstrators"]'))
    [warning] = found.warnings
    assert warning.message == '"Adminstrators" is no group of a new Windows: Setup would leave the account out of it'
    assert warning.help == 'did you mean "Administrators"?'
    assert found.guest.accounts[0].groups == ("Adminstrators",)


@pytest.mark.parametrize("groups", ['["Users;Guests"]', '[""]', f'["{"x" * 257}"]'])
def test_groups_that_no_list_can_hold_are_refused(groups: str) -> None:
    assert len(errors(spec(groups))) == 1
