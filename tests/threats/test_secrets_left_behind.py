"""Secrets in what is left behind: log, history, database, addresses, metrics, and mail that is not theirs.

One browser walks whatever takes or shows a secret, on a real server that also breaks once, and then
everything that was written anywhere is searched for each secret that came along.
"""

from __future__ import annotations

import json
import re
from base64 import b32encode
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from doorward.kernel.db.sqlite.driver import Database
from tests.browser.authenticator import Authenticator
from tests.browser.portal import Inside, Portal
from tests.kit import postgresql, serving
from tests.kit.waiting import until
from tests.kit.wire import Answer, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.portal import Somebody

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

TOKEN = "the token of the monitor 7b1f"
NEW_PASSWORD = "nine kettles under a broken roof"
# A moment with its fraction of a second: six digits that are nobody's code.
_MOMENT = re.compile(r"\d{4}-?\d\d-?\d\d[T ]\d\d:?\d\d:?\d\d\.\d+")
_HIDDEN = "sessions_session"  # renamed for a moment, so that every page with a session breaks


@dataclass
class Secrets:
    """What nobody may find, and under which name a test tells of it."""

    long: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    # What a mail carries to its reader.
    mailed: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: str) -> str:
        self.long[f"{name} {len(self.long)}"] = value
        return value

    def code(self, name: str, value: str) -> str:
        self.codes[f"{name} {len(self.codes)}"] = value
        return value


@dataclass
class Journey:
    """The browser of the journey, what it has learnt, and where it walks."""

    portal: Portal
    secrets: Secrets
    wires: list[Wire] = field(default_factory=list)
    recovery: list[str] = field(default_factory=list)
    broken: Answer | None = None

    def browser(self) -> Wire:
        self.wires.append(Wire(self.portal.server.port, self.portal.address))
        return self.wires[-1]

    @property
    def answers(self) -> list[Answer]:
        return [answer for wire in self.wires for answer in wire.answers]

    @property
    def log(self) -> str:
        return self.portal.server.log.read_text()


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Portal]:
    port = serving.free_port()
    address = f"http://localhost:{port}"
    settings |= {"public_url": address, "metrics_token": TOKEN, "log_format": "json"}
    server = serving.start(folder, port=port, **settings)
    inside = Inside(folder, **settings)
    try:
        yield Portal(server=server, inside=inside, folder=folder, address=address)
    finally:
        inside.stop()
        server.stop()


@contextmanager
def database(url: str, folder: Path) -> Iterator[Any]:
    """Return a connection to the portal's database; what it does is committed at once."""
    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
    else:
        path = folder / "doorward.sqlite3"
        with closing(Database.connect(path, timeout=10, isolation_level=None)) as connection:
            yield connection


def nothing_waits(url: str, folder: Path) -> bool:
    """Return whether every event was looked at and every mail was sent."""
    with database(url, folder) as connection:
        events = connection.execute("SELECT count(*) FROM audit_event WHERE dispatched_at IS NULL")
        mails = connection.execute(
            "SELECT count(*) FROM notifications_delivery WHERE state = 'due'"
        )
        waiting: int = events.fetchone()[0] + mails.fetchone()[0]
        return waiting == 0


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    if not postgresql.url():
        yield ""
        return
    with postgresql.empty_database() as made:
        yield made


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory, url: str) -> Iterator[Journey]:
    """Walk all of it once."""
    folder = tmp_path_factory.mktemp("left") / "data"
    with running(folder, **({"database_url": url} if url else {})) as portal:
        walked = Journey(portal, Secrets(long={"token of the monitor": TOKEN}))
        owner = portal.boss()
        walked.secrets.add("password", owner.password)
        sign_in_wrongly(walked, owner)
        wire = enable(walked, owner)
        prove_and_change_password(walked, owner, wire)
        with_a_recovery_code(walked, owner)
        by_reset_link(walked, owner)
        invited(walked, owner)
        made_to_set_up(walked, owner)
        change_email(walked, owner)
        wrong_addresses(walked)
        break_down(walked, owner, url)
        ask_the_monitor(walked)
        until(lambda: nothing_waits(url, folder))
        yield walked


