"""Envelopes: what is read from them, and that hostile ones do no harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.clients import envelope
from toolkit.simulator.documents import DocumentError, parsed
from toolkit.simulator.faults import ACCESS_DENIED, WsmanFault
from toolkit.simulator.sealing import SealError, opened, sealed
from toolkit.simulator.soap import fault_envelope, read_request

LARGE = 1 << 20


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT20S", 20.0),
        ("PT60.000S", 60.0),
        ("PT30M", 1800.0),
        ("PT1H1M1.5S", 3661.5),
        ("P1DT1S", 86401.0),
        ("PT0S", 0.0),
        ("", None),
    ],
)
def test_an_operation_timeout_is_read_in_seconds(text: str, seconds: float | None) -> None:
    body = envelope("x", headers=f"<w:OperationTimeout>{text}</w:OperationTimeout>")
    assert read_request(body, at_most=LARGE).timeout == seconds


@pytest.mark.parametrize("text", ["PT", "P", "20", "PT-1S", "PT1", "P1Y"])
def test_a_timeout_that_windows_refuses_is_a_fault(text: str) -> None:
    body = envelope("x", headers=f"<w:OperationTimeout>{text}</w:OperationTimeout>")
    with pytest.raises(WsmanFault) as refused:
        read_request(body, at_most=LARGE)
    assert refused.value.fault.code == 2150858764


def test_options_selectors_and_sizes_are_read() -> None:
    headers = '<w:MaxEnvelopeSize>153600</w:MaxEnvelopeSize><w:OptionSet><w:Option Name="A">b</w:Option></w:OptionSet>'
    request = read_request(envelope("urn:x", shell_id="ID", headers=headers), at_most=LARGE)
    assert (request.action, request.shell_id, request.max_envelope, request.options) == (
        "urn:x",
        "ID",
        153600,
        {"A": "b"},
    )


def test_a_document_larger_than_allowed_is_not_parsed() -> None:
    with pytest.raises(DocumentError, match="bytes long"):
        parsed(b"<a/>" + b" " * 100, at_most=50)


def test_entities_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY a "' + b"x" * 1000 + b'"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'
    with pytest.raises(DocumentError):
        parsed(bomb, at_most=LARGE)


def test_what_a_client_sent_is_escaped_in_the_answer() -> None:
    answer = fault_envelope(ACCESS_DENIED, machine='a"<b>', relates_to="<&>")
    assert parsed(answer, at_most=LARGE).findtext(".//{*}RelatesTo") == "<&>"


@given(st.binary(max_size=300))
def test_garbage_is_a_fault(data: bytes) -> None:
    with pytest.raises(WsmanFault):
        read_request(data, at_most=LARGE)


class Mirror:
    """Stands in for NTLM: the ciphertext is the plain text backwards."""

    def seal(self, data: bytes) -> tuple[bytes, bytes, int]:
        return b"signature", data[::-1], 0

    def unseal(self, signature: bytes, data: bytes) -> bytes:
        if signature != b"signature":
            raise SealError("another signature")
        return data[::-1]


@given(st.binary(max_size=300))
def test_what_was_sealed_can_be_opened(data: bytes) -> None:
    assert opened(sealed(data, Mirror())[1], Mirror()) == data


@given(st.binary(max_size=300))
def test_a_broken_seal_is_refused(data: bytes) -> None:
    with pytest.raises(SealError):
        opened(data, Mirror())


def test_a_sealed_body_of_another_length_is_refused() -> None:
    with pytest.raises(SealError, match="not as long"):
        opened(sealed(b"abc", Mirror())[1].replace(b"Length=3", b"Length=4"), Mirror())
