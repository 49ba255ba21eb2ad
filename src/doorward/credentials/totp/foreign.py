"""Secrets of authenticator apps as other systems write them: Base32, key URIs, and what Google's app exports."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from doorward.credentials.errors import SecretInvalid, SecretUnsupported
from doorward.credentials.totp.rules import DIGITS, STEP_SECONDS

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.message import Message

# Google's app asks for ten bytes at least; nothing that anybody makes is longer than a block of SHA-512.
SHORTEST: Final = 10
LONGEST: Final = 128
MOST_EXPORTED: Final = 100
# So many codes belong together at most.
MOST_CODES: Final = 100
_LONGEST_TEXT: Final = 16 * 1024
_DROPPED: Final = re.compile(r"[\s\-=]")
_BASE32: Final = re.compile(r"[A-Z2-7]+")
# Names for the numbers of the export's enumerations; 0 is what nobody set, which its app reads as the first.
_ALGORITHM: Final = {0: "SHA1", 1: "SHA1", 2: "SHA256", 3: "SHA512", 4: "MD5"}
_DIGITS: Final = {0: 6, 1: 6, 2: 8}
_TOTP: Final = 2


@dataclass(frozen=True, slots=True)
class Exported:
    """One account of an app: its secret, whose it is, and who issued it; `refused`: why nobody can take it over."""

    secret: bytes
    account: str = ""
    issuer: str = ""
    refused: SecretInvalid | SecretUnsupported | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Export:
    """What one code says; `batch`: by its number, the `index`-th (from 0) of `size` codes that belong together."""

    accounts: tuple[Exported, ...]
    batch: int = 0
    index: int = 0
    size: int = 1


def read(text: str) -> bytes:
    """Return the secret that a text has. Raises `SecretInvalid`, and `SecretUnsupported` for another way to count."""
    found = export(text).accounts
    if len(found) != 1:
        raise SecretInvalid
    if found[0].refused:
        raise found[0].refused
    return found[0].secret


def export(text: str) -> Export:
    """Return every account that a text has: one, or those of an export. Raises `SecretInvalid` for anything else."""
    line = text.strip()
    if len(line) > _LONGEST_TEXT:
        raise SecretInvalid
    scheme = line.partition(":")[0].casefold()
    if scheme == "otpauth-migration":
        return _migration(line)
    return Export((_key_uri(line) if scheme == "otpauth" else Exported(base32(line)),))


def base32(text: str) -> bytes:
    """Return what Base32 stands for, as people copy it: in groups, in small letters, without padding."""
    letters = _DROPPED.sub("", text).upper()
    if not _BASE32.fullmatch(letters):
        raise SecretInvalid
    try:
        return checked(base64.b32decode(letters + "=" * (-len(letters) % 8)))
    except binascii.Error as error:
        raise SecretInvalid from error


def checked(secret: bytes) -> bytes:
    """Return a secret whose length is one that apps have, or raise `SecretInvalid`."""
    if not SHORTEST <= len(secret) <= LONGEST:
        raise SecretInvalid
    return secret


def must_be_ours(*, kind: str, algorithm: str, digits: int | str, period: int | str) -> None:
    """Let on what counts as apps here do. Raises `SecretUnsupported`."""
    plain = algorithm.upper().replace("-", "").removeprefix("HMAC")
    same = (plain, str(digits), str(period)) == ("SHA1", str(DIGITS), str(STEP_SECONDS))
    if kind.casefold() != "totp" or not same:
        raise SecretUnsupported


def _key_uri(line: str) -> Exported:
    try:
        parts = urlsplit(line)
        values = dict(parse_qsl(parts.query, max_num_fields=20))
    except ValueError as error:
        raise SecretInvalid from error
    issuer, _, account = unquote(parts.path).lstrip("/").rpartition(":")
    about = Exported(b"", account.strip(), values.get("issuer", issuer))
    try:
        must_be_ours(
            kind=parts.netloc,
            algorithm=values.get("algorithm", "SHA1"),
            digits=values.get("digits", DIGITS),
            period=values.get("period", STEP_SECONDS),
        )
        return replace(about, secret=base32(values.get("secret", "")))
    except (SecretInvalid, SecretUnsupported) as refusal:
        return replace(about, refused=refusal)


def _migration(line: str) -> Export:
    """Read an export of Google Authenticator: a protocol buffer that only its apps describe."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - five MiB, for what hardly anybody does

    try:
        # A plus that was not quoted is read as a space.
        data = dict(parse_qsl(urlsplit(line).query))["data"].replace(" ", "+")
        payload = _payload()
        payload.ParseFromString(base64.b64decode(data, validate=True))
    except (KeyError, ValueError, DecodeError) as error:
        raise SecretInvalid from error
    found: list[Any] = list(payload.otp_parameters)
    if not 1 <= len(found) <= MOST_EXPORTED:
        raise SecretInvalid
    index, size = payload.batch_index, payload.batch_size or 1
    if not 0 <= index < size <= MOST_CODES:
        raise SecretInvalid
    return Export(tuple(_of_export(one) for one in found), payload.batch_id, index, size)


def _of_export(one: Any) -> Exported:  # noqa: ANN401 - its class is made at run time
    _, _, account = one.name.rpartition(":")
    about = Exported(b"", account.strip(), one.issuer)
    try:
        must_be_ours(
            kind="totp" if one.type == _TOTP else "hotp",
            algorithm=_ALGORITHM.get(one.algorithm, "?"),
            digits=_DIGITS.get(one.digits, 0),
            period=STEP_SECONDS,
        )
        return replace(about, secret=checked(one.secret))
    except (SecretInvalid, SecretUnsupported) as refusal:
        return replace(about, refused=refusal)


def _payload() -> Any:  # noqa: ANN401 - its class is made at run time
    return _payload_class()()


@cache
def _payload_class() -> type[Message]:
    """Describe the export: what stands in it was found out by others, as nobody publishes it."""
    from google.protobuf import descriptor_pb2  # noqa: PLC0415 - as above

    kind = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="otpauth_migration.proto", package="doorward", syntax="proto3"
    )
    one = file.message_type.add(name="OtpParameters")
    kinds = [("secret", kind.TYPE_BYTES), ("name", kind.TYPE_STRING), ("issuer", kind.TYPE_STRING)]
    kinds += [(name, kind.TYPE_INT32) for name in ("algorithm", "digits", "type")]
    for number, (name, type_) in enumerate(kinds, start=1):
        one.field.add(name=name, number=number, type=type_, label=kind.LABEL_OPTIONAL)
    whole = file.message_type.add(name="MigrationPayload")
    whole.field.add(
        name="otp_parameters",
        number=1,
        type=kind.TYPE_MESSAGE,
        type_name=".doorward.OtpParameters",
        label=kind.LABEL_REPEATED,
    )
    # Where an export has more accounts than one code has room for.
    for number, name in enumerate(("version", "batch_size", "batch_index", "batch_id"), start=2):
        whole.field.add(name=name, number=number, type=kind.TYPE_INT32, label=kind.LABEL_OPTIONAL)
    return _class_of(file, "doorward.MigrationPayload")


def _class_of(file: FileDescriptorProto, name: str) -> type[Message]:
    from google.protobuf import descriptor_pool, message_factory  # noqa: PLC0415 - as above

    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made: type[Message] = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    return made
