"""A user's certificate, as its PEM files, and what a guest must know to map it; and a server's odd one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from toolkit.communicators.endpoint import ClientCertificate
from toolkit.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class User:
    files: ClientCertificate
    authority: str


def make_user(folder: Path, passphrase: str | None = None) -> User:
    """Make a self-signed certificate for client authentication; the key is encrypted where a passphrase is given."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    made = _self_signed("vagrant", key).add_extension(usage, critical=False).sign(key, hashes.SHA256())
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase is not None:
        encryption = BestAvailableEncryption(passphrase.encode())
    pem = made.public_bytes(Encoding.PEM)
    certificate, key_file = folder / "user.pem", folder / "user.key"
    certificate.write_bytes(pem)
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    secret = None if passphrase is None else Secret(passphrase)
    return User(ClientCertificate(certificate, key_file, secret), pem.decode("ascii"))


def make_demanding_server(host: str) -> str:
    """Make a self-signed certificate with a demand that no client understands, and its key, as one PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    demand = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
    made = _self_signed(host, key).add_extension(names, critical=False).add_extension(demand, critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem).decode("ascii")


def _self_signed(name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
