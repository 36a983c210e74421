from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.communicators.challenge import offered_methods


@pytest.mark.parametrize(
    ("headers", "methods"),
    [
        ((), ()),
        (("Negotiate", 'Basic realm="WSMAN"'), ("Negotiate", "Basic")),
        (("Negotiate, Kerberos, CredSSP",), ("Negotiate", "Kerberos", "CredSSP")),
        (("Negotiate", "negotiate"), ("Negotiate",)),
        (('Basic realm="a, Digest b", NTLM',), ("Basic", "NTLM")),
        (('Digest realm="x", nonce="y", qop="auth"',), ("Digest",)),
        (("Negotiate TlRMTVNTUAACAAAA==",), ("Negotiate",)),
        (("",), ()),
    ],
)
def test_the_schemes_are_told_from_their_parameters(headers: tuple[str, ...], methods: tuple[str, ...]) -> None:
    assert offered_methods(headers) == methods


schemes = st.lists(st.sampled_from(["Basic", "Negotiate", "NTLM", "Kerberos", "CredSSP"]), unique=True)
realms = st.none() | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


@given(schemes, realms, st.booleans())
def test_offers_are_read_back_in_order_in_one_header_or_many(names: list[str], realm: str | None, joined: bool) -> None:  # noqa: FBT001
    quoted = "" if realm is None else ' realm="{}"'.format(realm.replace("\\", "\\\\").replace('"', '\\"'))
    headers = [f"{name}{quoted}" for name in names]

    assert offered_methods([", ".join(headers)] if joined else headers) == tuple(names)


@given(st.lists(st.text()))
def test_any_headers_are_read_without_an_error(headers: list[str]) -> None:
    assert all(offered_methods(headers))
