"""The inside of a portal under test: a process with the server's own settings and database.

The browser's tests live in a process that must not touch the server's data by itself: it has the
settings of the other tests. So they ask this one, which `portal.Inside` starts: one line of JSON
in (a name of `DEEDS` and its arguments), one line out.
"""

from __future__ import annotations

import json
import sys
from base64 import b32encode
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from doorward.accounts import services
from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE, WORKER
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.credentials.models import Factor, RecoveryCode, SetUp
from doorward.credentials.recovery_codes import codes as recovery_codes_codes
from doorward.customers import own_tabs
from doorward.customers.models import Brand, Customer
from doorward.kernel.models import Attempt
from doorward.policy import fields, versions
from doorward.rollout.events import REMINDED
from doorward.rollout.models import RunState
from doorward.sessions.models import Session
from doorward.signin import mailbox
from doorward.signin.models import MailboxProof
from doorward.web.http.cookies import BROWSER
from tests.browser import world
from tests.kit import applications, browsers, people, policies, recovering
from tests.kit import codes as kit_codes
from tests.kit.ticks import run_of

if TYPE_CHECKING:
    from collections.abc import Callable

# Columns of a session that say when something was; `age_session` moves them into the past.
_MOMENTS = ("created_at", "seen_at", "signed_in_at", "password_at", "factor_at", "recovery_at")


# What copies of an event do not share with it.
_OF_ONE_EVENT = frozenset({"id", "public_id", "batch"})


def _person(email: str) -> Administrator:
    return people.again(services.find_by_email(email))


def make_customer(name: str, *, policy: dict[str, Any] | None = None, **columns: Any) -> str:
    """Add a customer, with this policy of its own (by key, as a form has it); return its name."""
    customer = people.make_customer(name, **columns)
    if policy:
        policies.ask(customer.id, **asdict(fields.read(policy)))
    return customer.name


def provider() -> str:
    """Return the name of the provider's own customer."""
    return people.provider().name


def make_brand(name: str, host: str) -> str:
    """Add a brand with a host name of its own, which was confirmed; return its id."""
    confirmed = {host: timezone.now().isoformat()}
    made = Brand.objects.create(name=name, issuer=name, hosts=[host], confirmed_hosts=confirmed)
    return made.id.hex


def make_tab(title: str) -> str:
    """Add a tab of the provider's own; return its id."""
    details = own_tabs.TabDetails(title=title, url="https://reports.example/")
    return own_tabs.add("", details, actor=CONSOLE).id.hex


def make_application(key: str, *, url: str = "", **details: Any) -> dict[str, str]:
    """Let the application of a new tab sign people in; return its client id, and its secret where it has one.

    `url`: where the tab leads.
    """
    made = applications.make_application(key, **details)
    if url:
        own_tabs.change(made.tab_id, own_tabs.TabDetails(title=key.title(), url=url), actor=CONSOLE)
    secret = applications.make_secret(made) if made.client_type == "confidential" else ""
    return {"client_id": made.client_id, "secret": secret}


def give_tab(email: str, key: str) -> None:
    """Give a person the right to a tab."""
    applications.give_tab(_person(email), key)


def customer_id(name: str) -> str:
    """Return the id of a customer."""
    return Customer.objects.get(name=name).id.hex


def make_person(customer: str, email: str, **rest: Any) -> None:
    """Add somebody active; `rest` as `people.make_administrator` has it."""
    found = Customer.objects.select_related("brand").get(name=customer)
    people.make_administrator(found, email=email, **rest)


def wave_waits(customer: str) -> None:
    """Require two factors of everybody at a customer in waves, of which the second waits."""
    found, now = Customer.objects.get(name=customer), timezone.now()
    begun, day = now - timedelta(days=12), (now + timedelta(days=18)).date()
    policies.require(found.id, since=begun, from_day=day, waves=True)
    policy = versions.policy_of_customer(found.id)
    pause = {"since": begun, "wave": 2, "stuck": 6, "people": 7, "paused_at": now}
    policy.pauses().create(customer_id=found.id, **pause)
    versions.refresh(policy, now=now)


def remind(email: str) -> None:
    """Have somebody mailed that they are to set it up: as if their day came nearer."""
    details = {"day": (timezone.now() + timedelta(days=7)).isoformat()}
    with transaction.atomic():
        record(REMINDED, actor=WORKER, subject=_person(email).who(), details=details)


def stopped_run(email: str, who: list[str]) -> None:
    """Have two factors required of these, by somebody, and stopped before the first of them."""
    run_of(_person(email), *map(_person, who), state=RunState.STOPPED)


def rename_table(old: str, new: str) -> None:
    """Rename a table: away for a moment, everything that needs it breaks."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")


def change_person(email: str, **columns: Any) -> None:
    """Write columns of a person as they are."""
    Administrator.objects.everywhere().filter(email=email).update(**columns)


def require(email: str, *, actor: str = "", ticked: bool = True) -> None:
    """Tick *Required 2FA* at a person, by a colleague or at the console."""
    person = _person(email)
    services.change(
        person.id,
        services.Change(require_2fa=ticked),
        customer_id=person.customer_id,
        actor=people.actor(_person(actor)) if actor else CONSOLE,
        now=timezone.now(),
    )


def enable_app(email: str, name: str = "Pixel 9") -> str:
    """Return a person an authenticator app; return its secret in Base32."""
    return b32encode(kit_codes.enable_app(_person(email), name=name)).decode()


def recovery_codes(email: str) -> list[str]:
    """Return a person a confirmed set of recovery codes."""
    person, now = _person(email), timezone.now()
    recovery_codes_codes.make(person, now=now)
    codes = recovery_codes_codes.unsaved(person.id)
    recovery_codes_codes.confirm_saved(
        administrator_id=person.id, actor=people.actor(person), now=now
    )
    return codes


def forget_used_codes(email: str) -> None:
    """Let the person's apps forget which codes were used: as if two minutes had gone by."""
    Factor.objects.filter(administrator=_person(email)).update(last_step=0)