# --- the walk -------------------------------------------------------------------------------------


def mailed_link(walked: Journey, person: Somebody, below: str) -> str:
    """Wait for a mail with a link below this path; note its token, and return its path."""

    def found() -> list[str]:
        texts = (mail.text for mail in walked.portal.mails(person.email))
        return [word for text in texts for word in text.split() if below in word]

    path = urlsplit(until(found)[-1]).path
    walked.secrets.mailed[f"link {len(walked.secrets.mailed)}"] = path.split("/")[-2]
    return path


def give_code(
    walked: Journey, wire: Wire, person: Somebody, path: str = "/sign-in/code/"
) -> Answer:
    answer = wire.post(path, code=walked.secrets.code("code", person.code()))
    assert answer.status == 303, answer.text
    return answer


def signed_in(walked: Journey, person: Somebody) -> Wire:
    wire = walked.browser()
    answer = wire.post("/sign-in/", email=person.email, password=person.password)
    assert answer.status == 303, answer.text
    if person.phone is not None:
        give_code(walked, wire, person)
    return wire


def sign_in_wrongly(walked: Journey, owner: Somebody) -> None:
    """Mistype, and type the password where the e-mail belongs."""
    wire, secrets = walked.browser(), walked.secrets
    wrong = secrets.add("wrong password", "seven bridges over a quiet rivet")
    assert wire.post("/sign-in/", email=owner.email, password=wrong).status == 422
    there = secrets.add("password in the box for the e-mail", "hunter of the 31 lost teaspoons")
    assert wire.post("/sign-in/", email=there, password=there).status == 422
    assert wire.post("/password/forgot/", email=there).status == 303
    assert wire.post(f"/sign-in/?password={quote(wrong)}", email=owner.email).status == 422


def set_up(walked: Journey, wire: Wire, person: Somebody, path: str) -> list[str]:
    """Set an app up at `path`, with a wrong code first; return the recovery codes."""
    secrets = walked.secrets
    page = wire.get(path)
    manual = page.between('id="manual-code">', "<")
    person.phone = Authenticator.of_text(manual)
    secrets.add("manual code", manual.strip())
    secrets.add("secret in Base32", b32encode(person.phone.secret).decode().rstrip("="))
    secrets.add("secret in hex", person.phone.secret.hex())
    wrong = secrets.code("wrong code", person.phone.wrong_code())
    assert wire.post(path, code=wrong, name="Pixel 9").status == 422
    give_code(walked, wire, person, path)
    shown = wire.get("/sign-in/recovery-codes/")
    codes = re.findall(r"<li[^>]*>([A-Z2-7 -]{24,})</li>", shown.text)
    assert len(codes) == 10
    for code in codes:
        secrets.add("recovery code", code)
        secrets.add("recovery code without gaps", re.sub(r"[^A-Z2-7]", "", code))
    assert wire.get("/sign-in/recovery-codes/text/").status == 200
    assert wire.post("/sign-in/recovery-codes/", saved="on").status == 303
    return codes


def enable(walked: Journey, owner: Somebody) -> Wire:
    wire = signed_in(walked, owner)
    walked.recovery = set_up(walked, wire, owner, "/security/2fa/enable/")
    assert walked.browser().get(mailed_link(walked, owner, "/not-me/")).status == 303
    return wire


def prove_and_change_password(walked: Journey, owner: Somebody, wire: Wire) -> None:
    """A proof that is too old saves the request with its passwords; then the change itself."""
    chosen = walked.secrets.add("new password", NEW_PASSWORD)
    walked.portal.ask("age_sessions", email=owner.email, minutes=15)
    fields = {"current": owner.password, "password": chosen}
    assert wire.post("/profile/password/", **fields).header("Location").startswith("/prove/")
    wrong = walked.secrets.code("wrong code", owner.phone.wrong_code()) if owner.phone else ""
    assert wire.post("/prove/", code=wrong, next="/").status == 422
    assert (
        wire.post("/prove/", code=walked.secrets.code("code", owner.code()), next="/").status == 303
    )
    assert wire.post("/profile/password/", **fields).status == 303
    owner.password = chosen


