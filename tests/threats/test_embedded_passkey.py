"""The portal's page inside somebody else's: what a browser answers there is refused, wherever it is given."""

from __future__ import annotations

import pytest

from doorward.audit.events import Outcome
from doorward.audit.models import Event
from doorward.credentials.models import Factor
from doorward.sessions.models import Session
from tests.kit import browsers, passkeys
from tests.kit.passkeys import ORIGIN
from tests.kit.softkey import SoftKey
from tests.threats.proofs import (
    HOST,
    PASSKEY,
    PASSKEY_SIGN_IN,
    WAYS,
    Person,
    Way,
    asserted,
    with_new_device,
)

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

INSIDE = {
    "another site": {"crossOrigin": True},
    "another site, named": {"crossOrigin": True, "topOrigin": "https://evil.example"},
    "a page that says it is ours": {"topOrigin": ORIGIN},
}
ANSWERED = [way for way in WAYS if way.reaches in {PASSKEY, PASSKEY_SIGN_IN}]


def refused() -> list[str]:
    """Return the reasons of everything that was not let through."""
    failed = Event.objects.filter(outcome=Outcome.FAILED).order_by("id")
    return [event.details["reason"] for event in failed]


@pytest.mark.parametrize("data", INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("way", ANSWERED, ids=str)
def test_an_answer_from_inside_is_refused(owner, way: Way, data):
    person = Person(owner)
    way.arrive(person)
    before = set(Session.objects.values_list("id", "token_hash", "factor_at"))
    factors = set(Factor.objects.values_list("id", "last_used_at"))
    show = asserted(f"{way.path}passkey/", data=data)
    if way.route == "security/new-phone/":
        show = with_new_device(show)
    answer = person.post(way.path, show(person))
    assert answer.status_code == 422
    assert refused() == ["passkey_embedded"]
    assert set(Session.objects.values_list("id", "token_hash", "factor_at")) == before
    assert set(Factor.objects.values_list("id", "last_used_at")) == factors


@pytest.mark.parametrize("data", INSIDE.values(), ids=INSIDE)
def test_none_is_made_from_inside(owner, data):
    client = browsers.browser_of(owner)
    client.defaults["HTTP_HOST"] = HOST
    asked = passkeys.options(client, "/security/2fa/passkey/")
    answer = SoftKey().create(asked, ORIGIN, data=data)
    assert client.post("/security/2fa/enable/", {"credential": answer}).status_code == 422
    assert refused() == ["passkey_embedded"]
    assert not Factor.objects.exists()
