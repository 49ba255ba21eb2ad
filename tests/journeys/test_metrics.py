"""What a monitor is told: of whom nothing, of what everything, and only with the token."""

from __future__ import annotations

import subprocess
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

import doorward
from doorward.accounts.models import Administrator
from doorward.audit import sealing
from doorward.audit.models import Event
from doorward.directory import adoption_sums
from doorward.kernel import heartbeat
from doorward.kernel.metrics import declared
from doorward.kernel.metrics.declared import ALL, ELSEWHERE, FILES, NOWHERE, ROOMS, WITH, Kind
from doorward.kernel.ratelimit import rules as waits
from doorward.notifications.models import Delivery
from doorward.notifications.worker import run_once
from doorward.operations import readings
from doorward.policy.rules import FactorKind
from doorward.sessions.errors import StaleRequest
from doorward.web.http import gate, rooms
from tests.kit import browsers, codes, monitor, passkeys, people
from tests.kit.monitor import TOKEN, number, numbers, told, with_token
from tests.kit.softkey import SoftKey
from tests.whole.routes import walk
from tests.whole.test_plans import Plans

pytestmark = pytest.mark.usefixtures("customer")

SIGN_INS = "doorward_sign_ins_total"
MOST_QUESTIONS = 10


def test_without_a_token_set_there_are_no_numbers(client):
    for sent in ({}, {"Authorization": "Bearer "}):
        assert client.get("/metrics", headers=sent).status_code == 404


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer ", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer é"]
)
def test_numbers_want_the_token(client, owner, sent):
    with with_token():
        answer = client.get("/metrics", headers={"Authorization": sent})
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="metrics"'
        assert b"doorward_" not in answer.content
        signed_in = browsers.browser_of(owner)
        assert signed_in.get("/metrics").status_code == 401


# --- whatever happens -----------------------------------------------------------------------------


def enter_password(client, person):
    """Sign in as far as the second step."""
    form = {"email": person.email, "password": people.PASSWORD, "next": ""}
    assert client.post("/sign-in/", form).status_code == 303


def busy(owner, colleague):
    """Have people come in by every way, be refused, wait, and get lost."""
    secret = codes.enable_app(owner)
    key = passkeys.add(owner)
    client = Client(HTTP_USER_AGENT=people.CHROME)
    client.post("/sign-in/", {"email": owner.email, "password": "wrong", "next": ""})
    enter_password(client, owner)
    wrong = "000000" if codes.code(secret) != "000000" else "111111"
    for _ in range(waits.FREE + 2):
        client.post("/sign-in/code/", {"code": wrong})
    passkeys.sign_in(Client(HTTP_USER_AGENT=people.CHROME), key)
    passkeys.sign_in(Client(HTTP_USER_AGENT=people.CHROME), SoftKey(rp_id="localhost"))
    inside = browsers.browser_of(colleague)
    for path in ("/", "/security/", "/administrators/", "/nowhere/", "/static/nothing.css"):
        inside.get(path)
    inside.post("/profile/", {})
    run_once(timezone.now())


@pytest.mark.django_db(transaction=True)
def test_labels_have_only_the_values_that_are_declared(owner, colleague):
    busy(owner, colleague)
    allowed = {metric.name: metric.labels for metric in ALL}
    text = told(Client())
    for name, labels, _value in monitor.samples(text):
        metric = name
        for end in ("_bucket", "_count", "_sum"):
            metric = metric if metric in allowed else name.removesuffix(end)
        closed = {
            **allowed[metric],
            "version": (doorward.__version__,),
            "le": (*map(str, map(float, declared.REQUEST_SECONDS.buckets)), "+Inf"),
        }
        assert all(value in closed[label] for label, value in labels.items()), (name, labels)
        assert set(labels) - {"le"} == set(allowed[metric])
    for person in (owner, colleague):
        for private in (person.email, person.first_name, person.customer.name, str(person.id)):
            assert private not in text
    assert "127.0.0.1" not in text