def forget_failures(email: str) -> None:
    """End all waiting of a person: as if an hour had gone by."""
    mine = Factor.objects.filter(administrator=_person(email))
    mine.update(known_wait_until=0, unknown_wait_until=0)
    Attempt.objects.update(wait_until=0)


def long_ago(email: str) -> None:
    """Let a person have been there for a month, with all that they have."""
    recovering.long_ago(_person(email))


def cookies(email: str) -> dict[str, str]:
    """Sign a person in over the real pages; return what the browser would have kept."""
    jar = browsers.sign_in(world.browser(), _person(email)).cookies
    names = (settings.SESSION_COOKIE_NAME, BROWSER)
    return {name: jar[name].value for name in names}


def half_way(email: str, password: str) -> dict[str, str]:
    """Return the cookies of a browser in which only the password was given."""
    client = world.browser()
    answer = client.post("/sign-in/", {"email": email, "password": password})
    assert answer.status_code == 303, answer.content.decode()
    name = settings.SESSION_COOKIE_NAME
    return {name: client.cookies[name].value}


def age_sessions(email: str, minutes: float) -> int:
    """Move a person's sessions so far into the past; return how many."""
    actor = timedelta(minutes=minutes)
    rows = list(Session.objects.filter(administrator=_person(email)))
    for row in rows:
        for name in _MOMENTS:
            if (moment := getattr(row, name)) is not None:
                setattr(row, name, moment - actor)
        row.save()
    return len(rows)


def devices(email: str) -> list[str]:
    """Return of a person's sessions that have a device's key, how far they are: `key`, or `bound`."""
    rows = Session.objects.filter(administrator=_person(email)).exclude(device_key="")
    return ["bound" if row.bound_at else "key" for row in rows]


def age_devices(email: str, minutes: float) -> None:
    """Move what a person's devices brought and got into the past."""
    for row in Session.objects.filter(administrator=_person(email), bound_at__isnull=False):
        for name in ("bound_at", "bound_until", "bound_before_until"):
            if (moment := getattr(row, name)) is not None:
                setattr(row, name, moment - timedelta(minutes=minutes))
        row.save(update_fields=["bound_at", "bound_until", "bound_before_until"])


def age_set_up(email: str, minutes: float) -> None:
    """Move the time at which a secret was shown into the past."""
    rows = SetUp.objects.filter(session__administrator=_person(email))
    for row in rows:
        row.shown_at -= timedelta(minutes=minutes)
        row.save()


def age_mailbox(email: str, minutes: float) -> None:
    """Move the time at which a mailbox code was sent into the past."""
    for row in MailboxProof.objects.filter(session__administrator=_person(email)):
        row.created_at -= timedelta(minutes=minutes)
        row.save()


def mailbox_code(email: str) -> str:
    """Return the newest code that was mailed to verify a mailbox."""
    proofs = MailboxProof.objects.filter(session__administrator=_person(email))
    return mailbox.code_of(proofs.latest("created_at"))


def state(email: str) -> dict[str, Any]:
    """Return what a test looks at of a person."""
    person = _person(email)
    codes = RecoveryCode.objects.filter(set__administrator=person, used_at__isnull=True)
    return {
        "email": person.email,
        "status": person.status,
        "require_2fa": person.require_2fa,
        "factors": Factor.objects.filter(administrator=person).count(),
        "codes": codes.count(),
        "set_ups": SetUp.objects.filter(session__administrator=person).count(),
        "sessions": Session.objects.filter(administrator=person, ended_at__isnull=True).count(),
        "password_due": person.password_due,
    }


def events(email: str) -> list[str]:
    """Return the types of the events that are about a person, oldest first."""
    rows = Event.objects.filter(subject_id=_person(email).id)
    return list(rows.order_by("id").values_list("type", flat=True))


def many_events(email: str, number: int) -> None:
    """Write many events about somebody, each as the first one of theirs, as if they were sealed."""
    first = Event.objects.filter(subject_id=_person(email).id).values().first()
    assert first
    copied = {name: value for name, value in first.items() if name not in _OF_ONE_EVENT}
    Event.objects.bulk_create(
        [Event(public_id=uuid4(), batch=0, **copied) for _ in range(number)], batch_size=1000
    )


def change_brand(**columns: Any) -> None:
    """Write columns of the default brand as they are."""
    Brand.objects.filter(is_default=True).update(**columns)


def _written(value: object) -> str:
    return json.dumps(value, default=str)


_OWN = (
    make_customer,
    provider,
    make_brand,
    make_tab,
    make_application,
    give_tab,
    customer_id,
    make_person,
    change_person,
    require,
    enable_app,
    recovery_codes,
    forget_used_codes,
    forget_failures,
    long_ago,
    cookies,
    half_way,
    age_sessions,
    devices,
    age_devices,
    age_set_up,
    age_mailbox,
    mailbox_code,
    state,
    events,
    many_events,
    change_brand,
    rename_table,
    wave_waits,
    remind,
    stopped_run,
)
DEEDS: dict[str, Callable[..., Any]] = {one.__name__: one for one in _OWN} | {"world": world.make}


def main() -> None:
    """Answer line by line, until nobody asks any more."""
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever else prints must not be taken for one
    for line in sys.stdin:
        name, given = json.loads(line)
        people.forget_caches()
        try:
            answer = {"done": DEEDS[name](**given)}
        except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
            answer = {"failed": f"{type(error).__name__}: {error}"}
        answers.write(_written(answer) + "\n")
        answers.flush()
