"""A form in which a field is missing is none of ours: 422, and nothing is changed. Decision 0042 has the exceptions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.accounts import first_link, mailed_links
from doorward.accounts.errors import UnknownAction
from doorward.accounts.models import Administrator, LinkPurpose, PasswordDue, Status
from doorward.audit.actor import CONSOLE
from doorward.customers import own_tabs
from doorward.customers.models import Brand
from doorward.kernel.text.cleaning import safe_next
from doorward.recovery.models import RecoveryRequest, Way
from doorward.sessions import issuing
from doorward.web.http.gate import INCOMPLETE
from tests.kit import browsers, codes
from tests.kit import people as kit_people
from tests.whole.routes import OF_APPLICATIONS, walk
from tests.whole.rows import state

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

pytestmark = pytest.mark.one_database

POLICY = (
    *("seen", "from", "newcomer_days", "session_hours", "idle_minutes", "trust_days"),
    *("recovery_by", "recovery_wait_hours", "support_access"),
)
# Of each form the fields that must be there; ticks and marks in a list may be absent.
FORMS: dict[str, tuple[str, ...]] = {
    "sign-in/": ("email", "password"),
    "sign-in/code/": ("code",),
    "sign-in/clock/": ("first", "second"),
    "sign-in/help/wait/": ("code",),
    "sign-in/pass/": ("pass",),
    "administrators/<uuid:person_id>/help/": ("how",),
    "requests/<uuid:request_id>/who/": ("was_them",),
    "sign-in/take-back/": ("code",),
    "sign-in/recovery/": ("code",),
    "sign-in/mailbox/": ("code",),
    "sign-in/set-up/": ("code",),
    "sign-in/password/": ("password",),
    "prove/": ("password",),
    "prove/clock/": ("first", "second"),
    "password/forgot/": ("email",),
    "password/reset/": ("password",),
    "first/": ("email", "first_name", "last_name", "password"),
    "invitation/": ("password",),
    "not-me/": ("password",),
    "rescue/": ("password",),
    "language/": ("language",),
    "profile/": ("first_name", "last_name", "phone", "email", "language", "time_zone"),
    "profile/password/": ("current", "password"),
    "profile/second-address/": ("second_email",),
    "security/lost/": ("email", "password"),
    "security/2fa/disable/": ("code",),
    "security/factors/<uuid:factor_id>/": ("name",),
    "security/new-phone/": ("code", "device"),
    "security/sessions/end/": ("session",),
    "security/trusted-browsers/end/": ("browser",),
    "administrators/": ("action",),
    "administrators/add/": ("email", "first_name", "last_name", "phone"),
    "administrators/<uuid:person_id>/": ("email", "first_name", "last_name", "phone", "status"),
    "account/": POLICY,
    "account/policy/rehearsal/": POLICY,
    "account/policy/withdraw/": ("version",),
    "account/evidence/": ("first_day", "last_day"),
    "customers/add/": ("name", "brand"),
    "customers/import/": ("kind", "customer"),
    "brands/<uuid:brand_id>/check/": ("host",),
    "brands/<uuid:brand_id>/contact/<slug:slug>/": ("support_email", "support_hours", "legal_url"),
    "brands/<uuid:brand_id>/logo/": ("kind",),
    "tabs/<uuid:tab_id>/application/try/": ("email",),
    "tabs/<uuid:tab_id>/site/try/": ("email",),
    "tabs/<uuid:tab_id>/application/": ("client_type", "redirect_uris", "required_acr", "keys"),
    "tabs/<uuid:tab_id>/site/": ("origin", "required_acr"),
    "tabs/<uuid:tab_id>/move/": ("before",),
    "tabs/<uuid:tab_id>/words/<slug:slug>/": ("title", "description"),
    "customers/<uuid:customer_id>/": ("name", "brand", "status"),
    "support/caller-check/": ("code",),
    "customers/<uuid:customer_id>/delete/": ("typed",),
    "customers/<uuid:customer_id>/notes/": ("text",),
    "customers/<uuid:customer_id>/caller-check/": ("email",),
    "customers/<uuid:customer_id>/help/": ("email",),
    "customers/<uuid:customer_id>/manage/": ("reason",),
    "customers/<uuid:customer_id>/help/<uuid:person_id>/": ("how",),
    "customers/<uuid:customer_id>/caller-check/<uuid:check_id>/": ("code",),
    "customers/<uuid:customer_id>/invite/": ("email", "first_name", "last_name"),
    "customers/<uuid:customer_id>/minimum/": POLICY,
    "customers/<uuid:customer_id>/minimum/rehearsal/": POLICY,
    "customers/<uuid:customer_id>/minimum/withdraw/": ("version",),
    "brands/add/": ("name", "issuer", "hosts", "accent", "support_email", "support_phone"),
    "brands/<uuid:brand_id>/": ("support_url", "support_hours", "email_from", "name", "legal_url"),
    "brands/<uuid:brand_id>/minimum/": POLICY,
    "brands/<uuid:brand_id>/minimum/rehearsal/": POLICY,
    "brands/<uuid:brand_id>/minimum/withdraw/": ("version",),
    "tabs/add/": ("key", "title", "description", "url", "icon", "audience"),
    "tabs/<uuid:tab_id>/": ("title", "description", "url", "audience", "customers"),
}
SAY_MORE = {"administrators/": UnknownAction.sentence}
# A code is never kept, so a form that waited for its proof comes without: the window is shown again.
ASK_ANEW = ("security/2fa/enable/", "security/2fa/add/", "security/new-phone/add/")
# Whoever posts here has said all, or ticks boxes; a file that is missing is no picture.
NO_FIELDS = {
    "customers/import/<uuid:import_id>/",
    *(
        f"customers/import/<uuid:import_id>/{what}/"
        for what in ("begin", "stop", "go-on", "invite", "discard")
    ),
    "account/waves/",
    *("customers/<uuid:customer_id>/minimum/waves/", "brands/<uuid:brand_id>/minimum/waves/"),
    *("account/adoption/mail/", "customers/adoption/mail/"),
    *(f"administrators/require/runs/<uuid:run_id>/{what}/" for what in ("stop", "go-on")),
    *("sign-in/recovery-codes/", "sign-out/", "session/stay/", "e-mail/confirm/"),
    *("second-address/confirm/", "security/lost/device/"),
    *("sign-in/passkey/", "sign-in/code/passkey/", "sign-in/set-up/passkey/", "prove/passkey/"),
    "sign-in/take-back/passkey/",
    "veto/",
    "managing/leave/",
    *(f"managing/<uuid:managing_id>/{what}/" for what in ("agree", "end", "no-changes")),
    *(f"customers/<uuid:customer_id>/manage/{what}/" for what in ("begin", "take-back")),
    "customers/<uuid:customer_id>/requests/<uuid:request_id>/",
    *(
        f"customers/<uuid:customer_id>/{what}/"
        for what in ("undelete", "notes/<uuid:note_id>/remove")
    ),
    *(f"requests/<uuid:request_id>/{what}" for what in ("", "agree/", "pass/")),
    "security/new-phone/passkey/",
    *("security/2fa/passkey/", "security/2fa/disable/passkey/", "security/recovery-codes/"),
    *("tabs/<uuid:tab_id>/remove/", "administrators/require/"),
    *("tabs/<uuid:tab_id>/application/remove/", "tabs/<uuid:tab_id>/application/secret/"),
    "tabs/<uuid:tab_id>/application/secret/<uuid:secret_id>/remove/",
    "tabs/<uuid:tab_id>/site/remove/",
    "oidc/logout/confirm/",
    *(
        f"administrators/<uuid:person_id>/{what}/"
        for what in ("password-link", "resend-invitation", "revoke-invitation", "end-sessions")
    ),
}
STEPS = {"sign-in/recovery-codes/text/"}


@pytest.fixture
def staff(db: None) -> Administrator:
    """Return somebody of the provider who may do everything."""
    tabs = kit_people.ALL_TABS | {"customers", "brands", "tabs", "manage"}
    return kit_people.make_administrator(kit_people.provider(), tabs=tabs)


def half_way(person: Administrator, **proved: Any) -> Client:
    """Return a browser with the password verified, and what else is said."""
    now = timezone.now()
    actor = kit_people.actor(person)
    started = issuing.begin(person, actor=actor, now=now, **({"password_at": now} | proved))
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = started.token
    return client


def by_link(person: Administrator, purpose: LinkPurpose, page: str) -> Client:
    link = mailed_links.make(purpose, administrator_id=person.id, now=timezone.now())
    client = Client()
    assert client.get(mailed_links.path(link))["Location"] == f"/{page}"
    return client


def first_of_all(person: Administrator) -> Client:
    """Return a browser with the link of a first start: nobody of the provider is there any more."""
    rows = Administrator.objects.of(person.customer_id)
    rows.update(status=Status.REMOVED, added_at=timezone.now() - timedelta(hours=1))
    client = Client()
    address = first_link.renew(actor=CONSOLE, now=timezone.now())
    assert client.get(urlsplit(address).path)["Location"] == "/first/"
    return client


def with_app(person: Administrator) -> Client:
    codes.enable_app(person)
    return half_way(person)


def required(person: Administrator, **proved: Any) -> Client:
    people = Administrator.objects.of(person.customer_id).filter(id=person.id)
    people.update(require_2fa=True)
    return half_way(person, **proved)


def due(person: Administrator) -> Client:
    people = Administrator.objects.of(person.customer_id).filter(id=person.id)
    people.update(password_due=PasswordDue.NOT_ME)
    return half_way(person)


def through_with_app(person: Administrator) -> Client:
    codes.enable_app(person)
    return browsers.browser_of_with_factor(person)


BROWSERS: dict[str, Callable[[Administrator], Client]] = {
    "sign-in/": lambda _: Client(),
    "sign-in/code/": with_app,
    "sign-in/clock/": with_app,
    "sign-in/help/wait/": with_app,
    "sign-in/pass/": with_app,
    "sign-in/take-back/": with_app,
    "sign-in/recovery/": with_app,
    "sign-in/mailbox/": required,
    "sign-in/set-up/": lambda person: required(person, mailbox_at=timezone.now()),
    "sign-in/password/": due,
    "prove/clock/": through_with_app,
    "password/forgot/": lambda _: Client(),
    "security/lost/": lambda _: Client(),
    "password/reset/": lambda person: by_link(person, LinkPurpose.RESET, "password/reset/"),
    "first/": first_of_all,
    "invitation/": lambda person: by_link(
        kit_people.invite(person.customer), LinkPurpose.INVITATION, "invitation/"
    ),
    "rescue/": lambda person: by_link(person, LinkPurpose.RESCUE, "rescue/"),
    "not-me/": lambda person: by_link(person, LinkPurpose.NOT_ME, "not-me/"),
    "security/2fa/disable/": through_with_app,
    "security/factors/<uuid:factor_id>/": through_with_app,
    "security/2fa/add/": through_with_app,
    "security/new-phone/": through_with_app,
    "security/new-phone/add/": through_with_app,
}


def _request(person: Administrator) -> UUID:
    made = RecoveryRequest.objects.create(
        administrator=person, way=Way.COLLEAGUE, second=True, asked_at=timezone.now()
    )
    return made.id


def address_of(pattern: str, person: Administrator) -> str:
    route = next(route for route in walk() if route.pattern == pattern)
    values: dict[str, Any] = {"person_id": person.id, "customer_id": person.customer_id}
    values["brand_id"], values["request_id"] = Brand.objects.get().id, _request(person)
    values["check_id"], values["slug"] = person.id, "de"
    values["factor_id"] = person.factors.values_list("id", flat=True).first()
    if "tab_id" in route.arguments:
        details = own_tabs.TabDetails(
            title="Billing", description="", url="https://billing.example/"
        )
        values["tab_id"] = own_tabs.add("billing", details, actor=CONSOLE).id
    return route.path(**{name: str(values[name]) for name in route.arguments})


@pytest.mark.parametrize("pattern", FORMS)
def test_each_field_has_to_be_there(staff: Administrator, pattern: str) -> None:
    client = BROWSERS.get(pattern, browsers.browser_signed_in_by_service)(staff)
    address = address_of(pattern, staff)
    before = state()
    for missing in FORMS[pattern]:
        sent = {name: "x" for name in FORMS[pattern] if name != missing}
        answer = client.post(address, sent)
        assert answer.status_code == 422, missing
        said = str(SAY_MORE.get(pattern, INCOMPLETE))
        assert said in answer.content.decode(), missing
    assert state() == before


@pytest.mark.parametrize("pattern", ASK_ANEW)
def test_where_a_code_is_missing_the_window_is_shown_anew(
    staff: Administrator, pattern: str
) -> None:
    client = BROWSERS.get(pattern, browsers.browser_signed_in_by_service)(staff)
    before = state()
    answer = client.post(f"/{pattern}", {"name": "My phone"})
    assert answer.status_code == 422
    assert 'value="My phone"' in answer.content.decode()
    assert state() == before


def test_where_somebody_was_heading_and_how_a_device_is_called_may_be_missing(
    owner: Administrator,
) -> None:
    form = {"email": owner.email, "password": kit_people.PASSWORD}
    client = Client()
    assert client.post("/sign-in/", form)["Location"] == "/"
    assert client.post("/prove/", {"password": kit_people.PASSWORD})["Location"] == "/"
    assert safe_next(client.post("/session/stay/")["Location"]) == "/"
    assert client.post("/language/", {"language": "de"})["Location"] == "/"


def test_every_form_is_here(staff: Administrator) -> None:
    client = browsers.browser_signed_in_by_service(staff)
    # What applications send is answered in their own words: tests/signon, tests/threats.
    here = {*FORMS, *ASK_ANEW, *NO_FIELDS, *STEPS, *OF_APPLICATIONS}
    walked = {route.pattern: route for route in walk()}
    assert here <= walked.keys()
    for pattern in walked.keys() - here:
        answer = client.post(walked[pattern].path())
        assert answer.status_code in {403, 404, 405}, f"{pattern} takes a form that is not here"
