from __future__ import annotations

from tests.spec.loading import SMALLEST, errors, guest_of
from toolkit.spec.work import Sysprep


def test_an_empty_table_is_enough_to_generalise() -> None:
    assert guest_of(SMALLEST).sysprep is None
    assert guest_of(SMALLEST + "[sysprep]\n").sysprep == Sysprep()


def test_every_choice_of_sysprep_is_taken() -> None:
    spec = SMALLEST + '[sysprep]\ncomputer_name = "copy"\nvm_mode = true\nkeep_devices = true\nskip_rearm = true\n'
    assert guest_of(spec).sysprep == Sysprep("copy", vm_mode=True, keep_devices=True, skip_rearm=True)


def test_a_copys_name_keeps_setups_rules() -> None:
    [error] = errors(SMALLEST + '[sysprep]\ncomputer_name = "a_b"\n')
    assert error.startswith('8:1 sysprep.computer_name "a_b" holds')


def test_a_copys_name_is_no_accounts_either() -> None:
    assert errors(SMALLEST + '[sysprep]\ncomputer_name = "Packer"\n') == [
        '8:1 the account "packer" has the same name as the computer; Windows puts it in no group'
    ]


def test_vm_mode_is_refused_where_sysprep_does_not_know_it() -> None:
    assert errors(SMALLEST.replace("server-2022", "server-2008r2") + "[sysprep]\nvm_mode = true\n") == [
        "8:1 Windows Server 2008 R2's sysprep does not know /mode:vm"
    ]
