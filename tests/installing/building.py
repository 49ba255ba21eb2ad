"""Doorward's wheel, built as `make wheel` does, and what it takes to install it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
# An operator's; Doorward's own, which the tests have, leaves nobody else a thing.
UMASK = 0o022


def committed(*under: str) -> list[str]:
    """Return the files of the repository, and those that are about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", *under],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def build_wheel(copy: Path, folder: Path) -> Path:
    """Build the wheel from a copy that has what is committed and nothing that was made here."""
    for name in committed("src", "scripts", "pyproject.toml", "README.md", "LICENSE"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    to = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), "."]
    pip(sys.executable, *to, cwd=copy)
    return next(folder.glob("*.whl"))


def install(wheel: Path, folder: Path) -> Path:
    """Install the wheel as an operator does, with the lock; return the command."""
    python = str(folder / "bin/python")
    subprocess.run([everybodys_python(), "-m", "venv", folder], check=True, umask=UMASK)
    lock = folder / "requirements.txt"
    own = f"./{wheel.name} --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}\n"
    lock.write_text((ROOT / "requirements/base.txt").read_text() + own)
    words = ["--no-compile", "--require-hashes", "-r", str(lock)]
    pip(python, "install", *words, cwd=wheel.parent)
    return folder / "bin/doorward"


def everybodys_python() -> str:
    """Return the system's Python, which each user can run; the tests' own where there is none."""
    system = "/usr/bin/python3"
    asks = [system, "-c", "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"]
    fits = os.access(system, os.X_OK) and not subprocess.run(asks, check=False).returncode
    return system if fits else sys.executable


def pip(python: str, *words: str, cwd: Path) -> None:
    done = subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        umask=UMASK,
    )
    assert done.returncode == 0, done.stdout + done.stderr
