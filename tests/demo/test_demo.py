"""`doorward demo` and `doorward demo-code`, as somebody at a shell has them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.kit.serving import Browser, environment, free_port
from tests.kit.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("commands")]

SAMUEL = "samuel.osei@harbour-bakery.example"


@dataclass
class Demo:
    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    output: Path
    home: Path

    def code(self, email, *options, **settings):
        return command("demo-code", email, *options, home=self.home, **settings)

    def address(self, path, host="localhost"):
        return f"http://{host}:{self.port}{path}"


def find(pattern, text):
    """Return what the pattern's group matches."""
    found = re.search(pattern, text)
    assert found, (pattern, text)
    return found[1]


def surroundings(home, **settings):
    """Return the environment of somebody whose temporary and run-time folders are in `home`."""
    kept = environment(home, **settings)
    if "data_dir" not in settings:
        del kept["DOORWARD_DATA_DIR"]
    return kept | {"TMPDIR": str(home), "XDG_RUNTIME_DIR": str(home)}


def command(*words, home, **settings):
    return subprocess.run(
        [sys.executable, "-m", "doorward", *words],
        env=surroundings(home, **settings),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@contextmanager
def a_demo(home, **settings):
    port = free_port()
    output = home / f"output-{port}"
    before = set(home.glob("doorward-demo-*"))
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "doorward", "demo", "--bind", f"127.0.0.1:{port}"],
            env=surroundings(home, **settings),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: process.poll() is not None or "Ctrl+C" in output.read_text(), seconds=60)
        assert process.poll() is None, output.read_text()
        [folder] = set(home.glob("doorward-demo-*")) - before
        yield Demo(process, port, folder, output, home)
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def demo(home):
    with a_demo(home) as running:
        yield running


def password_of(demo):
    return find(r"Everybody's password +(\S+)", demo.output.read_text())


def test_it_prints_where_it_answers_and_who_can_sign_in(demo):
    said = demo.output.read_text()
    assert demo.address("") in said
    assert demo.address("", "brightwave.localhost") in said
    assert demo.address("/demo/mail/") in said
    assert f"make code EMAIL={SAMUEL}" in said
    assert f"doorward demo-code {SAMUEL}" in said
    assert len(re.findall(r"\S+@\S+\.example", said)) > 12
    assert len(password_of(demo)) >= 15


