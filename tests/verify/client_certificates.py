"""A user's certificate, as its PEM files, and what a guest must know to map it."""

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
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vagrant")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase is not None:
        encryption = BestAvailableEncryption(passphrase.encode())
    pem = made.public_bytes(Encoding.PEM)
    certificate, key_file = folder / "user.pem", folder / "user.key"
    certificate.write_bytes(pem)
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    secret = None if passphrase is None else Secret(passphrase)
    return User(ClientCertificate(certificate, key_file, secret), pem.decode("ascii"))
