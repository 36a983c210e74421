"""Certificates are parsed back and judged by what a Windows listener and a TLS client ask of them."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

from toolkit.certificates import Certificate, pfx, self_signed
from toolkit.errors import UsageError
from toolkit.secret import Secret

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PBE_SHA1_3DES = bytes.fromhex("2a864886f70d010c0103")  # 1.2.840.113549.1.12.1.3
SHA1 = bytes.fromhex("2b0e03021a")  # 1.3.14.3.2.26
AES_256_CBC = bytes.fromhex("60864801650304012a")  # 2.16.840.1.101.3.4.1.42


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed(["win-build", "win-build.lab", "127.0.0.1", "fe80::1"], now=NOW, days=30)


@pytest.fixture(scope="module")
def parsed(certificate: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.certificate.encode())


def test_names_and_addresses_are_both_alternative_names(parsed: x509.Certificate) -> None:
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["win-build", "win-build.lab"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("127.0.0.1"),
        ipaddress.ip_address("fe80::1"),
    ]
    assert parsed.subject.rfc4514_string() == "CN=win-build"


def test_it_is_back_dated_one_day_for_guests_with_a_slow_clock(parsed: x509.Certificate) -> None:
    assert parsed.not_valid_before_utc == NOW - timedelta(days=1)
    assert parsed.not_valid_after_utc == NOW + timedelta(days=30)


def test_it_says_that_it_is_for_a_tls_server(parsed: x509.Certificate) -> None:
    usage = parsed.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.key_encipherment
    assert not usage.key_cert_sign
    purposes = parsed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_the_thumbprints_are_digests_of_the_certificate(certificate: Certificate, parsed: x509.Certificate) -> None:
    der = parsed.public_bytes(Encoding.DER)
    assert certificate.thumbprint == hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    assert certificate.sha256 == hashlib.sha256(der).hexdigest().upper()


def test_the_key_is_the_certificates_own_and_2048_bits(certificate: Certificate, parsed: x509.Certificate) -> None:
    key = load_pem_private_key(certificate.key.reveal().encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert key.public_key() == parsed.public_key()


def test_no_repr_shows_the_key(certificate: Certificate) -> None:
    assert "PRIVATE" not in repr(certificate)


def test_the_pfx_holds_key_and_certificate_under_its_password(certificate: Certificate) -> None:
    packed = pfx(certificate, Secret("p:ss wörd"))
    opened = pkcs12.load_pkcs12(packed, "p:ss wörd".encode())
    assert opened.cert is not None
    assert opened.cert.certificate.public_bytes(Encoding.PEM).decode() == certificate.certificate
    with pytest.raises(ValueError):
        pkcs12.load_pkcs12(packed, b"another")


def test_the_pfx_uses_only_what_windows_7_can_read(certificate: Certificate) -> None:
    packed = pfx(certificate, Secret("secret"))
    assert PBE_SHA1_3DES in packed
    assert SHA1 in packed
    assert AES_256_CBC not in packed


@pytest.mark.parametrize("names", [[], ["wörker"]])
def test_a_name_that_no_certificate_holds_is_refused_with_the_way_out(names: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        self_signed(names, now=NOW, days=1)
    assert refused.value.help
