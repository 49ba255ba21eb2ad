"""Every setting of Doorward: its name, type, default and documentation. Of ours it imports the core alone.

A setting is the environment variable `DOORWARD_` and the field's name in capitals, or a line of that
name in the file that `DOORWARD_CONFIG` points to; the environment wins. A wrong value or an unknown
name stops the start with one sentence that names it and never shows the value. An empty value is no value.
"""

from __future__ import annotations

import os
import re
from email.utils import parseaddr
from io import StringIO
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import SplitResult, unquote, urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from doorward.environment.derived import LOOPBACK_NAMES, Derived, headers_in, split_address
from doorward.environment.names import CONFIG, PREFIX, WrongSetting
from doorward.kernel.db import addresses
from doorward.kernel.host_spelling import (
    LAST_PORT,
    ascii_host,
    clean_origin,
    is_loopback,
    join_netloc,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Network = IPv4Network | IPv6Network
SHORTEST_TOKEN = 16
DEFAULT_PORT = 8000
# RFC 5322, 3.2.3
_LOCAL_PART = re.compile(r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]+")
# RFC 9110, 5.6.2
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# What Kubernetes sets for a service, and Docker for a link, whose name begins with `doorward`: of ports in a row
# Docker says the first and the last, and of the container's own variables each, whatever it is called.
_OF_A_SERVICE = re.compile(
    r"DOORWARD_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|ENV_.+"
    r"|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|ADDR|(PORT_)?(START|END)|PORT))?)"
)
_OF_A_SERVICE_BY_VALUE = re.compile(
    r"DOORWARD_(\w+_)?(PORT=(tcp|udp|sctp)://[^\s]+|NAME=/[^\s]+/[^\s]+)"
)


class Environment(Derived, BaseSettings):
    """All settings, frozen. Secrets do not show in its repr."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    data_dir: Path = Field(
        Path("doorward-data"),
        description="The folder for the SQLite file, the keys and the mail, made with mode 0700. If others can "
        "open it, it is closed to them or refused.",
    )
    bind: str = Field(
        "127.0.0.1:8000",
        description="HOST:PORT to listen on, such as `localhost:8000`, `[::1]:8000`, or `:8000` for every IPv4 "
        "address of this machine; `doorward run --bind` overrides it.",
    )
    workers: int = Field(
        2,
        ge=1,
        le=64,
        description="How many processes answer requests; `doorward run --workers` overrides it.",
    )
    database_url: str = Field(
        "",
        repr=False,
        description="`postgresql://user:password@host/name` or `sqlite:////path`; without it, "
        "doorward.sqlite3 in the data folder. Of several servers the one that serves is found: "
        "`postgresql://user:password@one:5432,two:5432/name?target_session_attrs=read-write`.",
    )
    database_direct_url: str = Field(
        "",
        repr=False,
        description="The address of the same PostgreSQL database past a pooler such as PgBouncer, for what needs "
        "a connection of its own: migrations and `doorward backup`. Without it, `database_url`.",
    )
    public_url: str = Field(
        "",
        description="The scheme and host that people use, such as `https://portal.example.com`; it "
        "decides cookies, links and the relying party. Without it, http://localhost and the "
        "port of `bind`; then it is also answered under addresses and names without a dot, and under no other.",
    )
    email_url: str = Field(
        "",
        repr=False,
        description="`smtp://user:password@host:587` (STARTTLS, required except on loopback), "
        "`smtps://…` or `file:///folder`; without it, mail/*.eml in the data folder.",
    )
    email_from: str = Field(
        "", description="The sender's address of all mail; without it, the brand's support address."
    )
    keys_file: Path = Field(
        Path(),
        description="The keys that protect secrets at rest; without it, keys.json in the data "
        "folder, made at the first start with mode 0600.",
    )
    keys_command: str = Field(
        "",
        repr=False,
        description="What prints the keys, as the key file has them, in place of a file: a secret manager's client. It "
        "is run without a shell when a process starts, and has 30 seconds.",
    )
    mailbox_proof: bool = Field(
        default=True,
        description="Whether somebody who is made to set up a first factor, and has entered only a "
        "password, must enter a code sent by mail first.",
    )
    device_bound_sessions: bool = Field(
        default=True,
        description="Whether a session is bound to the device it was begun on, where the browser can do that (Device "
        "Bound Session Credentials, over https): its cookie, copied to somewhere else, then opens nothing. Without it, "
        "no session is asked for its device, and those that are bound go on by their cookie alone.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="Addresses or networks, separated by commas, whose X-Forwarded-For and "
        "X-Forwarded-Proto are trusted, and who may ask about requests to sites (forward-auth).",
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description="How the log on stderr is written: `text`, or `json`, an object a line for machines.",
    )
    argon2_memory_kib: int = Field(
        19456,
        ge=19456,
        le=4_194_304,
        description="Memory of one password hash (Argon2id), in KiB; the default is the minimum.",
    )
    argon2_time: int = Field(
        2,
        ge=2,
        le=100,
        description="Passes of one password hash (Argon2id); the default is the minimum.",
    )
    breach_check_url: str = Field(
        "",
        description="Where to look up passwords known from break-ins, `https://api.pwnedpasswords.com/range` "
        "(Have I Been Pwned) or a copy of it; only the first five characters of a password's SHA-1 go there. "
        "Without it, nothing is looked up.",
    )
    metrics_token: str = Field(
        "",
        repr=False,
        description="The token with which a monitor may read /metrics (`Authorization: Bearer …`), at least "
        "16 characters; without it there is no such page.",
    )
    otlp_endpoint: str = Field(
        "",
        description="Where traces go, by OTLP over HTTP: the address of a collector, such as "
        "`http://127.0.0.1:4318`; `/v1/traces` is added to it. Without it, none are made.",
    )
    otlp_headers: str = Field(
        "",
        repr=False,
        description="Headers that the collector asks for, as in OpenTelemetry's `OTEL_EXPORTER_OTLP_HEADERS`: "
        "`NAME=VALUE`, with commas between, a space as `%20` (`Authorization=Bearer%20…`). A secret: put it into the "
        "file that `DOORWARD_CONFIG` names. It goes by https, or to this machine, alone.",
    )
    otlp_share: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Which share of the requests is traced: 0.01 is one in a hundred.",
    )
    history_days: int = Field(
        730,
        ge=30,
        le=36500,
        description="How many days the history is kept. The heads of what was sealed stay, so that the rest "
        "can be verified.",
    )
    erase_after_days: int = Field(
        90,
        ge=1,
        le=36500,
        description="How many days after somebody was removed their personal data is erased.",
    )
    anchor_file: Path = Field(
        Path(),
        description="A file to which the newest head of the sealed history is added once an hour, best on "
        "another machine's disk; `doorward history verify` compares the history with it.",
    )
    anchor_email: str = Field(
        "",
        description="A mailbox, of somebody who cannot write to the database, to which the newest head of "
        "the sealed history is sent once a day.",
    )
    backup_dir: Path = Field(
        Path(),
        description="A folder, best on another machine's disk, into which the background worker writes a backup of the "
        "database; without it, it makes none. It is never made by itself.",
    )
    backup_hours: int = Field(
        24,
        ge=1,
        le=8760,
        description="How many hours after a backup the worker makes the next one.",
    )
    backup_keep: int = Field(
        14,
        ge=1,
        le=10_000,
        description="How many of the worker's backups are kept; older ones are removed after a new one was made.",
    )
    backup_recipient: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="The age recipients (age1…), separated by commas, to which the worker's backups are encrypted; "
        "without any, they are not.",
    )
    security_contact: str = Field(
        "",
        description="Where to report a weakness, for /.well-known/security.txt: `mailto:…` or `https://…`; "
        "without it, the brand's support contact.",
    )
    private_hosts: bool = Field(
        default=False,
        description="Whether a brand's host names may lead to private addresses when they are checked: for a portal "
        "inside a company's network.",
    )
    demo: bool = Field(
        default=False,
        description="Set by `doorward demo`, and refused everywhere else: shows the page /demo/mail/.",
    )

    @model_validator(mode="before")
    @classmethod
    def _without_what_surrounds_it(cls, given: dict[str, object]) -> dict[str, object]:
        """Take off the line end that a value has where it comes from a file; what is empty then is no value."""
        bare = {name: one.strip() if isinstance(one, str) else one for name, one in given.items()}
        return {name: one for name, one in bare.items() if one != ""}

    @field_validator("*", mode="before")
    @classmethod
    def _is_not_for_a_shell(cls, value: object, info: ValidationInfo) -> object:
        """Refuse what a shell would have taken off, or filled in: Docker and systemd give it as it is written.

        A path like that would be a folder of that name, with nothing in it. A token is no path: it may begin with ~.
        """
        if not isinstance(value, str) or info.field_name == "keys_command":
            return value
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            message = "it is written in quotation marks, which are a part of it: take them off"
            raise ValueError(message)
        if value.startswith("~") and info.field_name != "metrics_token":
            message = "it begins with ~, which no shell fills in here: write it out"
            raise ValueError(message)
        return value

    @field_validator("bind")
    @classmethod
    def _bind_is_an_address(cls, value: str) -> str:
        bound = _read_bind(value)
        if bound is None:
            message = "it must be HOST:PORT, such as 127.0.0.1:8000"
            raise ValueError(message)
        return join_netloc(*bound)

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_origin(cls, value: str) -> str:
        origin = clean_origin(value) if value else ""
        if origin is None:
            message = "it must be a scheme and a host, such as https://portal.example.com"
            raise ValueError(message)
        return origin

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, value: str) -> str:
        if value and not (_is_file(value, "sqlite") or _is_postgresql(value)):
            message = "it must be postgresql://user:password@host/name or sqlite:////path"
            raise ValueError(message)
        return value

    @field_validator("database_direct_url")
    @classmethod
    def _direct_is_postgresql(cls, value: str) -> str:
        if value and not _is_postgresql(value):
            message = "it must be postgresql://user:password@host/name"
            raise ValueError(message)
        return value

    @field_validator("email_url")
    @classmethod
    def _email_is_known(cls, value: str) -> str:
        parts = split_address(value) if value else None
        if parts and not (_is_file(value, "file") or _is_mail_server(parts)):
            message = "it must be smtp://user:password@host:587, smtps://… or file:///folder"
            raise ValueError(message)
        if parts and not _is_text(parts.username or "", parts.password or ""):
            message = (
                "its user and password must be UTF-8, in percent-encoding where they are not ASCII"
            )
            raise ValueError(message)
        return value

    @field_validator("email_from")
    @classmethod
    def _sender_is_an_address(cls, value: str) -> str:
        if value and not (value.isprintable() and _is_mailbox(parseaddr(value)[1])):
            message = "it must be an address that mail can come from, such as portal@example.com"
            raise ValueError(message)
        return value

    @field_validator("anchor_email")
    @classmethod
    def _anchor_email_is_a_mailbox(cls, value: str) -> str:
        if value and not _is_mailbox(value):
            message = "it must be a mailbox, such as auditor@example.com"
            raise ValueError(message)
        return value

    @field_validator("security_contact")
    @classmethod
    def _contact_is_an_address(cls, value: str) -> str:
        parts = split_address(value) if value else None
        if parts and not (
            value.isprintable()
            and " " not in value
            and (
                (parts.scheme == "mailto" and "@" in parts.path)
                or (parts.scheme == "https" and parts.hostname)
            )
        ):
            message = "it must be mailto:security@example.com or https://example.com/security"
            raise ValueError(message)
        return value

    @field_validator("breach_check_url")
    @classmethod
    def _breach_check_is_encrypted(cls, value: str) -> str:
        parts = split_address(value) if value else None
        if parts and not (
            value.isascii()
            and value.isprintable()
            and parts.hostname
            and _is_encrypted_or_here(parts)
            and not (
                parts.query or parts.fragment or parts.username or parts.password or " " in value
            )
        ):
            message = "it must be an address like https://api.pwnedpasswords.com/range"
            raise ValueError(message)
        return value

    @field_validator("otlp_endpoint")
    @classmethod
    def _otlp_is_an_address(cls, value: str) -> str:
        parts = split_address(value) if value else None
        if parts and not (
            value.isascii()
            and value.isprintable()
            and parts.scheme in {"http", "https"}
            and parts.hostname
            and not (
                parts.query or parts.fragment or parts.username or parts.password or " " in value
            )
        ):
            message = "it must be an address like http://127.0.0.1:4318"
            raise ValueError(message)
        return value.rstrip("/")

    @field_validator("otlp_headers")
    @classmethod
    def _otlp_headers_are_headers(cls, value: str) -> str:
        if not all(_HEADER.fullmatch(name) and _is_sent(said) for name, said in headers_in(value)):
            message = "it must be NAME=VALUE with commas between, such as Authorization=Bearer%20…"
            raise ValueError(message)
        return value

    @field_validator("metrics_token")
    @classmethod
    def _token_is_long(cls, value: str) -> str:
        if value and len(value) < SHORTEST_TOKEN:
            message = f"it must have at least {SHORTEST_TOKEN} characters"
            raise ValueError(message)
        if value and not _is_sent(value):
            message = "it must be ASCII, as what stands in a header is"
            raise ValueError(message)
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
        except ValueError:
            message = "it must be addresses or networks with commas between, such as 10.0.0.0/8"
            raise ValueError(message) from None

    @field_validator("backup_recipient", mode="before")
    @classmethod
    def _recipients(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        given = tuple(part.strip() for part in value.split(",") if part.strip())
        if not all(map(_is_recipient, given)):
            message = "it must be age recipients (age1…) with commas between"
            raise ValueError(message)
        return given

    @model_validator(mode="after")
    def _direct_goes_with_another(self) -> Self:
        if self.database_direct_url and not self.database.startswith("postgres"):
            message = (
                "DOORWARD_DATABASE_DIRECT_URL: it goes with a DOORWARD_DATABASE_URL of PostgreSQL"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _keys_come_from_one_place(self) -> Self:
        if self.keys_command and self.keys_file.name:
            message = (
                "DOORWARD_KEYS_COMMAND: it takes the place of DOORWARD_KEYS_FILE; set one of them"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _headers_are_not_sent_in_clear(self) -> Self:
        if self.otlp_headers and not _is_encrypted_or_here(split_address(self.otlp_endpoint)):
            message = (
                "DOORWARD_OTLP_HEADERS: they go with a DOORWARD_OTLP_ENDPOINT of https://, or on this "
                "machine"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _demo_stays_at_home(self) -> Self:
        if self.demo and not is_loopback(self.host):
            message = "DOORWARD_DEMO: the demonstration listens on loopback only"
            raise ValueError(message)
        return self


def read() -> Environment:
    """Return the settings that this process was given, or raise `WrongSetting`."""
    config = os.environ.get(CONFIG, "")
    if config:
        _look_at(config)
    _refuse_unknown([*_ours(os.environ), *_given(dotenv_values(config) if config else {})])
    try:
        return Environment(_env_file=config or None)
    except ValidationError as error:
        raise WrongSetting(_sentence(error)) from None


def default_of(name: str) -> str:
    """Return the default of a setting (by its field's name) as somebody types it; empty: there is none."""
    default = Environment.model_fields[name].get_default()
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return "" if shown in {"", ".", "()"} else shown


def _look_at(config: str) -> None:
    """Raise `WrongSetting` where the file is none, or has a line that would be passed over and sets nothing."""
    try:
        text = Path(config).read_text(encoding="utf-8")
    except FileNotFoundError:
        message = f"{CONFIG}: the file {config} does not exist."
        raise WrongSetting(message) from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        message = f"{CONFIG}: the file {config} cannot be read: {why}."
        raise WrongSetting(message) from None
    for line in parse_stream(StringIO(text)):
        if line.error or (line.key and line.value is None):
            said = line.original.string
            number = line.original.line + said[: len(said) - len(said.lstrip())].count("\n")
            message = f"{CONFIG}: line {number} of the file {config} is not NAME=value."
            raise WrongSetting(message)


def _given(values: Mapping[str, str | None]) -> Iterator[str]:
    return (
        name for name, value in values.items() if name.startswith(PREFIX) and (value or "").strip()
    )


def _ours(environment: Mapping[str, str]) -> Iterator[str]:
    """Return the names that somebody gave to Doorward, not a cluster to the containers of a service."""
    for name in _given(environment):
        by_value = _OF_A_SERVICE_BY_VALUE.fullmatch(f"{name}={environment[name]}")
        if not (by_value or _OF_A_SERVICE.fullmatch(name)):
            yield name


def _refuse_unknown(given: list[str]) -> None:
    known = {PREFIX + name.upper() for name in Environment.model_fields} | {CONFIG}
    unknown = sorted(set(given) - known)
    if unknown:
        message = f"{unknown[0]} is not a setting of Doorward."
        raise WrongSetting(message)


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    said = first["msg"].removeprefix("Value error, ")
    name = f"{PREFIX}{first['loc'][0]!s}".upper() + ": " if first["loc"] else ""
    return f"{name}{said[:1].lower() + said[1:] if name else said}."


def _read_bind(value: str) -> tuple[str, int] | None:
    """Return the host and the port to listen on; every IPv4 address where no host is named."""
    if re.fullmatch(r"\[.*\]|[^:]*", value):
        value += f":{DEFAULT_PORT}"
    host, _, digits = value.rpartition(":")
    if host.startswith("["):
        host = host[1:-1] if host.endswith("]") and ":" in host else "[]"
    port = int(digits) if re.fullmatch(r"[0-9]{1,5}", digits) else 0
    named = ascii_host(host) if host else "0.0.0.0"  # noqa: S104 - as it is asked for
    return (named, port) if named and 0 < port <= LAST_PORT else None


def _is_mailbox(value: str) -> bool:
    """Return whether mail can come from there, or go there, past servers that take ASCII alone before the `@`."""
    local, _, domain = value.rpartition("@")
    return bool(_LOCAL_PART.fullmatch(local)) and ascii_host(domain) is not None


def _is_file(url: str, scheme: str) -> bool:
    """Return whether this is a file here, all of whose address is its path: a `#` or `?` in that is encoded."""
    if not url.startswith(f"{scheme}:///") or set("?#\t\r\n") & set(url):
        return False
    path = unquote(urlsplit(url).path)
    return path.strip("/") != "" and "\0" not in path


def _is_mail_server(parts: SplitResult) -> bool:
    """Return whether this says a server and no more: what else is written would be passed over."""
    more = parts.path.strip("/") or parts.query or parts.fragment
    return (
        parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0 and not more
    )


def _is_sent(value: str) -> bool:
    """Return whether a header may have this value."""
    return bool(value) and value.isascii() and value.isprintable()


def _is_encrypted_or_here(parts: SplitResult) -> bool:
    here = parts.scheme == "http" and parts.hostname in LOOPBACK_NAMES
    return parts.scheme == "https" or here


def _is_recipient(given: str) -> bool:
    import pyrage  # noqa: PLC0415 - only where there is one

    try:
        pyrage.x25519.Recipient.from_str(given)
    except pyrage.RecipientError:
        return False
    return True


def _is_postgresql(url: str) -> bool:
    try:
        addresses.read(url)
    except ValueError:
        return False
    return True


def _is_text(*encoded: str) -> bool:
    """Whether these can be sent to a mail server: UTF-8 without NUL and line ends (RFC 4616, 2)."""
    try:
        plain = [unquote(one, errors="strict") for one in encoded]
        return not set("\0\r\n") & set("".join(plain).encode().decode())
    except UnicodeError:
        return False
