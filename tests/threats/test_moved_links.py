"""Links lead where the operator or a confirmed host name says: a name that somebody types moves nobody."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test import Client
from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli import main
from doorward.customers import brands, cached, host_confirmation, hosts, protection
from doorward.customers.errors import (
    HostIsAnothers,
    HostNotConfirmed,
    HostPrivate,
    HostSilent,
    HostUnknown,
)
from doorward.customers.events import ACCESS_REFUSED, PROTECTION_LOWERED
from doorward.customers.models import Brand, Customer
from doorward.customers.tabs import ADMINISTRATORS, BRANDS
from doorward.kernel.ssrf import is_public
from doorward.web.kit.passkeys import party_of
from tests.kit import browsers, nameserver, people
from tests.kit.serving import free_port
from tests.notifications.mails import Folder, part

PUBLIC = "portal.northline.example"
NAME = "portal.harbour.example"
SECOND = "harbour.example"


@pytest.fixture
def names():
    with nameserver.serving() as served:
        yield served


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def public(settings, port):
    """Be an installation that has a public address; its brand has two names that nobody has confirmed."""
    settings.DOORWARD = settings.DOORWARD.model_copy(
        update={"public_url": f"http://{PUBLIC}:{port}", "private_hosts": True}
    )


@pytest.fixture
def brand(owner, public):
    made = Brand.objects.create(name="Harbour", issuer="Harbour", hosts=[NAME, SECOND])
    Customer.objects.filter(id=owner.customer_id).update(brand=made)
    cached.forget()
    return made


@pytest.fixture
def folder(tmp_path, settings):
    """Have all mail put into a folder."""
    update = {"email_url": f"file://{tmp_path / 'mail'}"}
    settings.DOORWARD = settings.DOORWARD.model_copy(update=update)
    return Folder(tmp_path / "mail")


def staff(*tabs, email="theo@provider.example"):
    return people.make_administrator(
        people.provider(), email=email, name="Theo Baum", tabs={"home", *tabs}
    )


def look(brand):
    cached.forget()
    return cached.brand_of(brand.id)


def read(brand):
    return Brand.objects.get(id=brand.id)


def vouch(name):
    return hosts.confirm(name, actor=CONSOLE, now=timezone.now())


def staff_browser(person):
    """Return a browser at the public address."""
    return browsers.sign_in(Client(HTTP_HOST=PUBLIC, HTTP_USER_AGENT=people.CHROME), person)


# --- what a name that is not confirmed is good for ------------------------------------------------


@pytest.mark.django_db
def test_it_makes_no_link_and_no_passkey_and_nobody_signs_in_there(brand, owner, port, folder):
    for name in (NAME, SECOND):
        assert Client(HTTP_HOST=name).get("/sign-in/").status_code == 421
        sent = {"email": owner.email, "password": people.PASSWORD}
        assert Client(HTTP_HOST=name).post("/sign-in/", sent).status_code == 421
    assert look(brand).address("/x/") == f"http://{PUBLIC}:{port}/x/"
    assert party_of(look(brand)).id == PUBLIC
    folder.new()
    asked = Client(HTTP_HOST=PUBLIC).post("/password/forgot/", {"email": owner.email})
    assert asked.status_code == 303
    [mail] = folder.new()
    assert NAME not in mail.as_string()
    assert f"http://{PUBLIC}:{port}/password/reset/" in part(mail, "plain")


@pytest.mark.django_db
def test_the_first_one_that_is_confirmed_makes_the_links(brand, port):
    assert vouch(SECOND) == "Harbour"
    assert look(brand).address("") == f"http://{SECOND}:{port}"
    assert Client(HTTP_HOST=NAME).get("/sign-in/").status_code == 421
    vouch(NAME)
    assert look(brand).address("") == f"http://{NAME}:{port}"
    assert Client(HTTP_HOST=NAME).get("/sign-in/").status_code == 200


@pytest.mark.django_db
def test_the_page_shows_it_and_what_to_do(brand):
    nora = staff(BRANDS, ADMINISTRATORS)
    page = staff_browser(nora).get(f"/brands/{brand.id}/").content.decode()
    assert page.count("Not confirmed: not in use yet") == 2
    assert page.count("Check now") == 2
    assert f"_doorward.{NAME}" in page
    assert host_confirmation.record(NAME) in page
    assert "2 not confirmed" in staff_browser(nora).get("/brands/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["", "http://localhost:8000", "http://127.0.0.1:8000"])
def test_on_one_machine_none_has_to_be(brand, settings, where):
    settings.DOORWARD = settings.DOORWARD.model_copy(update={"public_url": where})
    assert look(brand).hosts == (NAME, SECOND)


@pytest.mark.django_db
def test_nor_the_host_of_the_public_address(brand):
    Brand.objects.filter(id=brand.id).update(hosts=[NAME, PUBLIC])
    assert look(brand).hosts == (PUBLIC,)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["localhost", "portal.localhost", NAME])
def test_loopback_is_no_exception_on_the_internet(brand, name):
    Brand.objects.filter(id=brand.id).update(hosts=[name])
    assert look(brand).hosts == ()


@pytest.mark.django_db
def test_a_name_that_is_given_up_is_to_be_confirmed_again(brand):
    vouch(NAME)

    def change(text):
        details = brands.BrandDetails(
            name="Harbour", issuer="Harbour", accent="#0b6e4f", hosts=text
        )
        brands.change(brand.id, details, actor=CONSOLE)

    change(f"{SECOND}\n{NAME}")
    assert look(brand).hosts == (NAME,)
    change(SECOND)
    change(f"{NAME}\n{SECOND}")
    assert look(brand).hosts == ()


@pytest.mark.django_db
def test_another_brand_that_takes_it_has_to_confirm_it(brand):
    vouch(NAME)
    Brand.objects.filter(id=brand.id).update(hosts=[])
    details = brands.BrandDetails(name="Other", issuer="O", accent="#0b6e4f", hosts=NAME)
    other = brands.add(details, actor=CONSOLE)
    assert look(other).hosts == ()


# --- being asked ----------------------------------------------------------------------------------


def asked(host, token):
    return Client(HTTP_HOST=host).get(f"{host_confirmation.PATH}{token}")


@pytest.mark.django_db
def test_only_the_name_that_was_asked_with_its_own_token_is_answered(brand, port):
    token = host_confirmation.token(NAME)
    right = asked(f"{NAME}:{port}", token)
    assert right.status_code == 200
    assert token not in right.content.decode()
    for host, wrong in (
        (SECOND, token),
        (PUBLIC, token),
        (NAME, host_confirmation.token(SECOND)),
        (NAME, token[:-1]),
        (NAME, token + "0"),
        (NAME, token.upper()),
        (NAME, "ä" * 40),
        ("no_name!", token),
    ):
        assert asked(host, wrong).status_code == 404, (host, wrong)


class Portal(LiveServerThread):
    """This portal itself, on a port of loopback."""

    server_class = ThreadedWSGIServer

    def _create_server(self, connections_override=None):  # noqa: ARG002 - as Django names it
        return self.server_class((self.host, self.port), QuietWSGIRequestHandler)


@pytest.fixture
def portal(transactional_db, port):
    from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: PLC0415

    thread = Portal("127.0.0.1", StaticFilesHandler, port=port)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield thread
    thread.terminate()


def test_who_leads_the_name_here_and_has_the_right_moves_links_and_all_are_told(
    portal, brand, names, folder
):
    names.put(NAME, "A", "127.0.0.1")
    theo = staff(BRANDS, ADMINISTRATORS)
    nora = staff(ADMINISTRATORS, email="nora@provider.example")
    browser = staff_browser(theo)
    folder.new()
    answer = browser.post(f"/brands/{brand.id}/check/", {"host": NAME})
    assert (answer.status_code, answer["Location"]) == (303, f"/brands/{brand.id}/#host-names")
    assert look(brand).hosts == (NAME,)
    [event] = people.events(PROTECTION_LOWERED)
    assert event.details["changed"] == ["confirmed_hosts"]
    assert (event.details["before"], event.details["after"]) == ([""], [NAME])
    told = {mail["To"] for mail in folder.new() if "What protects" in mail["Subject"]}
    assert told == {theo.email, nora.email}
    # Once only: it is confirmed by now, and nobody is asked again.
    before = len(names.asked)
    assert browser.post(f"/brands/{brand.id}/check/", {"host": NAME}).status_code == 303
    assert len(names.asked) == before
    assert len(people.events(PROTECTION_LOWERED)) == 1


@pytest.mark.django_db
def test_a_txt_record_will_do(brand, names):
    names.put(f"_doorward.{NAME}", "TXT", '"v=spf1 -all"', f'"{host_confirmation.record(NAME)}"')
    hosts.check(brand.id, NAME, actor=CONSOLE, now=timezone.now())
    assert look(brand).hosts == (NAME,)
    assert [kind for _name, kind in names.asked] == ["TXT"]


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["another", "prefix", "elsewhere"])
def test_but_not_another_names(brand, names, wrong):
    record = host_confirmation.record(SECOND if wrong == "another" else NAME)
    said = f"x{record}" if wrong == "prefix" else record
    where = NAME if wrong == "elsewhere" else f"_doorward.{NAME}"
    names.put(where, "TXT", f'"{said}"')
    with pytest.raises(HostUnknown):
        hosts.check(brand.id, NAME, actor=CONSOLE, now=timezone.now())
    assert look(brand).hosts == ()


# --- who may ask ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_brands_alone_has_nothing_asked_and_nothing_confirmed(brand, names):
    theo = staff(BRANDS)
    names.put(f"_doorward.{NAME}", "TXT", f'"{host_confirmation.record(NAME)}"')
    browser = staff_browser(theo)
    assert "Check now" not in browser.get(f"/brands/{brand.id}/").content.decode()
    answer = browser.post(f"/brands/{brand.id}/check/", {"host": NAME})
    assert answer.status_code == 422
    with pytest.raises(protection.ProtectionRefused):
        hosts.check(brand.id, NAME, actor=people.actor(theo), now=timezone.now())
    assert names.asked == []
    assert look(brand).hosts == ()
    assert {event.details["tab"] for event in people.events(ACCESS_REFUSED)} == {"administrators"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["localhost", "elsewhere.example", "", "169.254.169.254", PUBLIC])
def test_only_names_of_the_brand_are_asked(brand, names, name):
    nora = staff(BRANDS, ADMINISTRATORS)
    answer = staff_browser(nora).post(f"/brands/{brand.id}/check/", {"host": name})
    assert answer.status_code == 404
    assert names.asked == []


@pytest.mark.django_db
def test_one_at_a_time(brand, names):
    assert host_confirmation._ONE.acquire(blocking=False)
    try:
        nora = staff(BRANDS, ADMINISTRATORS)
        answer = staff_browser(nora).post(f"/brands/{brand.id}/check/", {"host": NAME})
    finally:
        host_confirmation._ONE.release()
    assert answer.status_code == 429
    assert names.asked == []


@pytest.mark.django_db
def test_the_operator_confirms_at_the_console(brand):
    # In this process: `main` would set Django up once more.
    run = CliRunner()
    listed = run.invoke(main, ["brands", "list", "--json"])
    assert listed.exit_code == 0, listed.output
    assert '"state": "unconfirmed"' in listed.output
    assert run.invoke(main, ["brands", "confirm", NAME.upper()]).exit_code == 0
    assert look(brand).hosts == (NAME,)
    unknown = run.invoke(main, ["brands", "confirm", "elsewhere.example"])
    assert unknown.exit_code == 1
    assert "No brand has the host name elsewhere.example." in unknown.output
    [event] = people.events(PROTECTION_LOWERED)
    assert event.actor_type == "operator"


# --- who answers ----------------------------------------------------------------------------------


@contextmanager
def answering(port, reply):
    """Listen on a port; `reply(connection, path)` says what whoever asks is told. Gives the paths asked for."""
    paths: list[str] = []
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.settimeout(0.1)

        def serve():
            while not ended.is_set():
                try:
                    connection, _address = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    request = connection.recv(4096).decode("latin-1")
                    paths.append([*request.split(" "), ""][1])
                    try:
                        reply(connection, paths[-1])
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield paths
        finally:
            ended.set()
            thread.join()


def said(status, body, *headers):
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def other(connection, _path):
    connection.sendall(said("200 OK", b"<h1>Welcome</h1>"))


def echo(connection, path):
    connection.sendall(said("200 OK", path.rpartition("/")[2].encode()))


def redirect(connection, path):
    connection.sendall(said("302 Found", b"", f"Location: http://{PUBLIC}{path}"))


def right_and_more(connection, _path):
    connection.sendall(said("200 OK", host_confirmation._answer(NAME).encode() + b"x" * 10_000))


def right_with_another_status(connection, _path):
    connection.sendall(said("404 Not Found", host_confirmation._answer(NAME).encode()))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "reply", [other, echo, redirect, right_and_more, right_with_another_status]
)
def test_who_answers_otherwise_is_somebody_else(brand, names, port, reply):
    names.put(NAME, "A", "127.0.0.1")
    with answering(port, reply) as paths, pytest.raises(HostIsAnothers):
        hosts.check(brand.id, NAME, actor=CONSOLE, now=timezone.now())
    # Nothing was followed, and nothing tried twice.
    assert paths == [f"{host_confirmation.PATH}{host_confirmation.token(NAME)}"]
    assert [one for one in names.asked if one[1] == "A"] == [(NAME, "A")]
    assert look(brand).hosts == ()


def nothing(connection, _path):
    connection.recv(1)


def no_http(connection, _path):
    connection.sendall(b"220 mail.example ESMTP\r\n")


def endless_head(connection, _path):
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 5000)


DROPS: list[int] = []


def by_drops(connection, _path):
    DROPS.clear()
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n" + b"X-A: b\r\n" * 50:
        connection.sendall(bytes([byte]))
        DROPS.append(byte)
        threading.Event().wait(0.05)


@pytest.mark.django_db
@pytest.mark.parametrize("reply", [nothing, no_http, endless_head, by_drops])
def test_who_does_not_answer_in_time_holds_nobody(brand, names, port, monkeypatch, reply):
    monkeypatch.setattr(host_confirmation, "_HTTP_SECONDS", 1.0)
    names.put(NAME, "A", "127.0.0.1")
    with answering(port, reply), pytest.raises(HostSilent):
        hosts.check(brand.id, NAME, actor=CONSOLE, now=timezone.now())
    assert host_confirmation._ONE.acquire(blocking=False)
    host_confirmation._ONE.release()
    # A second has room for twenty; who is not cut off takes 440.
    assert len(DROPS) < 200


@pytest.mark.django_db
def test_without_a_certificate_for_the_name_it_is_not_confirmed(brand, names, port, settings):
    settings.DOORWARD = settings.DOORWARD.model_copy(
        update={"public_url": f"https://{PUBLIC}:{port}"}
    )
    names.put(NAME, "A", "127.0.0.1")
    with answering(port, other), pytest.raises(HostNotConfirmed):
        hosts.check(brand.id, NAME, actor=CONSOLE, now=timezone.now())


INSIDE = [
    ("A", "127.0.0.1"),
    ("A", "10.0.0.7"),
    ("A", "172.16.5.4"),
    ("A", "192.168.1.1"),
    ("A", "169.254.169.254"),
    ("A", "100.64.0.1"),
    ("A", "0.0.0.0"),
    ("A", "255.255.255.255"),
    ("A", "224.0.0.1"),
    ("A", "192.0.2.1"),
    ("A", "240.0.0.1"),
    ("AAAA", "::1"),
    ("AAAA", "::"),
    ("AAAA", "::ffff:127.0.0.1"),
    ("AAAA", "::127.0.0.1"),
    ("AAAA", "64:ff9b::7f00:1"),
    ("AAAA", "2002:7f00:1::"),
    ("AAAA", "2001::7f00:1"),
    ("AAAA", "fe80::1"),
    ("AAAA", "fd00::1"),
    ("AAAA", "ff02::1"),
    ("AAAA", "2001:db8::1"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "address"), INSIDE)
def test_nobody_inside_is_asked(brand, names, port, settings, kind, address):
    settings.DOORWARD = settings.DOORWARD.model_copy(update={"private_hosts": False})
    names.put(NAME, kind, address)
    with answering(port, echo) as paths, pytest.raises(HostPrivate):
        hosts.check(brand.id, NAME, actor=CONSOLE, now=timezone.now())
    assert paths == []


def test_who_is_outside():
    assert all(map(is_public, ("1.1.1.1", "8.8.8.8", "2606:4700::1111")))
    assert not any(is_public(address) for _kind, address in INSIDE)
    assert not any(map(is_public, ("", "localhost", "1.1.1.1.1", "fe80::1%eth0")))


@pytest.mark.django_db
def test_a_name_that_nobody_knows_is_told_as_such(brand, names):
    nora = staff(BRANDS, ADMINISTRATORS)
    answer = staff_browser(nora).post(f"/brands/{brand.id}/check/", {"host": NAME})
    assert answer.status_code == 422
    assert "DNS has no address for this name yet" in answer.content.decode()
    assert read(brand).confirmed_hosts == {}
