"""Self-signed certificates for HTTPS listeners, made on the host before there is a guest."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from toolkit.errors import UsageError
from toolkit.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_RSA_BITS = 2048
_PUBLIC_EXPONENT = 65537
_LONGEST_COMMON_NAME = 64  # RFC 5280, ub-common-name
_ITERATIONS = 2000  # what Windows itself writes; old CryptoAPI takes seconds with modern counts


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its private key. `thumbprint` is SHA-1 in capitals, as Windows shows it; `sha256` likewise."""

    key: Secret
    certificate: str
    thumbprint: str
    sha256: str
    names: tuple[str, ...] = field(default=())

    @property
    def pem(self) -> Secret:
        """The certificate and the key in one PEM text, as servers read them."""
        return Secret(self.certificate + self.key.reveal())


def self_signed(names: Sequence[str], *, now: datetime, days: int = 3650) -> Certificate:
    """Make a server certificate for host names and IP addresses, valid from one day before `now`.

    The day covers guests whose clock is behind by their time zone. The first name becomes the common name, which must
    equal the listener's Hostname (WSMan error 0x803380E9). Raises UsageError for a name that no certificate can hold.
    """
    if not names:
        raise UsageError("a certificate needs at least one name", help="Give the guest's host name or address.")
    key = rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=_RSA_BITS)
    made = _builder(tuple(names), now, days).public_key(key.public_key()).sign(key, hashes.SHA256())
    der = made.public_bytes(Encoding.DER)
    return Certificate(
        key=Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")),
        certificate=made.public_bytes(Encoding.PEM).decode("ascii"),
        thumbprint=hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(),
        sha256=hashlib.sha256(der).hexdigest().upper(),
        names=tuple(names),
    )


def pfx(certificate: Certificate, password: Secret) -> bytes:
    """Pack certificate and key as PKCS #12 in the algorithms that Windows 7 reads: PBES1 3DES and a SHA-1 MAC.

    `certutil -importpfx` before Windows 10 1709 fails on AES and SHA-256 with "network password is not correct".
    """
    key = load_pem_private_key(certificate.key.reveal().encode("ascii"), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise UsageError("the certificate's key is not RSA", help="Make the certificate with `unattend generate`.")
    algorithms = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_ITERATIONS)
        .key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303  (the only MAC that Windows 7 checks)
    )
    leaf = x509.load_pem_x509_certificate(certificate.certificate.encode("ascii"))
    return pkcs12.serialize_key_and_certificates(
        certificate.names[0].encode("utf-8"), key, leaf, None, algorithms.build(password.reveal().encode("utf-8"))
    )


def _builder(names: tuple[str, ...], now: datetime, days: int) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:_LONGEST_COMMON_NAME])])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )


_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    key_encipherment=True,
    content_commitment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name)
    except ValueError as err:
        raise UsageError(
            f'"{name}" cannot stand in a certificate: only ASCII names and IP addresses can',
            help="Write an international name in its xn-- form.",
        ) from err