def with_a_recovery_code(walked: Journey, owner: Somebody) -> None:
    wire = walked.browser()
    wire.post("/sign-in/", email=owner.email, password=owner.password)
    wrong = walked.secrets.code("wrong code", owner.phone.wrong_code()) if owner.phone else ""
    assert wire.post("/sign-in/code/", code=wrong).status == 422
    nobodys = walked.secrets.add("wrong recovery code", "ABCD EFGH IJKL MNOP QRST UVWX")
    assert wire.post("/sign-in/recovery/", code=nobodys).status == 422
    assert wire.post("/sign-in/recovery/", code=walked.recovery[0]).status == 303
    assert wire.follow(wire.get("/")).status == 200
    assert wire.post("/sign-out/").status == 303


def by_reset_link(walked: Journey, owner: Somebody) -> None:
    wire = walked.browser()
    assert wire.post("/password/forgot/", email=owner.email).status == 303
    assert wire.follow(wire.get(mailed_link(walked, owner, "/password/reset/"))).status == 200
    weak = walked.secrets.add("password that is too short", "pinkbus")
    assert wire.post("/password/reset/", password=weak).status == 422
    chosen = walked.secrets.add("password by reset", "three owls read maps at the harbour")
    assert wire.post("/password/reset/", password=chosen).status == 303
    owner.password = chosen
    give_code(walked, wire, owner)


def invited(walked: Journey, owner: Somebody) -> None:
    wire = signed_in(walked, owner)
    guest = walked.portal.stranger("Lena Fischer", customer=owner.customer)
    fields = {"email": guest.email, "first_name": "Lena", "last_name": "Fischer", "phone": ""}
    assert wire.post("/administrators/add/", **fields, tabs="home").status == 303
    there = walked.browser()
    assert there.follow(there.get(mailed_link(walked, guest, "/invitation/"))).status == 200
    chosen = walked.secrets.add("password by invitation", "a violet tractor waits for rain")
    assert there.post("/invitation/", password=chosen).status == 303
    assert there.follow(there.get("/")).status == 200


def made_to_set_up(walked: Journey, owner: Somebody) -> None:
    person = walked.portal.person("Samuel Osei", customer=owner.customer, require_2fa=True)
    wire = signed_in(walked, person)
    assert wire.follow(wire.get("/")).path == "/sign-in/mailbox/"
    mail = person.mail("code")
    assert (
        wire.post("/sign-in/mailbox/", code=walked.secrets.code("wrong code", "48151623")).status
        == 422
    )
    right = walked.secrets.code("mailbox code", mail.digits(8))
    assert wire.post("/sign-in/mailbox/", code=right).status == 303
    set_up(walked, wire, person, "/sign-in/set-up/")
    off = wire.post("/security/2fa/disable/", code=walked.secrets.code("code", person.code()))
    assert off.status in {403, 422}


def change_email(walked: Journey, owner: Somebody) -> None:
    wire = signed_in(walked, owner)
    fields = {"first_name": "Nora", "last_name": "Lindqvist", "phone": "", "time_zone": "UTC"}
    new = walked.portal.stranger("Nora Lindqvist", customer=owner.customer)
    answer = wire.post("/profile/", **fields, language="en", email=new.email)
    assert answer.status == 303, answer.text
    assert wire.follow(wire.get(mailed_link(walked, new, "/e-mail/confirm/"))).status == 200
    assert wire.post("/e-mail/confirm/").status == 303
    owner.email = new.email
    give = walked.secrets.code("code", owner.code())
    assert wire.post("/security/2fa/disable/", code=give).status == 303
    owner.phone = None


