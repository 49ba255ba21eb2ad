"""What processes did to the files below a folder, in order: recorded by strace, read here.

`strace -y` names the file of each descriptor, `-xx` gives what was written byte for byte.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CALLS = (
    "openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,lseek,ftruncate,truncate,fallocate,"
    "rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,fsync,fdatasync,"
    "copy_file_range,sendfile"
)
_LINE = re.compile(r"(\d+) +(.*)")
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")
_CALL = re.compile(r"(\w+)\((.*)\) = (-?\d+|\?)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FILE = re.compile(r"(-?\d+)<((?:\\x[0-9a-f]{2})*)>")


@dataclass(frozen=True, slots=True)
class Op:
    """One thing that was done. `to`: the new name; `at`: where in the file, or its new size."""

    kind: str
    path: Path
    to: Path | None = None
    data: bytes = b""
    at: int = 0


def why_not() -> str:
    """Say why nothing can be recorded here; empty: it can."""
    if shutil.which("strace") is None:
        return "strace is not installed (Debian: apt-get install strace)."
    tried = subprocess.run(["strace", "-f", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "strace may not trace processes here."


def traced(log: Path, command: Sequence[str]) -> list[str]:
    """Return the command that runs another one and records what it does to files in `log`."""
    how = ["-f", "-y", "-xx", "-s", "100000000", "--seccomp-bpf", "-o", str(log)]
    return ["strace", *how, "-e", f"trace={CALLS}", "--", *command]


def read(log: Path, below: Path) -> list[Op]:
    """Return what was done below a folder, in the order in which it ended."""
    positions: dict[tuple[str, str], int] = {}
    found = []
    for pid, line in _whole_lines(log):
        call = _CALL.match(line)
        if call is None or call[3].startswith(("-", "?")):
            continue
        op = _op(call[1], call[2], line, (pid, positions))
        if op is not None and any(
            one.is_relative_to(below) for one in (op.path, op.to) if one is not None
        ):
            found.append(op)
    return found


def _whole_lines(log: Path) -> Iterator[tuple[str, str]]:
    begun: dict[str, str] = {}
    with log.open(encoding="ascii", errors="replace") as lines:
        for one in lines:
            match = _LINE.match(one)
            if match is None:
                continue
            pid, line = match[1], match[2]
            if resumed := _RESUMED.match(line):
                line = begun.pop(pid, "") + resumed[1]
            if line.endswith("<unfinished ...>"):
                begun[pid] = line.removesuffix("<unfinished ...>")
            else:
                yield pid, line


def _text(hexed: str) -> bytes:
    return bytes.fromhex(hexed.replace("\\x", ""))


def _path(hexed: str) -> Path:
    return Path(_text(hexed).decode(errors="replace"))


def _op(  # noqa: PLR0911 - one kind of call a case
    name: str, arguments: str, line: str, where: tuple[str, dict[tuple[str, str], int]]
) -> Op | None:
    texts = [_text(one) for one in _TEXT.findall(arguments)]
    files = _FILE.findall(arguments)
    match name:
        case "open" | "openat" | "creat":
            return _opened(arguments, line, where)
        case "mkdir" | "mkdirat" | "rmdir" | "unlink" | "unlinkat":
            kind = "mkdir" if name.startswith("mkdir") else "unlink"
            return Op(kind, _named(files, texts[0]))
        case "rename" | "renameat" | "renameat2" | "link" | "linkat":
            kind = "rename" if name.startswith("rename") else "link"
            return Op(kind, _named(files[:1], texts[0]), to=_named(files[-1:], texts[1]))
        case "fsync" | "fdatasync":
            return Op("sync", _path(files[0][1]))
        case "truncate":
            return Op("size", Path(texts[0].decode()), at=_last_number(arguments))
        case "ftruncate":
            return Op("size", _path(files[0][1]), at=_last_number(arguments))
    return _written(name, arguments, line, where) if files else None


def _opened(arguments: str, line: str, where: tuple[str, dict[tuple[str, str], int]]) -> Op | None:
    result = _FILE.search(line.rpartition(" = ")[2])
    if result is None:
        return None
    where[1][where[0], result[1]] = 0
    if "O_TRUNC" in arguments:
        return Op("empty", _path(result[2]))
    return Op("create", _path(result[2])) if "O_CREAT" in arguments else None


def _written(
    name: str, arguments: str, line: str, where: tuple[str, dict[tuple[str, str], int]]
) -> Op | None:
    pid, positions = where
    number, hexed = _FILE.findall(arguments)[0]
    done = int(line.rpartition(" = ")[2].split()[0].partition("<")[0])
    if name == "lseek":
        positions[pid, number] = done
        return None
    if name in {"fallocate", "copy_file_range", "sendfile", "pwritev", "pwritev2"}:
        # None of ours does so below the folder; if one begins to, this must learn to read it.
        return Op("unknown", _path(hexed))
    data = b"".join(_text(one) for one in _TEXT.findall(arguments))[:done]
    if name == "pwrite64":
        return Op("write", _path(hexed), data=data, at=_last_number(arguments))
    at = positions.get((pid, number), 0)
    positions[pid, number] = at + done
    return Op("write", _path(hexed), data=data, at=at)


def _named(folders: list[tuple[str, str]], name: bytes) -> Path:
    path = Path(name.decode())
    return path if path.is_absolute() or not folders else _path(folders[0][1]) / path


def _last_number(arguments: str) -> int:
    return int(arguments.rpartition(", ")[2])
