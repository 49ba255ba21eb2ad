"""`doorward check`: what is not ready for production is said, with what to do about it."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from click.testing import CliRunner
from django.db import connection
from django.utils import timezone

from doorward.applications import sites
from doorward.audit.actor import CONSOLE
from doorward.cli.base import main
from doorward.customers import cached, own_tabs
from doorward.customers.models import Brand
from doorward.operations.backup import last_good
from doorward.operations.checks.database import judge_transport
from tests.kit import people, policies
from tests.kit.serving import doorward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.django_db

PROXY = ip_network("127.0.0.1/32")


@pytest.fixture(autouse=True)
def _an_installation(settings: Any, tmp_path: Path) -> None:
    """Have one that is fit in all that its settings and files tell."""
    people.provider()
    Brand.objects.update(support_email="support@northline.example")
    policies.require(people.provider().id)
    last_good.remember(now=timezone.now())
    (tmp_path / "data").mkdir(mode=0o700)
    settings.DOORWARD = settings.DOORWARD.model_copy(
        update={
            "data_dir": tmp_path / "data",
            "database_url": f"sqlite:///{tmp_path}/data/doorward.sqlite3",
            "keys_file": tmp_path / "keys.json",
            "public_url": "https://portal.northline.example",
            "trusted_proxies": (PROXY,),
            "email_url": "smtp://user:hidden@mail.northline.example:587",
            "metrics_token": "a token that a monitor has",
            "anchor_email": "auditor@northline.example",
        }
    )


@pytest.fixture
def change(settings: Any) -> Callable[..., None]:
    """Return what changes settings of the installation."""

    def changed(**values: Any) -> None:
        settings.DOORWARD = settings.DOORWARD.model_copy(update=values)

    return changed


def check(*words: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Return the exit status, and what was found by name."""
    done = CliRunner().invoke(main, ["check", "--json", *words])
    return done.exit_code, {one["check"]: one for one in json.loads(done.stdout)}


def verdict(name: str, *words: str) -> str:
    status, found = check(*words)
    assert status == any(one["verdict"] == "unfit" for one in found.values())
    assert bool(found[name]["do"]) == (found[name]["verdict"] != "fine")
    return found[name]["verdict"]


def test_a_fit_one_is_fit() -> None:
    status, found = check()
    assert status == 0
    advised = {name for name, one in found.items() if one["verdict"] == "advice"}
    # The tests may run as root.
    # Their folder is in one that everybody shares.
    assert advised - {"user", "folders-above"} == {"clock-ntp"}
    assert {one["verdict"] for one in found.values()} <= {"advice", "fine"}


@pytest.mark.parametrize(
    ("name", "changed", "expected"),
    [
        ("https", {"public_url": ""}, "unfit"),
        ("https", {"public_url": "http://portal.northline.example"}, "unfit"),
        ("proxies", {"trusted_proxies": ()}, "unfit"),
        ("proxies", {"trusted_proxies": (PROXY, ip_network("0.0.0.0/0"))}, "unfit"),
        ("proxies", {"trusted_proxies": (ip_network("::/0"),)}, "unfit"),
        ("proxies", {"trusted_proxies": (), "public_url": "http://portal.example"}, "fine"),
        ("bind", {"bind": "0.0.0.0:8000"}, "advice"),
        ("bind", {"bind": "[::1]:8000"}, "fine"),
        ("mail", {"email_url": ""}, "unfit"),
        ("mail", {"email_url": "file:///var/mail"}, "unfit"),
        ("mail", {"email_url": "smtps://mail.northline.example"}, "fine"),
        ("mailbox-proof", {"mailbox_proof": False}, "advice"),
        ("workers", {"workers": 1}, "advice"),
        ("metrics", {"metrics_token": ""}, "advice"),
        ("anchor", {"anchor_email": ""}, "advice"),
        ("anchor", {"anchor_email": "", "anchor_file": Path("/mnt/anchor/heads")}, "fine"),
        ("debug", {"demo": True}, "unfit"),
    ],
)
def test_a_setting_is_judged(change, name, changed, expected):
    change(**changed)
    assert verdict(name) == expected


def test_sites_want_a_proxy_that_is_believed_and_a_host_of_their_own(change):
    assert "sites" not in check()[1]
    tab = own_tabs.add("wiki", own_tabs.TabDetails(title="Wiki", url="/help/"), actor=CONSOLE)
    details = sites.SiteDetails(origin="https://wiki.northline.example")
    sites.add(tab.id, details, actor=CONSOLE, now=timezone.now())
    assert verdict("sites") == "fine"
    change(trusted_proxies=())
    assert verdict("sites") == "unfit"
    change(trusted_proxies=(PROXY,))
    host = "wiki.northline.example"
    Brand.objects.update(hosts=[host], confirmed_hosts={host: timezone.now().isoformat()})
    cached.forget()
    assert "share their cookies" in check()[1]["sites"]["what"]
    assert verdict("sites") == "unfit"


def test_debug_pages_are_unfit(settings):
    settings.DEBUG = True
    assert verdict("debug") == "unfit"


@pytest.mark.parametrize(
    ("mode", "expected"), [(0o700, "fine"), (0o750, "unfit"), (0o701, "unfit"), (0o755, "unfit")]
)
def test_the_data_folder_is_the_owners_alone(tmp_path, mode, expected):
    (tmp_path / "data").chmod(mode)
    assert verdict("data-folder") == expected


def test_a_key_file_beside_or_below_the_database_is_unfit(change, tmp_path):
    for place in ("keys.json", "secret/keys.json"):
        change(keys_file=tmp_path / "data" / place)
        assert verdict("keys") == "unfit"
    (tmp_path / "link").symlink_to(tmp_path / "data")
    change(keys_file=tmp_path / "link" / "keys.json")
    assert verdict("keys") == "unfit"
    change(database_url="postgresql://db.example/doorward")
    assert verdict("keys") == "fine"