@pytest.mark.django_db(transaction=True)
def test_sign_ins_are_counted_by_what_let_in_and_how_they_ended(owner, colleague, client):
    busy(owner, colleague)
    seen = {
        (labels["outcome"], labels["factor"]): value
        for name, labels, value in monitor.samples(told(client))
        if name == SIGN_INS and value
    }
    assert seen == {
        ("failed", "password"): 1,
        ("failed", "app"): waits.FREE,
        ("waiting", "app"): 2,
        ("succeeded", "passkey"): 1,
        ("failed", "passkey"): 1,
        ("succeeded", "password"): 1,
    }


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_that_is_taken_back_is_none(owner, client, monkeypatch):
    codes.enable_app(owner)
    enter_password(client, owner)

    def stale(*_given, **_named):
        raise StaleRequest

    monkeypatch.setattr("doorward.signin.second_step.step_up", stale)
    client.post("/sign-in/code/", {"code": codes.next_code(owner)})
    assert sum(numbers(client, SIGN_INS, outcome="succeeded")) == 0


@pytest.mark.django_db(transaction=True)
def test_a_factor_that_is_guessed_at_until_it_is_locked_is_counted(owner, client):
    codes.enable_app(owner)
    owner.factors.update(failures_in_a_row=waits.DISABLE_AT - 1)
    enter_password(client, owner)
    client.post("/sign-in/code/", {"code": "no code"})
    assert number(client, "doorward_factors_locked_total") == 1


def test_requests_are_counted_by_room_and_answer(client, owner):
    inside = browsers.browser_of(owner)
    inside.get("/security/")
    inside.get("/security/")
    client.get("/nowhere/")
    client.get("/static/nothing.css")
    client.post("/healthz")
    assert number(client, "doorward_requests_total", room="security", outcome="answered") == 2
    assert number(client, "doorward_requests_total", room=NOWHERE, outcome="refused") == 1
    assert number(client, "doorward_requests_total", room=FILES, outcome="refused") == 1
    assert number(client, "doorward_requests_total", room="machines", outcome="refused") == 1
    counted = number(client, "doorward_request_seconds_count", room="security")
    last = number(client, "doorward_request_seconds_bucket", room="security", le="+Inf")
    assert counted == last == 2
    assert number(client, "doorward_request_seconds_sum", room="security") > 0


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "answered"),
        (303, "answered"),
        (404, "refused"),
        (422, "refused"),
        (429, "waiting"),
        (500, "failed"),
        (503, "failed"),
    ],
)
def test_how_it_was_answered_is_told_by_the_status(status, outcome):
    assert rooms.outcome_of(status) == outcome


def test_every_view_has_a_room():
    found = {rooms._room(route.view) for route in walk()}
    # The page of a demonstration's mail, which nobody watches, stands apart.
    assert found == {*ROOMS} - {FILES, NOWHERE}, found ^ {*ROOMS}
    assert ELSEWHERE in found


def test_all_that_lets_in_is_declared():
    assert {*FactorKind, gate.TRUSTED, "recovery_code", "password", "mailbox"} == {*WITH}


# --- how things are -------------------------------------------------------------------------------


def test_few_questions_are_asked_and_none_reads_a_large_table(client, owner):
    browsers.browser_of(owner).get("/")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plans = Plans()
    with connection.execute_wrapper(plans):
        told(client)
    # An index that has nothing but what waits is read in its order.
    bad = [one for one in plans.bad if "USING INDEX event_waiting" not in one]
    assert not bad, "\n\n".join(bad)
    assert len(plans.asked) <= MOST_QUESTIONS, "\n".join(plans.asked)


def test_who_asks_again_at_once_is_told_the_same(client, owner, django_assert_num_queries):
    told(client)
    Event.rewritable.all().delete()
    with with_token(), django_assert_num_queries(0):
        client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})


def test_mails_and_events_that_wait_are_told(client, owner, clock):
    browsers.browser_of(owner).get("/")
    before = timezone.now() - timedelta(seconds=90)
    for state in ("due", "given_up", "given_up", "sent"):
        Delivery.objects.create(
            event_id=Delivery.objects.count(),
            administrator_id=owner.id,
            template="x",
            address=owner.email,
            state=state,
            next_at=before,
        )
    assert number(client, "doorward_deliveries", state="due") == 1
    assert number(client, "doorward_deliveries", state="given_up") == 2
    assert number(client, "doorward_oldest_due_seconds") == 90
    assert number(client, "doorward_events_waiting") == Event.objects.count()


