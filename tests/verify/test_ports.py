"""Knocking at ports."""

from __future__ import annotations

import socket
import sys

import pytest

from toolkit.verify.name import Address
from toolkit.verify.ports import Door, knock


@pytest.mark.skipif(sys.platform != "linux", reason="a family of addresses that Linux names and does not have")
def test_an_address_of_a_family_that_this_host_has_not_is_silent() -> None:
    doors = knock(Address(socket.AF_ASH, ("127.0.0.1", 5985)), (5985, 22), 0.1)
    assert doors.found == ((5985, Door.SILENT), (22, Door.SILENT))