@pytest.mark.parametrize(("mode", "expected"), [(0o640, "fine"), (0o644, "unfit")])
def test_a_file_of_settings_is_not_everybodys(monkeypatch, tmp_path, mode, expected):
    file = tmp_path / "doorward.env"
    file.touch()
    file.chmod(mode)
    monkeypatch.setenv("DOORWARD_CONFIG", str(file))
    assert verdict("config") == expected


def test_who_could_put_another_folder_in_its_place_is_named(tmp_path):
    tmp_path.chmod(0o1777)
    assert verdict("folders-above") == "advice"
    tmp_path.chmod(0o777)
    assert verdict("folders-above") == "unfit"
    tmp_path.chmod(0o755)


def test_brands_without_an_address_are_named(change):
    Brand.objects.update(support_email="", name="Northline")
    _, found = check()
    for name in ("sender", "security-txt"):
        assert found[name]["verdict"] == "advice"
        assert "Northline" in found[name]["what"]
    change(email_from="portal@northline.example", security_contact="mailto:a@northline.example")
    assert verdict("sender") == verdict("security-txt") == "fine"


def test_staff_have_two_factors_whatever_was_taken_away():
    provider = people.provider()
    policies.lift(provider.id)
    # On SQLite a command starts as `run` does, which requires them again.
    assert verdict("staff") == ("fine" if connection.vendor == "sqlite" else "advice")
    policies.require_by_minimum(provider.id)
    assert verdict("staff") == "fine"


@pytest.mark.parametrize(
    ("host", "tls", "expected"),
    [
        ("/run/postgresql", False, "fine"),
        ("127.0.0.1", False, "fine"),
        ("db.northline.example", True, "fine"),
        ("db.northline.example", False, "unfit"),
        ("10.0.0.5", False, "unfit"),
    ],
)
def test_the_way_to_another_machines_database_wants_tls(host, tls, expected):
    assert judge_transport(host, tls=tls).verdict == expected


# --- clocks ---------------------------------------------------------------------------------------


def test_the_databases_clock_is_compared():
    assert verdict("clock-database") == "fine"
    with time_machine.travel(time.time() + 60):
        status, found = check()
    if connection.vendor == "sqlite":  # it has none of its own, and says so
        assert status == 0
        assert "this machine's" in found["clock-database"]["what"]
    else:
        assert status == 1
        said = re.search(
            r"is (\d\d\.\d) s ahead of the database's", found["clock-database"]["what"]
        )
        assert said
        assert 50 < float(said[1]) < 70, "asking takes a while, and how long is not known"


@contextmanager
def time_server(
    ahead: float = 0, *, stratum: int = 2, head: int = 0x24, own: bool = True, size: int = 48
) -> Iterator[str]:
    """Run a time server for one question on loopback; return its HOST:PORT."""

    def answer() -> None:
        asked, sender = server.recvfrom(512)
        mark = asked[40:48] if own else bytes(8)
        moment = int((time.time() + 2_208_988_800 + ahead) * 2**32) % 2**64
        said = struct.pack("!BB22x", head, stratum) + mark + struct.pack("!QQ", moment, moment)
        server.sendto(said[:size], sender)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.settimeout(10)
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=answer)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(0, "fine"), (1.5, "fine"), (-1.5, "fine"), (2.6, "unfit"), (-2.6, "unfit"), (86400, "unfit")],
)
def test_the_clock_is_compared_with_a_time_server(ahead, expected):
    with time_server(ahead) as address:
        assert verdict("clock-ntp", "--ntp", address) == expected


def test_it_says_which_way_the_clock_is_off():
    with time_server(10) as address:
        _, found = check("--ntp", address)
    assert f"clock is 10.0 s behind that of {address}" in found["clock-ntp"]["what"]


def test_the_count_of_seconds_starts_anew_in_2036():
    with time_machine.travel("2040-01-01T00:00:00Z", tick=True), time_server() as address:
        assert verdict("clock-ntp", "--ntp", address) == "fine"


@pytest.mark.parametrize(
    "wrong",
    [{"own": False}, {"stratum": 0}, {"stratum": 16}, {"head": 0xE4}, {"head": 0x23}, {"size": 40}],
)
def test_an_answer_that_tells_no_time_is_not_believed(wrong):
    with time_server(**wrong) as address:
        assert verdict("clock-ntp", "--ntp", address) == "unfit"


def test_a_time_server_that_is_not_there_is_said():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    status, found = check("--ntp", f"127.0.0.1:{port}")
    assert status == 1
    assert found["clock-ntp"]["what"].endswith("did not tell the time: Connection refused.")


# --- what is printed ------------------------------------------------------------------------------


def test_text_has_every_finding_the_unfit_first(change):
    change(public_url="", metrics_token="")
    done = CliRunner().invoke(main, ["check"])
    assert done.exit_code == 1
    assert done.stderr == "1 thing is not ready for production.\n"
    lines = done.stdout.splitlines()
    assert lines[0].startswith("unfit   https")
    assert lines[1].strip().startswith("→ Put a proxy with a certificate in front")
    verdicts = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert verdicts == sorted(verdicts, key=["unfit", "advice", "fine"].index)
    assert "hidden" not in done.output


def test_a_new_installation_is_unfit(tmp_path):
    done = doorward("check", "--json", folder=tmp_path / "data")
    assert done.returncode == 1
    found = {one["check"]: one["verdict"] for one in json.loads(done.stdout)}
    unfit = {name for name, one in found.items() if one == "unfit"}
    assert unfit == {"https", "mail", "keys"}
    assert done.stderr == "3 things are not ready for production.\n"
