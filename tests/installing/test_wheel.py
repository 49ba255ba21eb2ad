"""The wheel has all that a portal needs, made from what is committed; installed, it is one without a checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import urllib.request
import zipfile
from email.parser import Parser
from hashlib import sha256
from pathlib import Path

import pytest

from tests.kit.serving import doorward, start
from tests.kit.wire import Wire

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.one_database


def committed(*under):
    """Return the files of the repository, and those that are about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", *under],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def pip(python, *words, cwd):
    done = subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy that has what is committed and nothing that was made here."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in committed("src", "scripts", "pyproject.toml", "README.md", "LICENSE"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    folder = tmp_path_factory.mktemp("dist")
    to = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), "."]
    pip(sys.executable, *to, cwd=copy)
    return next(folder.glob("*.whl"))


def test_the_wheel_has_each_file_of_the_package_the_compiled_translations_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = {name.removeprefix("src/") for name in committed("src/doorward")}
    compiled = {name.removesuffix(".po") + ".mo" for name in package if name.endswith(".po")}
    assert compiled
    assert files == package | compiled


def test_the_wheel_says_what_it_is_and_brings_its_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        about = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        said = Parser().parsestr(archive.read(about).decode())
        licence = archive.read(about.replace("METADATA", "licenses/LICENSE")).decode()
        commands = archive.read(about.replace("METADATA", "entry_points.txt")).decode()
    assert said["License-Expression"] == "Apache-2.0"
    assert said["Requires-Python"] == ">=3.11"
    assert "Apache License" in licence
    assert "doorward=doorward.cli:main" in commands


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install it as an operator does, with the lock, into an environment of its own."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = str(folder / "bin/python")
    lock = folder / "requirements.txt"
    own = f"./{wheel.name} --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}\n"
    lock.write_text((ROOT / "requirements/base.txt").read_text() + own)
    words = ["--no-compile", "--require-hashes", "-r", str(lock)]
    pip(python, "install", *words, cwd=wheel.parent)
    return folder / "bin/doorward"


@pytest.mark.at_length
@pytest.mark.processes
def test_what_is_installed_serves_a_portal_in_german_without_a_checkout(
    installed, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    program, folder = [str(installed)], tmp_path / "data"
    assert "administrators" in doorward("--help", folder=folder, program=program).stdout
    server = start(folder, program=program)
    try:
        assert server.main().cmdline()[1] == str(installed)
        person = Wire(server.port, f"http://localhost:{server.port}")
        page = person.get("/sign-in/", Accept_Language="de")
        assert page.status == 200
        assert '<html lang="de"' in page.text
        assert "Passwort" in page.text
        for path in [path for path in page.addresses() if path.startswith("/static/")][:3]:
            with urllib.request.urlopen(server.address + path) as file:
                assert file.read()
                assert "immutable" in file.headers["Cache-Control"]
        listed = doorward("customers", "list", folder=folder, program=program)
        assert "Provider" in listed.stdout
        found = doorward("check", folder=folder, program=program)
        assert (found.returncode, found.stderr) == (1, "3 things are not ready for production.\n")
    finally:
        assert server.stop() == 0
