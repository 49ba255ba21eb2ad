"""The form of a backup: no byte of it changes unseen, and it never has more than a few pieces in memory."""

from __future__ import annotations

import io
import random
import tarfile
import tracemalloc
from typing import TYPE_CHECKING, Any

import pyrage
import pytest

from doorward.operations.backup import archive, encryption

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECES = (b"one" * 100, b"", b"two" * 341)


def packed(pieces: Any = PIECES) -> bytes:
    return b"".join(archive.pack(iter(pieces), lambda: {"rows": {"a": 1}}))


def unpacked(backup: bytes, *, at_once: int = 700) -> tuple[list[bytes], dict[str, Any]]:
    taken: list[bytes] = []
    unpacking = archive.Unpacking(taken.append)
    for start in range(0, len(backup), at_once):
        unpacking.write(backup[start : start + at_once])
    return taken, unpacking.finish()


@pytest.mark.parametrize("at_once", [1, 511, 700, 1_000_000])
def test_it_comes_back_as_it_was_however_it_is_cut(at_once):
    taken, manifest = unpacked(packed(), at_once=at_once)
    assert tuple(taken) == PIECES
    assert (manifest["rows"], manifest["bytes"]) == ({"a": 1}, sum(map(len, PIECES)))


def test_any_tar_opens_it():
    with tarfile.open(fileobj=io.BytesIO(packed())) as opened:
        names = opened.getnames()
        pieces = [opened.extractfile(name) for name in names if name.startswith("database/")]
    assert (names[0], names[-2:]) == ("form", ["manifest.json", "sha256"])
    assert b"".join(piece.read() for piece in pieces if piece) == b"".join(PIECES)


def test_no_byte_of_it_changes_unseen():
    whole = packed()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        with pytest.raises(archive.NoBackup):
            unpacked(bytes(changed), at_once=len(whole))


def test_one_that_breaks_off_and_one_that_goes_on_are_refused():
    whole = packed()
    for length in range(0, len(whole), 13):
        with pytest.raises(archive.NoBackup):
            unpacked(whole[:length])
    for more in (b"\0", bytes(512), b"x", whole):
        with pytest.raises(archive.NoBackup):
            unpacked(whole + more)


def test_pieces_do_not_change_places_and_none_is_left_out():
    size = archive.PIECE_BYTES
    with tarfile.open(fileobj=io.BytesIO(packed([b"a", b"b"]))) as opened:
        members = [
            (member.offset, member.offset_data + 512)
            for member in opened
            if "database" in member.name
        ]
    whole = packed([b"a", b"b"])
    (first, middle), (_middle, last) = members
    assert size > 0
    for changed in (
        whole[:first] + whole[middle:last] + whole[first:middle] + whole[last:],
        whole[:first] + whole[middle:],
        whole[:middle] + whole[first:],
    ):
        with pytest.raises(archive.NoBackup, match="changed on the way"):
            unpacked(changed)


def test_a_later_form_says_so():
    with pytest.raises(archive.NoBackup, match="newer version"):
        unpacked(packed().replace(b"doorward backup 1", b"doorward backup 2"))
    with pytest.raises(archive.NoBackup, match="another file"):
        unpacked(b"SQLite format 3\0" + bytes(4096))


@pytest.fixture(scope="module")
def identity() -> Any:
    return pyrage.x25519.Identity.generate()


def encrypted(whole: bytes, *to: Any) -> bytes:
    file = io.BytesIO()
    encryption.encrypt(iter([whole]), file, to)
    return file.getvalue()


def decrypted(file: bytes, *by: Any) -> bytes:
    taken = io.BytesIO()
    encryption.decrypt(io.BytesIO(file), by, taken.write)
    return taken.getvalue()


def test_no_byte_of_an_encrypted_one_changes_unseen_nor_does_it_break_off(identity):
    file = encrypted(packed(), identity.to_public())
    assert decrypted(file, identity) == packed()
    for place in {*range(0, len(file), 37), *range(300)}:
        changed = bytearray(file)
        changed[place] ^= 1
        with pytest.raises((archive.NoBackup, encryption.WrongKey)):
            unpacked(decrypted(bytes(changed), identity))
    for length in range(1, len(file), 41):
        with pytest.raises((archive.NoBackup, encryption.WrongKey)):
            unpacked(decrypted(file[:length], identity))


def test_each_of_several_opens_it_and_nobody_else(identity):
    other, stranger = (pyrage.x25519.Identity.generate() for _ in range(2))
    file = encrypted(packed(), identity.to_public(), other.to_public())
    assert decrypted(file, other) == decrypted(file, stranger, identity) == packed()
    with pytest.raises(encryption.WrongKey, match="no identity opens it"):
        decrypted(file, stranger)
    with pytest.raises(encryption.WrongKey, match="--identity"):
        decrypted(file)


def test_what_goes_wrong_where_it_comes_from_or_goes_to_is_said_as_it_is(identity):
    def full(_some: bytes) -> None:
        raise OSError(28, "No space left on device")

    def broken() -> Iterator[bytes]:
        yield b"some"
        raise LookupError("the database went away")

    with pytest.raises(LookupError, match="went away"):
        encryption.encrypt(broken(), io.BytesIO(), [identity.to_public()])
    with pytest.raises(OSError, match="No space left") as found:
        encryption.decrypt(io.BytesIO(encrypted(packed(), identity.to_public())), [identity], full)
    assert found.value.errno == 28


def test_a_secret_given_for_a_recipient_is_not_repeated(identity):
    with pytest.raises(encryption.WrongKey) as refused:
        encryption.recipients([str(identity)])
    assert str(identity)[20:] not in str(refused.value)
    with pytest.raises(encryption.WrongKey, match="age1nobody is not an age recipient"):
        encryption.recipients(["age1nobody"])


@pytest.mark.parametrize("content", [None, "", "# nothing\n", "something else\n", "\xff"])
def test_a_file_without_identities_is_said(tmp_path, content):
    file = tmp_path / "identity"
    if content is not None:
        file.write_bytes(content.encode("latin-1"))
    with pytest.raises(encryption.WrongKey):
        encryption.identities(file)


def test_identities_stand_there_as_age_keygen_writes_them(tmp_path, identity):
    file = tmp_path / "identity"
    file.write_text(f"# created: today\n# public key: {identity.to_public()}\n{identity}\n")
    [found] = encryption.identities(file)
    assert decrypted(encrypted(b"x", identity.to_public()), found) == b"x"


def test_a_large_one_is_never_in_memory_as_a_whole(tmp_path, identity):
    piece = random.Random(1).randbytes(archive.PIECE_BYTES)
    number, file = 24, tmp_path / "backup"
    tracemalloc.start()
    try:
        with file.open("wb") as written:
            pieces = (piece for _ in range(number))
            encryption.encrypt(archive.pack(pieces, dict), written, [identity.to_public()])
        sizes: list[int] = []
        unpacking = archive.Unpacking(lambda some: sizes.append(len(some)))
        with file.open("rb") as read:
            encryption.decrypt(read, [identity], unpacking.write)
        unpacking.finish()
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sizes == [archive.PIECE_BYTES] * number
    assert most < 6 * archive.PIECE_BYTES
