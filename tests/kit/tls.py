"""A server with TLS on loopback, and certificates made for it: good ones, and those that browsers refuse."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Authority:
    """Somebody who signs certificates, and whom only tests trust."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def trusted(self) -> ssl.SSLContext:
        """Return a context that trusts this authority alone."""
        pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)


@cache
def authority() -> Authority:
    """Return the authority of this process."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Harbour Authority")
    made = _draft(name, name, key.public_key(), days=3650).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    made = made.add_extension(_usage(signs=True), critical=True)
    return Authority(key, made.sign(key, hashes.SHA256()))


def certificate(folder: Path, host: str, *, days: int, self_signed: bool = False) -> Path:
    """Write a certificate and its key into a file, valid for so many more days (negative: expired)."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer = Authority(key, authority().certificate) if self_signed else authority()
    name = _name(host)
    issuer = name if self_signed else signer.certificate.subject
    made = _draft(name, issuer, key.public_key(), days=days).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False
    )
    signed = made.sign(signer.key, hashes.SHA256())
    file = folder / f"{host}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@contextmanager
def serving(file: Path | None) -> Iterator[int]:
    """Answer handshakes until the block ends, and return the port; without a certificate, never say a word."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if file:
        context.load_cert_chain(file)
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    sock = listening.accept()[0]
                except OSError:
                    return
                kept.append(sock)
                if file:
                    with suppress(OSError), context.wrap_socket(sock, server_side=True) as secure:
                        secure.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for sock in kept:
                sock.close()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _draft(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int
) -> x509.CertificateBuilder:
    until = datetime.now(UTC) + timedelta(days=days, hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=4000))
        .not_valid_after(until)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
        key_cert_sign=signs,
        crl_sign=signs,
    )
