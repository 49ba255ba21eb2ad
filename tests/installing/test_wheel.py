"""The wheel has all that a portal needs, made from what is committed; installed, it is one without a checkout."""

from __future__ import annotations

import urllib.request
import zipfile
from email.parser import Parser

import pytest

from tests.installing.building import committed
from tests.kit.serving import doorward, start
from tests.kit.wire import Wire

pytestmark = pytest.mark.one_database


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