def wrong_addresses(walked: Journey) -> None:
    """Requests that are refused on their way, with a token in the address."""
    wire = walked.browser()
    token = walked.secrets.add("token in a wrong address", "Zk3v9Qm1x7Lr5Tn8Bw2Yc6Hd4Jf0Gs")
    assert wire.get(f"/password/resets/{token}/").status == 404
    assert wire.post(f"/password/reset/{token}/", password=token).status == 405
    assert wire.send("POST", f"/password/reset/{token}/", "a=b").status == 403
    assert wire.get(f"/invitation/{token}/", Host="no_name!").status == 400
    assert wire.get(f"/invitation/{token}/", Host="elsewhere.example").status == 421
    assert wire.send("POST", f"/not-me/{token}/", "x" * 70_000).status == 413
    assert wire.get(f"/not-me/{token}/").status == 303
    assert wire.get("/not-me/").status in {404, 410, 422}


def break_down(walked: Journey, owner: Somebody, url: str) -> None:
    """A table is gone for a moment: pages fail with 500, and the log has tracebacks."""
    wire = signed_in(walked, owner)
    chosen = walked.secrets.add("password while broken", "four brass whistles and no train")
    with database(url, walked.portal.folder) as connection:
        connection.execute(f"ALTER TABLE {_HIDDEN} RENAME TO hidden")
        try:
            walked.broken = wire.get("/security/")
            assert wire.post("/sign-in/", email=owner.email, password=chosen).status == 500
        finally:
            connection.execute(f"ALTER TABLE hidden RENAME TO {_HIDDEN}")
    assert walked.broken.status == 500
    assert wire.get("/security/").status == 200


def ask_the_monitor(walked: Journey) -> None:
    wire = walked.browser()
    assert wire.get("/metrics", Authorization=f"Bearer {TOKEN}").status == 200
    assert wire.get("/metrics", Authorization="Bearer wrong").status == 401


# --- what is left behind --------------------------------------------------------------------------


def not_in(text: str, values: dict[str, str], *, where: str) -> None:
    found = [name for name, value in values.items() if value in text]
    assert not found, (where, found)


def no_code_in(text: str, codes: dict[str, str], *, where: str) -> None:
    rest = _MOMENT.sub("", text)
    found = [
        name
        for name, code in codes.items()
        if re.search(rf"(?<![0-9a-fA-F]){code}(?![0-9a-fA-F])", rest)
    ]
    assert not found, (where, found)


def cookies_of(walked: Journey) -> dict[str, str]:
    """Return every value that a cookie ever had, the language's apart."""
    values = {value for wire in walked.wires for value in wire.kept if len(value) > 16}
    return {f"cookie {number}": value for number, value in enumerate(sorted(values))}


def everything(walked: Journey) -> dict[str, str]:
    return walked.secrets.long | walked.secrets.mailed | cookies_of(walked)


def test_the_log_has_none(journey: Journey) -> None:
    assert len(journey.log.splitlines()) > 100
    assert "Traceback" in journey.log
    not_in(journey.log, everything(journey), where="log")
    no_code_in(journey.log, journey.secrets.codes, where="log")
    assert "otpauth" not in journey.log


def test_every_entry_of_the_log_is_json(journey: Journey) -> None:
    # What a start says to who looks at the terminal.
    said = ("Doorward answers", "Nobody of the provider", f"{journey.portal.address}/first/")
    lines = [line for line in journey.log.splitlines() if not line.startswith(said)]
    entries = [json.loads(line) for line in lines]
    assert all({"time", "level", "logger", "message"} <= entry.keys() for entry in entries)


