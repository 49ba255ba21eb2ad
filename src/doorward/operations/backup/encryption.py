"""Encrypting to age recipients, and opening with identities: streams, by the form that `age` itself has.

https://age-encryption.org/v1. X25519 alone, which every `age` opens. It keeps a backup from being read, not from being
replaced: whoever can write where it lies can put another one there, encrypted to the same recipient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyrage

from doorward.operations.backup.archive import NoBackup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

_BEGINS: Final = b"age-encryption.org/"
_READ_BYTES: Final = 256 * 1024


class WrongKey(Exception):
    """A recipient or an identity cannot be used; the message is one sentence, without any secret."""


def recipients(given: Iterable[str]) -> list[Any]:
    """Return what to encrypt to; raises `WrongKey`."""
    found = []
    for one in given:
        if one.upper().startswith("AGE-SECRET-KEY-"):
            # Not repeated: it is a secret, and stands on the screen already.
            raise WrongKey("That is an age identity, a secret: a recipient begins with age1.")
        try:
            found.append(pyrage.x25519.Recipient.from_str(one.strip()))
        except pyrage.RecipientError as error:
            raise WrongKey(f"{one} is not an age recipient (age1…).") from error
    return found


def identities(file: Path) -> list[Any]:
    """Return the identities in a file, as `age-keygen` writes it; raises `WrongKey`."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="ascii").splitlines()]
        found = [
            pyrage.x25519.Identity.from_str(line)
            for line in lines
            if line and not line.startswith("#")
        ]
    except OSError as error:
        raise WrongKey(f"The identity file {file} cannot be read: {error.strerror}.") from error
    except (pyrage.IdentityError, UnicodeError) as error:
        raise WrongKey(f"The file {file} holds something else than age identities.") from error
    if not found:
        raise WrongKey(f"There is no age identity in {file}.")
    return found


def encrypt(bits: Iterator[bytes], file: BinaryIO, to: Sequence[Any]) -> None:
    """Write what comes, encrypted to all of these; as it is, where there are none.

    Raises what `bits` raises, and `OSError`.
    """
    if not to:
        file.writelines(bits)
        return
    source, sink = _Source(bits), _Sink(file.write)
    try:
        pyrage.encrypt_io(source, sink, to)
    except (pyrage.EncryptError, OSError):
        # It tells of an error by its words alone.
        raise_first(source.error, sink.error)
        raise


def decrypt(
    file: BinaryIO,
    by: Sequence[Any],
    write: Callable[[bytes], object],
    *,
    seen: Callable[[int], object] = lambda _bytes: None,
) -> None:
    """Hand on what a file says, encrypted or not; `seen` is told of the bytes that were read.

    Raises `NoBackup`, `WrongKey`, `OSError`, and what `write` raises.
    """
    first = file.read(_READ_BYTES)
    bits = _bits(first, file, seen)
    if not first.startswith(_BEGINS):
        for some in bits:
            write(some)
        return
    if not by:
        raise WrongKey("It is encrypted: name the file with its age identity (--identity).")
    source, sink = _Source(bits), _Sink(write)
    try:
        pyrage.decrypt_io(source, sink, by)
    except (pyrage.DecryptError, OSError) as error:
        raise_first(source.error, sink.error)
        if "No matching keys" in str(error):
            raise WrongKey("It is encrypted to somebody else: no identity opens it.") from error
        raise NoBackup("it was changed on the way, or it breaks off") from error


def raise_first(*errors: BaseException | None) -> None:
    """Raise the first of these that there is."""
    for error in errors:
        if error is not None:
            raise error


def _bits(some: bytes, file: BinaryIO, seen: Callable[[int], object]) -> Iterator[bytes]:
    while some:
        seen(len(some))
        yield some
        some = file.read(_READ_BYTES)


class _Source:
    """What age reads from: bits, and the error that they ended with."""

    def __init__(self, bits: Iterator[bytes]) -> None:
        self._bits = bits
        self._left = memoryview(b"")
        self.error: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self._left:
                self._left = memoryview(next(self._bits))
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        some, self._left = self._left[:size], self._left[size:]
        return bytes(some)


class _Sink:
    """What age writes to, and the error that it met."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            self._write(data)
        except BaseException as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        """Do nothing: what is written is written."""
