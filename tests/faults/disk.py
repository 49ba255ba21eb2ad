"""What a disk may hold after a power cut, told from what was written and synced before it.

The model, harsher than ext4 with its defaults:

- What was written into a file lasts only when the file was synced after it. Of what was not, nothing may be there,
  all of it, what came first, a part of its pages, or its length with zeros in place of it.
- A name that was made, changed or taken away in a folder lasts only when the folder was synced after it; of what was
  not, what came first is there. Folders do not wait for each other, nor names for what is in the files: a name
  may be there with nothing behind it.
- What was synced is there. A disk that lies about that is not modelled, nor one whose sectors rot.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from random import Random

    from tests.faults.recorder import Op

_PAGE = 4096


@dataclass
class _File:
    synced: bytes = b""
    # (where, what), since it was synced; a None in place of bytes: this size from now on.
    since: list[tuple[int, bytes | None]] = field(default_factory=list)

    def now(self) -> bytes:
        return _apply(self.synced, self.since)

    def sync(self) -> None:
        self.synced, self.since = self.now(), []

    def after(self, chance: Random, how: str) -> bytes:
        if how == "nothing":
            return self.synced
        if how == "names":
            # As ext4's delayed allocation has it: the name, the size perhaps, and none of the new data.
            return chance.choice([self.synced, self.synced.ljust(len(self.now()), b"\0")])
        if how == "everything":
            return self.now()
        return _apply(self.synced, self._some(chance))

    def _some(self, chance: Random) -> list[tuple[int, bytes | None]]:
        if chance.random() < 0.5:  # what came first
            return self.since[: chance.randint(0, len(self.since))]
        pages = [
            (at + start, data[start : start + _PAGE])
            for at, data in self.since
            if data is not None
            for start in range(0, len(data), _PAGE)
        ]
        return [one for one in pages if chance.random() < 0.5]


@dataclass
class _Folder:
    """Names, each with a file or a folder; and what was done to them since they were synced."""

    synced: dict[str, _File | _Folder] = field(default_factory=dict)
    since: list[tuple[str, _File | _Folder | None]] = field(default_factory=list)

    def now(self) -> dict[str, _File | _Folder]:
        return _named(self.synced, self.since)

    def sync(self) -> None:
        self.synced, self.since = self.now(), []

    def after(self, chance: Random, how: str) -> dict[str, _File | _Folder]:
        kept = {"nothing": 0, "names": len(self.since), "everything": len(self.since)}
        return _named(self.synced, self.since[: kept.get(how, chance.randint(0, len(self.since)))])


HOW = ("nothing", "names", "everything", "some", "some", "some")


class Disk:
    """A folder whose content is followed. What is in it at first is synced."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._top = _read(root)

    def do(self, ops: Iterable[Op]) -> None:
        """Follow what was done."""
        for op in ops:
            self._do(op)

    def after_a_cut(self, to: Path, chance: Random, how: str) -> None:
        """Write into `to` what may be there when the power comes back."""
        shutil.rmtree(to, ignore_errors=True)
        _write(self._top, to, chance, how)

    def _do(self, op: Op) -> None:  # noqa: C901 - one case a line
        found = self._find(op.path)
        match op.kind:
            case "mkdir":
                self._name(op.path, _Folder())
            case "create" if found is None:
                self._name(op.path, _File())
            case "empty":
                self._name(op.path, _File()) if found is None else _file(found).since.append(
                    (0, None)
                )
            case "write" if found is not None:
                _file(found).since.append((op.at, op.data))
            case "size" if found is not None:
                _file(found).since.append((op.at, None))
            case "sync" if found is not None:
                found.sync()
            case "unlink":
                self._name(op.path, None)
            case "link" if op.to and found:
                self._name(op.to, found)
            case "rename" if op.to and found:
                self._rename(op.path, op.to, found)
            case "unknown":
                raise AssertionError(f"This write cannot be followed yet: {op}")

    def _rename(self, path: Path, to: Path, found: _File | _Folder) -> None:
        self._name(to, found)
        self._name(path, None)

    def _folder(self, path: Path) -> _Folder:
        found = self._top if path == self.root else self._find(path)
        assert isinstance(found, _Folder), path
        return found

    def _find(self, path: Path) -> _File | _Folder | None:
        if path == self.root:
            return self._top
        if not path.is_relative_to(self.root):
            return None
        found: _File | _Folder | None = self._top
        for part in path.relative_to(self.root).parts:
            found = found.now().get(part) if isinstance(found, _Folder) else None
        return found

    def _name(self, path: Path, what: _File | _Folder | None) -> None:
        self._folder(path.parent).since.append((path.name, what))


def _file(found: _File | _Folder) -> _File:
    assert isinstance(found, _File)
    return found


def _apply(content: bytes, changes: Iterable[tuple[int, bytes | None]]) -> bytes:
    made = bytearray(content)
    for at, data in changes:
        if data is None:
            del made[at:]
            made.extend(bytes(at - len(made)))
        else:
            made.extend(bytes(max(0, at - len(made))))
            made[at : at + len(data)] = data
    return bytes(made)


def _named(
    names: dict[str, _File | _Folder], changes: Iterable[tuple[str, _File | _Folder | None]]
) -> dict[str, _File | _Folder]:
    made = dict(names)
    for name, what in changes:
        if what is None:
            made.pop(name, None)
        else:
            made[name] = what
    return made


def _read(folder: Path) -> _Folder:
    return _Folder(
        {
            path.name: _read(path) if path.is_dir() else _File(path.read_bytes())
            for path in folder.iterdir()
        }
    )


def _write(folder: _Folder, to: Path, chance: Random, how: str) -> None:
    to.mkdir(mode=0o700)
    for name, what in folder.after(chance, how).items():
        if isinstance(what, _Folder):
            _write(what, to / name, chance, how)
        else:
            (to / name).write_bytes(what.after(chance, how))
            (to / name).chmod(0o600)
