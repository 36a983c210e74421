"""Certificates for HTTPS listeners and for clients, made on the host before there is a guest, or the user's own."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import field
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
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_RSA_BITS = 2048
_PUBLIC_EXPONENT = 65537
_LONGEST_COMMON_NAME = 64  # RFC 5280, ub-common-name
_UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
_UTF8_STRING = b"\x0c"
_LONGEST_SHORT_FORM = 127  # of a DER length
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
    general = [_general_name(name) for name in names]
    return _signed(_builder(names[0], general, ExtendedKeyUsageOID.SERVER_AUTH, now, days), tuple(names))


def client_certificate(user: str, *, now: datetime, days: int = 3650) -> Certificate:
    """Make a self-signed certificate with which a client logs on as the local account `user`.

    WinRM finds the account by the user principal name in it (MicrosoftDocs/win32 desktop-src/WinRM, certificate-based
    authentication), which is the certificate's only name.
    """
    principal = user_principal(user)
    return _signed(_builder(user, [_upn(principal)], ExtendedKeyUsageOID.CLIENT_AUTH, now, days), (principal,))


def user_principal(user: str) -> str:
    """Give the name by which certificates speak of a local account."""
    return f"{user}@localhost"


def pfx(certificate: Certificate, password: Secret) -> bytes:
    """Pack certificate and key as PKCS #12 in the algorithms that Windows 7 reads: PBES1 3DES and a SHA-1 MAC.

    `certutil -importpfx` before Windows 10 1709 fails on AES and SHA-256 with "network password is not correct".
    """
    key = load_pem_private_key(certificate.key.reveal().encode("ascii"), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise UsageError("the certificate's key is not RSA", help="Make the certificate with `unattend generate`.")
    leaf = x509.load_pem_x509_certificate(certificate.certificate.encode("ascii"))
    return _packed(certificate.names[0], key, leaf, (), password)


def opened(data: bytes, password: Secret, new_password: Secret, *, name: str) -> tuple[Certificate, bytes]:
    """Open a user's own PKCS #12 file: the certificate, and its content packed anew as `pfx` packs it.

    The other password is for the guest alone, and made of characters that no batch file can mangle; the algorithms are
    those that Windows 7 reads. Raises UsageError, naming the file, when it does not open, or holds no RSA key with a
    certificate that has a common name.
    """
    try:
        content = pkcs12.load_pkcs12(data, password.reveal().encode("utf-8"))
    except ValueError as err:
        raise UsageError(
            f"{name} does not open as a PKCS #12 file with the password given",
            help="Check bootstrap.certificate: file and password.",
        ) from err
    leaf, key = content.cert.certificate if content.cert else None, content.key
    if leaf is None or not isinstance(key, rsa.RSAPrivateKey):
        raise UsageError(
            f"{name} holds no certificate with an RSA key", help="Export the certificate together with its private key."
        )
    common_name = _common_name(leaf)
    if not common_name:
        raise UsageError(
            f"the certificate in {name} has no common name, which WinRM compares with the listener's",
            help="Issue it with a subject such as CN=win.example.com.",
        )
    issuers = tuple(issuer.certificate for issuer in content.additional_certs)
    return _with_key(leaf, key, (common_name,)), _packed(common_name, key, leaf, issuers, new_password)


@dataclass(frozen=True, slots=True)
class TrustedClient:
    """The clients that a certificate lets in, as one local account.

    `trusted` is the PEM that the guest is to know as a client's own, `issuer` the one that it is to know as an issuer;
    `trusted` is empty where the issuer alone is known. `issuer_thumbprint` is the issuer's SHA-1, `thumbprint` the
    trusted one's; `subject` is the user principal name.
    """

    trusted: str
    issuer: str
    thumbprint: str
    issuer_thumbprint: str
    subject: str


def trusted_client(pem: bytes, user: str, *, name: str) -> TrustedClient:
    """Read a client's certificate, with its issuer after it where that is another; or an issuer's certificate alone.

    An issuer alone lets in whoever shows a certificate of its for `user`@localhost. Raises UsageError, naming the file.
    """
    try:
        first, *rest = x509.load_pem_x509_certificates(pem)
    except ValueError as err:
        raise UsageError(f"{name} holds no certificate in PEM form", help="Give -----BEGIN CERTIFICATE-----.") from err
    if _is_authority(first):
        return TrustedClient("", _pem(first), "", _thumbprint(first), user_principal(user))
    issuer = next((each for each in (first, *rest) if each.subject == first.issuer), None)
    if issuer is None:
        raise UsageError(f"{name} lacks the certificate's issuer", help="Append the issuer's certificate to the file.")
    subject = _principal(first)
    if subject is None:
        raise UsageError(
            f"{name} names no user: it has no user principal name among its alternative names",
            help='Issue it with otherName:msUPN;UTF8:user@localhost as one, or use client_certificate = "host".',
        )
    return TrustedClient(_pem(first), _pem(issuer), _thumbprint(first), _thumbprint(issuer), subject)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _principal(certificate: x509.Certificate) -> str | None:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    for name in names.get_values_for_type(x509.OtherName):
        # A UTF8String of less than 128 bytes: tag, length, text.
        if name.type_id == _UPN and name.value[:1] == _UTF8_STRING and len(name.value) == name.value[1] + 2:
            return name.value[2:].decode("utf-8")
    return None


def _upn(principal: str) -> x509.OtherName:
    text = principal.encode("utf-8")
    if len(text) > _LONGEST_SHORT_FORM:
        raise UsageError(f'"{principal}" is too long for a certificate', help="Use a shorter user name.")
    return x509.OtherName(_UPN, _UTF8_STRING + bytes((len(text),)) + text)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _thumbprint(certificate: x509.Certificate) -> str:
    return _sha1(certificate.public_bytes(Encoding.DER))


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _packed(
    name: str, key: rsa.RSAPrivateKey, leaf: x509.Certificate, issuers: tuple[x509.Certificate, ...], password: Secret
) -> bytes:
    algorithms = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_ITERATIONS)
        .key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303  (the only MAC that Windows 7 checks)
    )
    return pkcs12.serialize_key_and_certificates(
        name.encode("utf-8"), key, leaf, issuers or None, algorithms.build(password.reveal().encode("utf-8"))
    )


def _builder(
    common_name: str, names: list[x509.GeneralName], purpose: x509.ObjectIdentifier, now: datetime, days: int
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:_LONGEST_COMMON_NAME])])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )


def _signed(builder: x509.CertificateBuilder, names: tuple[str, ...]) -> Certificate:
    key = rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=_RSA_BITS)
    made = builder.public_key(key.public_key()).sign(key, hashes.SHA256())
    return _with_key(made, key, names)


def _with_key(certificate: x509.Certificate, key: rsa.RSAPrivateKey, names: tuple[str, ...]) -> Certificate:
    der = certificate.public_bytes(Encoding.DER)
    return Certificate(
        key=Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")),
        certificate=_pem(certificate),
        thumbprint=_sha1(der),
        sha256=hashlib.sha256(der).hexdigest().upper(),
        names=names,
    )


def _sha1(der: bytes) -> str:
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


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