@pytest.mark.parametrize("host", ["localhost", "brightwave.localhost"])
def test_each_brand_has_its_host(demo, host):
    # As a browser does: the resolver of the system need not know names under localhost.
    request = urllib.request.Request(
        f"http://127.0.0.1:{demo.port}/sign-in/", headers={"Host": f"{host}:{demo.port}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        page = answer.read().decode()
    brand = {"localhost": "Northline", "brightwave.localhost": "Brightwave"}[host]
    assert f"· {brand}</title>" in page
    assert ("+49 30" in page) is (brand == "Brightwave")


def test_somebody_signs_in_with_a_code_of_theirs(demo):
    browser, code = signed_in(demo, SAMUEL)
    assert browser.name == "home"
    following = demo.code(SAMUEL.upper())
    assert following.stdout != code


def signed_in(demo, email):
    """Return the browser of somebody with an app, and the code that they typed."""
    browser = Browser(demo.address(""))
    browser.get("/sign-in/")
    assert browser.post("/sign-in/", email=email, password=password_of(demo)) == "/sign-in/code/"
    code = demo.code(email)
    assert re.fullmatch(r"\d{6}\n", code.stdout), code.stderr
    assert browser.post("/sign-in/code/", code=code.stdout.strip()) == "/"
    return browser, code.stdout


def test_the_support_asks_somebody_to_agree_to_help(demo):
    browser, _code = signed_in(demo, "mona.eriksen@kestrel-logistics.example")
    browser.get("/requests/")
    browser.get(find(r'href="(/requests/[^"]+/)"', browser.page))
    assert "Nora Whitfield, for the support" in browser.page
    assert "Agree to this request" in browser.page


def test_an_application_and_a_site_stand_behind_the_sign_in(demo):
    browser, _code = signed_in(demo, "priya.raman@harbour-bakery.example")
    browser.get("/security/")
    listed = browser.page[browser.page.index("Where you are signed in") :]
    assert re.search(r">\s*Billing\s*<", listed)
    assert "is told: Name, e-mail and customer" in listed
    browser, _code = signed_in(demo, "nora.whitfield@northline.example")
    browser.get("/tabs/")
    tab = find(r'href="(/tabs/[^"]+/)"[^>]*><bdi>Billing', browser.page)
    browser.get(f"{tab}application/try/")
    browser.post(f"{tab}application/try/", email=SAMUEL)
    assert "no right to this tab" in browser.page


def test_the_mail_can_be_looked_at(demo):
    browser = Browser(demo.address(""))
    until(lambda: len(list((demo.folder / "mail").glob("*.eml"))) >= 5)
    browser.get("/demo/mail/")
    assert "lena.fischer@harbour-bakery.example" in browser.page


def test_who_has_no_app_has_no_code(demo):
    refused = demo.code("ines.moreau@harbour-bakery.example")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "ines.moreau@harbour-bakery.example has no authenticator app.\n"
    nobody = demo.code("nobody@example.com")
    assert nobody.stderr == "Nobody in the demonstration has the e-mail nobody@example.com.\n"


def test_a_code_of_a_real_installation_is_never_shown(demo, tmp_path):
    folder = tmp_path / "data"
    made = command("customers", "list", home=tmp_path, data_dir=str(folder))
    assert made.returncode == 0
    refused = demo.code(SAMUEL, data_dir=str(folder))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"The data folder {folder} is not a demonstration's.\n"


def test_the_folder_is_for_its_owner_only(demo):
    assert demo.folder.stat().st_mode & 0o777 == 0o700
    [pointer] = (demo.home / f"doorward-demos-{os.getuid()}").iterdir()
    assert pointer.stat().st_mode & 0o777 == 0o600
    assert pointer.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.at_length
def test_a_second_one_on_another_port_and_the_end_of_it(demo):
    settings = {
        "database_url": "postgresql://nobody@127.0.0.1/real",
        "email_url": "smtp://x.example",
    }
    with a_demo(demo.home, **settings) as second:
        assert second.folder != demo.folder
        named = demo.code(SAMUEL, data_dir=str(second.folder))
        assert re.fullmatch(r"\d{6}\n", named.stdout)
        last = demo.code(SAMUEL)
        assert last.returncode == 0
        assert last.stderr == (
            f"The demonstration at port {second.port}; of another: --port {demo.port}.\n"
        )
        first = demo.code(SAMUEL, "--port", str(demo.port))
        assert (first.returncode, first.stderr) == (0, "")
        assert first.stdout != last.stdout
        none = demo.code(SAMUEL, "--port", "1")
        assert none.stderr.startswith("No demonstration runs at port 1, but at ")
        second.process.terminate()
        assert second.process.wait(timeout=60) == 0
        assert not second.folder.exists()
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(f"http://127.0.0.1:{second.port}/healthz", timeout=2)
    assert demo.folder.exists()
    assert demo.code(SAMUEL).returncode == 0


@pytest.mark.at_length
def test_what_a_killed_one_leaves_is_thrown_away_by_the_next(tmp_path):
    with a_demo(tmp_path) as killed:
        killed.process.kill()
        killed.process.wait()
        assert killed.folder.exists()
        none = killed.code(SAMUEL)
        assert none.stderr == "No demonstration is running: start one with `make demo`.\n"
    with a_demo(tmp_path):
        assert not killed.folder.exists()


@pytest.mark.parametrize("bind", ["0.0.0.0:8329", "192.0.2.1:8329", "nonsense"])
def test_on_loopback_only(tmp_path, bind):
    refused = command("demo", "--bind", bind, home=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert not list(tmp_path.glob("doorward-demo-*"))


def test_without_a_demonstration_there_is_no_code(tmp_path):
    refused = command("demo-code", SAMUEL, home=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "No demonstration is running: start one with `make demo`.\n"


def test_a_start_that_is_told_to_end_does_so_whatever_it_is_about(tmp_path):
    """Also while garbage is collected, where nothing that is raised ends a program."""
    script = """
import os, signal
from doorward.demo import folder
from doorward.demo.command import end_when_told
class Garbage:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):
            pass
end_when_told(folder.make())
Garbage()
print("went on")
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        env=surroundings(tmp_path),
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert not list(tmp_path.glob("doorward-demo-*"))