def rows(walked: Journey, url: str) -> Iterator[tuple[str, str]]:
    """Return every table's name with every row's text."""
    with database(url, walked.portal.folder) as connection:
        names = (
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            if url
            else "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
        for (table,) in connection.execute(names).fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"').fetchall():
                yield table, " ".join(map(written, row))


def written(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        raw = bytes(value)
        return f"{raw.decode('latin-1')} {raw.hex()}"
    return str(value)


def test_no_table_has_any(journey: Journey, url: str) -> None:
    tables = set()
    for table, row in rows(journey, url):
        tables.add(table)
        not_in(row, everything(journey), where=table)
        no_code_in(row, journey.secrets.codes, where=table)
        assert "otpauth" not in row
    assert {"audit_event", _HIDDEN} <= tables


def test_no_file_has_any(journey: Journey) -> None:
    """What was deleted still stands in the pages of an SQLite file, and in its log."""
    files = [
        path
        for path in journey.portal.folder.rglob("*")
        if path.is_file() and not {"mail", "static"} & set(path.parts)
    ]
    assert files
    for path in files:
        content = path.read_bytes().decode("latin-1")
        not_in(content, everything(journey), where=path.name)


SET_UPS = {"/security/2fa/enable/", "/security/2fa/add/", "/sign-in/set-up/"}


def test_no_address_has_any(journey: Journey) -> None:
    """Where answers lead to stands in histories, in Referers and in proxies' logs."""
    for answer in journey.answers:
        for address in answer.addresses():
            where = f"{answer.method} {answer.path}"
            # `otpauth:` is for the app on this device: it is asked of no server and stands in no history.
            if address.startswith("otpauth:"):
                assert answer.path in SET_UPS, where
            # An error page may lead to itself, once more.
            elif not address.startswith("data:") and address != answer.path:
                not_in(address, everything(journey), where=where)
                no_code_in(address, journey.secrets.codes, where=where)


def test_no_metric_has_any(journey: Journey) -> None:
    told = [answer for answer in journey.answers if answer.path == "/metrics"]
    assert told[-2].text.startswith("# HELP doorward_")
    for answer in told:
        not_in(answer.text, everything(journey), where="metrics")
        no_code_in(answer.text, journey.secrets.codes, where="metrics")


def test_mail_has_only_what_it_is_for(journey: Journey) -> None:
    """A mail carries its own link or its own code, and never what signs somebody in by itself."""
    mails = list((journey.portal.folder / "mail").glob("*.eml"))
    assert len(mails) > 8
    for path in mails:
        text = path.read_text()
        not_in(text, journey.secrets.long | cookies_of(journey), where=path.name)
        apps = {name: code for name, code in journey.secrets.codes.items() if len(code) == 6}
        no_code_in(text.partition("\n\n")[2], apps, where=path.name)


# --- the request's id -----------------------------------------------------------------------------


def entries(walked: Journey, request_id: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in walked.log.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("request_id") == request_id]


def test_the_id_on_an_error_page_finds_the_line_and_the_traceback(journey: Journey) -> None:
    assert journey.broken is not None
    number = journey.broken.header("X-Request-ID")
    assert f"<code>{number}</code>" in journey.broken.text
    found = entries(journey, number)
    assert [one["status"] for one in found if "status" in one] == [500]
    assert [one["route"] for one in found if "route" in one] == ["/security/"]
    assert any(
        "OperationalError" in one.get("traceback", "")
        or "UndefinedTable" in one.get("traceback", "")
        for one in found
    )
    for private in (
        "Traceback",
        "OperationalError",
        "ProgrammingError",
        "site-packages",
        "sqlite",
        "psycopg",
    ):
        assert private not in journey.broken.text


def test_one_line_a_request_with_its_id(journey: Journey) -> None:
    asked = [answer.header("X-Request-ID") for answer in journey.answers]
    assert len(set(asked)) == len(asked)
    lines = [json.loads(line) for line in journey.log.splitlines() if '"answered"' in line]
    by_id = {line["request_id"]: line for line in lines}
    assert len(by_id) == len(lines)
    for answer in journey.answers:
        line = by_id[answer.header("X-Request-ID")]
        assert (line["method"], line["status"]) == (answer.method, answer.status)


def test_an_event_has_the_id_of_its_request(journey: Journey, url: str) -> None:
    ids = {answer.header("X-Request-ID") for answer in journey.answers}
    with database(url, journey.portal.folder) as connection:
        told = connection.execute("SELECT request_id, browser FROM audit_event").fetchall()
    from_pages = [number for number, browser in told if browser.startswith("Mozilla")]
    assert len(from_pages) > 20
    assert set(from_pages) <= ids