def test_an_event_that_nobody_was_told_of_yet_is_late_too(client, owner, clock):
    browsers.browser_of(owner).get("/")
    assert not Delivery.objects.exists()
    clock.shift(timedelta(seconds=110))
    assert number(client, "doorward_oldest_due_seconds") == 110
    run_once(timezone.now())
    assert number(client, "doorward_oldest_due_seconds") == 0


def test_a_worker_that_stands_still_or_ends_no_round_is_seen(client, clock):
    assert number(client, "doorward_worker_running") == 0
    assert numbers(client, "doorward_worker_silent_seconds") == []
    assert numbers(client, "doorward_worker_round_age_seconds") == []
    people.worker_beats()
    heartbeat.beat(heartbeat.ROUND, now=timezone.now() - timedelta(minutes=20))
    assert number(client, "doorward_worker_running") == 1
    assert number(client, "doorward_worker_round_age_seconds") == 1200
    clock.shift(timedelta(seconds=50))
    assert number(client, "doorward_worker_running") == 0
    assert number(client, "doorward_worker_silent_seconds") == 50


def test_history_that_is_not_sealed_is_seen(client, owner, clock):
    assert numbers(client, "doorward_history_seal_age_seconds") == []
    browsers.browser_of(owner).get("/")
    Event.rewritable.update(at=timezone.now())
    clock.shift(timedelta(minutes=7))
    assert number(client, "doorward_history_unsealed_seconds") >= 420
    sealing.seal(now=timezone.now())
    clock.shift(timedelta(seconds=30))
    assert number(client, "doorward_history_unsealed_seconds") == 0
    assert number(client, "doorward_history_seal_age_seconds") == 30


def test_sessions_are_open_while_they_are_used(client, owner, colleague, clock):
    inside = browsers.browser_of(owner)
    inside.get("/")
    browsers.browser_of(colleague).get("/")
    assert number(client, "doorward_sessions_open") == 2
    clock.shift(timedelta(minutes=61))
    assert number(client, "doorward_sessions_open") == 0


def test_people_and_customers_are_told_from_sums(client, owner, colleague):
    codes.enable_app(owner)
    adoption_sums.note_all(now=timezone.now())
    adoption_sums.fold(now=timezone.now())
    everybody = Administrator.objects.everywhere().count()
    assert sum(numbers(client, "doorward_people")) == everybody
    assert number(client, "doorward_people", factor="app") == 1
    assert number(client, "doorward_customers", status="active") == 2
    assert number(client, "doorward_customers", status="closed") == 0


def test_factors_that_are_disabled_just_now_are_told(client, owner):
    codes.enable_app(owner)
    assert number(client, "doorward_factors_locked") == 0
    people.disable_apps(owner)
    readings.forget()
    assert number(client, "doorward_factors_locked") == 1


def test_the_disk_and_the_version_are_told(client):
    assert number(client, "doorward_disk_free_bytes") > 0
    assert number(client, "doorward_disk_size_bytes") > 0
    assert number(client, "doorward_info", version=doorward.__version__) == 1


def test_a_database_that_does_not_answer_is_told_and_what_was_counted_too(client, owner):
    client.get("/nowhere/")
    told(client)

    def gone(*_given):
        raise OperationalError("gone")

    with connection.execute_wrapper(gone):
        assert number(client, "doorward_database_up") == 0
        assert numbers(client, "doorward_sessions_open") == []
        assert number(client, "doorward_requests_total", room=NOWHERE, outcome="refused") == 1
    assert number(client, "doorward_database_up") == 1
    assert 0 < number(client, "doorward_database_seconds") < 10


# --- as Prometheus reads it -----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_prometheus_own_tool_finds_nothing_to_say(owner, colleague):
    busy(owner, colleague)
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=told(Client()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_names_end_as_the_conventions_say():
    for metric in ALL:
        assert metric.name.startswith("doorward_")
        assert metric.name.endswith("_total") is (metric.kind is Kind.COUNTER), metric.name
        assert metric.help.endswith(".")
