"""Real mail servers on loopback: they keep what they get, or refuse as they are told to."""

from __future__ import annotations

import os
import signal
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.kit.serving import free_port
from tests.notifications.mails import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path


@dataclass
class Box:
    """What a server got: envelopes with bytes. `refuse` is its answer to a message, where it has one.

    `refuse_recipient` is its answer to a recipient; `recipients`: all that it was asked for.

    `kills` is the process that it kills when it has a message, before it says so; `killed`: how many.
    """

    port: int = 0
    refuse: str = ""
    refuse_recipient: str = ""
    kills: int = 0
    killed: int = 0
    envelopes: list[Any] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0

    @property
    def messages(self) -> list[EmailMessage]:
        return [read(envelope.content) for envelope in self.envelopes]

    async def handle_EHLO(  # noqa: N802 - named by aiosmtpd
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802 - named by aiosmtpd
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        self.recipients.append(address)
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return f"{self.refuse} {envelope.content[-400:].decode().splitlines()[-1]}"
        self.envelopes.append(envelope)
        if self.kills:
            pid, self.kills = self.kills, 0
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.killed += 1
        return "250 OK"


@contextmanager
def serve(
    *, port: int | None = None, implicit_tls: ssl.SSLContext | None = None, **options: Any
) -> Iterator[Box]:
    """Run a server; `options` are aiosmtpd's."""
    box = Box(port=port or free_port())

    class OnLoopback(Controller):
        def factory(self) -> SMTP:
            return SMTP(self.handler, hostname="mail.example", **options)

    controller = OnLoopback(
        box, hostname="127.0.0.1", port=box.port, ssl_context=implicit_tls, ready_timeout=60
    )
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def password_is(user: str, password: str) -> Any:
    """Return an authenticator that knows one account."""

    def authenticate(
        _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        right = (data.login.decode(), data.password.decode()) == (user, password)
        return AuthResult(success=right, handled=False)

    return authenticate


def certificate(folder: Path, host: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """Make a certificate for a host; return a server's context with it, and the file to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(host)]
    if host == "localhost":
        names.append(x509.IPAddress(ip_address("127.0.0.1")))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / f"{host}.pem", folder / f"{host}.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public
