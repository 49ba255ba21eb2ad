"""What follows from the settings: it stands apart from what reads them, which a process that serves does without."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import SplitResult, quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes. `file`: into `folder`, one .eml each; else to a server.

    `security` is `starttls` (demanded), `tls` (from the first byte) or `none` (loopback only).
    """

    kind: Literal["file", "smtp"]
    folder: Path = Path()
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    security: Literal["starttls", "tls", "none"] = "none"

    @property
    def backend(self) -> str:
        """What Django sends it with."""
        kinds = {"file": "FolderBackend", "smtp": "SmtpBackend"}
        return f"doorward.notifications.mail.{kinds[self.kind]}"


class Derived:
    """What follows from the settings, whoever has read them."""

    # Django asks each setting for this at each look, and what pydantic has not it searches for long.
    _mask_wrapped: ClassVar[bool] = True

    if TYPE_CHECKING:
        bind: str
        data_dir: Path
        database_url: str
        device_bound_sessions: bool
        email_url: str
        keys_file: Path
        otlp_headers: str
        public_url: str

    @property
    def headers_of_traces(self) -> dict[str, str]:
        """What the collector is sent with each batch. Secret."""
        return dict(headers_in(self.otlp_headers))

    @property
    def host(self) -> str:
        """The host to listen on, without brackets."""
        return self.bind.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on."""
        return int(self.bind.rpartition(":")[2])

    @property
    def origin(self) -> str:
        """Scheme, host and port that people use, in the one spelling that browsers have for it."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def https(self) -> bool:
        """Whether people reach the portal by https."""
        return self.origin.startswith("https://")

    @property
    def binds_devices(self) -> bool:
        """Whether sessions are bound to devices; browsers do that by https, and on their own machine without."""
        here = urlsplit(self.origin).hostname == "localhost"
        return self.device_bound_sessions and (self.https or here)

    def cookie_name(self, name: str) -> str:
        """Return what a cookie of this portal is called.

        Browsers do not tell cookies apart by port, so that on another port than the scheme's own the name does:
        two portals on one host name leave each other's alone. `__Host-` keeps sibling hosts from setting it.
        """
        port = urlsplit(self.origin).port
        suffix = f"-{port}" if port else ""
        return f"{'__Host-' if self.https else ''}{name}{suffix}"

    @property
    def database(self) -> str:
        """The database's address, the default filled in."""
        # In an address, `?`, `#` and `%` say something of their own: a folder may be called by them.
        file = quote(str(self.data_dir.absolute() / "doorward.sqlite3"), errors="surrogateescape")
        return self.database_url or f"sqlite:///{file}"

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an SQLite database; None: it is another one."""
        if not self.database.startswith("sqlite:"):
            return None
        # Three slashes or four: the path is absolute either way.
        path = unquote(urlsplit(self.database).path, errors="surrogateescape")
        return Path("/" + path.lstrip("/"))

    @property
    def keys(self) -> Path:
        """The key file, the default filled in."""
        return self.keys_file if self.keys_file.name else self.data_dir / "keys.json"

    @property
    def mail_server(self) -> MailServer:
        """Where mail goes, the default filled in."""
        if not self.email_url:
            return MailServer(kind="file", folder=self.data_dir / "mail")
        parts = split_address(self.email_url)
        if parts.scheme == "file":
            return MailServer(kind="file", folder=Path(unquote(parts.path)))
        return _smtp(parts)


class Settled(Derived):
    """The settings as `Environment` has read them, each by its name; the same, without pydantic.

    It takes no other value, and its repr shows none.
    """

    def __init__(self, values: dict[str, Any], given: Iterable[str]) -> None:
        self.__dict__.update(values, model_fields_set=frozenset(given))

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse it: settings do not change."""
        raise AttributeError(name)


def headers_in(value: str) -> list[tuple[str, str]]:
    """Return the names and values of headers that are written as OpenTelemetry does, whatever they are."""
    pairs = (one.partition("=") for one in value.split(",") if one.strip())
    return [(name.strip(), unquote(said.strip())) for name, _, said in pairs]


def split_address(url: str) -> SplitResult:
    """Return the parts of an address; `ValueError` says that it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        message = "it is not an address that can be read"
        raise ValueError(message) from None
    return parts


def _smtp(parts: SplitResult) -> MailServer:
    host = parts.hostname or ""
    implicit = parts.scheme == "smtps"
    plain = host in LOOPBACK_NAMES and not implicit
    return MailServer(
        kind="smtp",
        host=host,
        port=parts.port or (465 if implicit else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security="tls" if implicit else "none" if plain else "starttls",
    )
