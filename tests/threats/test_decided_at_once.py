"""Colleagues decide about each other at the same moment: one of them wins, and history tells it in that order.

Thirty at once, on whichever database is tested; who helps whom must not depend on who was faster by a hair.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from django.db import transaction
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.events import (
    ADMINISTRATOR_REMOVED,
    ADMINISTRATOR_SUSPENDED,
    RIGHTS_CHANGED,
)
from doorward.accounts.models import Administrator, LinkPurpose, Status
from doorward.accounts.services import Change
from doorward.audit.actor import CONSOLE, ClientInfo
from doorward.credentials.events import RECOVERED
from doorward.credentials.models import USABLE, Factor
from doorward.kernel.errors import Refusal
from doorward.permissions.errors import NotAuthorised
from doorward.policy.fields import Kinds
from doorward.policy.rules import FactorKind
from doorward.recovery import lost_device
from doorward.recovery.errors import RequestOver
from doorward.recovery.events import HELP_AGREED, HELP_REFUSED, HELPED, PASS_USED
from doorward.recovery.models import RecoveryRequest, SetUpPass, State
from doorward.sessions.models import Session
from tests.accounts.changing import change_to
from tests.kit import codes, passkeys, people, policies
from tests.kit.factors import remove
from tests.kit.racing import at_once
from tests.kit.recovering import (
    agree,
    come_in,
    fetch,
    help_with,
    long_ago,
    refuse,
    second_helper,
    set_up_again,
    use,
)
from tests.threats.test_recovery import object_by_mail

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.audit.events import EventType

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 30
HOME = frozenset({"home"})
SUSPEND = Change(status=Status.SUSPENDED, confirmed=True)
REMOVE = Change(status=Status.REMOVED, confirmed=True)
UNTICK = Change(tabs=HOME)
Call = Any
Requests: TypeAlias = "tuple[RecoveryRequest, RecoveryRequest]"


@pytest.fixture
def ann(owner: Administrator) -> Administrator:
    """Return one who has the tab and an app, and has had both for long."""
    codes.enable_app(owner)
    long_ago(owner)
    return owner


@pytest.fixture
def ben(ann: Administrator) -> Administrator:
    return second_helper(ann, "Ben")


@pytest.fixture
def lost(ann: Administrator) -> Administrator:
    """Return somebody with the tab, so that help for them takes a second yes."""
    return second_helper(ann, "Ada")


def race(*calls: Callable[[], Any]) -> list[list[Any]]:
    """Run them thirty times in all, at once; return what each brought. Nothing but a refusal may come of it."""
    each = TIMES // len(calls)
    found = at_once([call for _ in range(each) for call in calls])
    errors = [one for one in found if isinstance(one, Exception)]
    assert all(isinstance(one, Refusal | NotAuthorised) for one in errors), errors
    return [found[place :: len(calls)] for place in range(len(calls))]


def changes(person: Administrator, wanted: Change, by: Administrator) -> Call:
    return partial(change_to, person, wanted, people.actor(by))


def ids(kind: EventType) -> list[int]:
    """Return the lines of history of what was done, oldest first."""
    return [one.id for one in people.events(kind)]


def state_of(request: RecoveryRequest) -> str:
    return RecoveryRequest.objects.get(id=request.id).state


def has_tab(person: Administrator) -> bool:
    again = people.again(person)
    return again.looks_after and again.status == Status.ACTIVE


# --- two who take each other's power ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [(SUSPEND, SUSPEND), (SUSPEND, UNTICK), (UNTICK, UNTICK), (REMOVE, SUSPEND), (REMOVE, UNTICK)],
    ids=["suspend suspend", "suspend untick", "untick untick", "remove suspend", "remove untick"],
)
def test_of_two_who_take_each_other_s_power_one_keeps_it(ann, ben, lost, first, second):
    race(changes(ben, first, ann), changes(ann, second, ben))
    assert has_tab(ann) != has_tab(ben)
    kinds = (ADMINISTRATOR_SUSPENDED, ADMINISTRATOR_REMOVED, RIGHTS_CHANGED)
    [event] = [one for kind in kinds for one in people.events(kind) if one.actor_id]
    assert event.actor_id == (ann if has_tab(ann) else ben).id
    assert has_tab(lost)


# --- two who help, refuse and agree with each other -------------------------------------------------


@pytest.fixture
def each_other(ann: Administrator, ben: Administrator, lost: Administrator) -> Requests:
    """Return what Ann asked for Ben, and what Ben asked for Ann; somebody else could agree to both."""
    return help_with(ben, ann).request, help_with(ann, ben).request


def test_of_two_who_help_each_other_one_is_helped(ann, ben, lost, each_other):
    """Whoever is helped first has no device any more, and helps nobody."""
    for request in each_other:
        agree(request, lost)
    race(partial(fetch, each_other[0], ann), partial(fetch, each_other[1], ben))
    [helped] = people.events(HELPED)
    [made] = SetUpPass.objects.all()
    assert made.administrator_id == helped.subject_id != helped.actor_id
    assert Factor.objects.filter(USABLE, administrator__in=(ann, ben)).count() == 1


def test_two_who_agree_to_each_others_request_agree_once_each(ann, ben, lost):
    """Each asked for somebody else, so that each is the second one of the other's: no hand has let the other in."""
    asked = help_with(lost, ann).request, help_with(second_helper(ann, "Tom"), ben).request
    race(partial(agree, asked[0], ben), partial(agree, asked[1], ann))
    assert [state_of(one) for one in asked] == [State.APPROVED] * 2
    assert len(ids(HELP_AGREED)) == 2


def test_two_who_refuse_each_other_by_page_and_by_mail_end_both(ann, ben, each_other):
    of_ben, of_ann = each_other
    race(
        partial(refuse, of_ben, ben),
        partial(refuse, of_ann, ann),
        partial(object_by_mail, ben),
        partial(object_by_mail, ann),
    )
    assert [state_of(one) for one in each_other] == [State.REFUSED] * 2
    assert len(ids(HELP_REFUSED)) == 2
    assert not SetUpPass.objects.exists()


@pytest.mark.parametrize("wanted", [SUSPEND, UNTICK], ids=["suspend", "untick"])
def test_who_suspends_the_other_and_who_objects_leave_no_pass(ann, ben, lost, each_other, wanted):
    """One takes the power of the other, who refuses what that one asked for: no order of the two lets anybody in."""
    of_ben, _ = each_other
    race(changes(ben, wanted, ann), partial(refuse, of_ben, ben), partial(fetch, of_ben, ann))
    assert not has_tab(ben)
    assert not SetUpPass.objects.exists()
    [taken_at] = ids(ADMINISTRATOR_SUSPENDED) + [
        one.id for one in people.events(RIGHTS_CHANGED) if one.actor_id
    ]
    refused = ids(HELP_REFUSED)
    assert all(id < taken_at for id in refused)
    assert state_of(of_ben) == (State.REFUSED if refused else State.OPEN)
    with pytest.raises((RequestOver, NotAuthorised)):
        agree(of_ben, lost)


# --- a request, and who decides on it ---------------------------------------------------------------


@pytest.mark.parametrize("wanted", [SUSPEND, REMOVE, UNTICK], ids=["suspend", "remove", "untick"])
@pytest.mark.parametrize("few", [False, True], ids=["half of each", "one yes among many"])
def test_who_loses_the_power_agrees_before_that_or_not_at_all(ann, ben, lost, wanted, few):
    """One yes among many comes late: it was let on, and waits for who takes the power away."""
    request, taken_away = help_with(lost, ann).request, changes(ben, wanted, lost)
    race(*[taken_away] * (TIMES - 1 if few else 1), partial(agree, request, ben))
    assert not has_tab(ben)
    kinds = (ADMINISTRATOR_SUSPENDED, ADMINISTRATOR_REMOVED, RIGHTS_CHANGED)
    [lost_at] = [id for kind in kinds for id in ids(kind)]
    agreed = ids(HELP_AGREED)
    assert len(agreed) <= 1
    assert all(id < lost_at for id in agreed)
    assert state_of(request) == (State.APPROVED if agreed else State.OPEN)


def test_who_is_suspended_is_helped_by_nobody_after_that(ann, ben, lost):
    request = help_with(lost, ann).request
    agree(request, ben)
    race(partial(fetch, request, ann), changes(lost, SUSPEND, ben))
    issued, [gone] = ids(HELPED), ids(ADMINISTRATOR_SUSPENDED)
    assert len(issued) <= 1
    assert all(id < gone for id in issued)
    assert not Session.objects.filter(administrator=lost, ended_at=None, pass_at__isnull=False)


def test_a_yes_and_an_objection_end_in_the_objection(ann, ben, lost):
    request = help_with(lost, ann).request
    third = second_helper(ann, "Tom")
    race(
        partial(agree, request, ben), partial(object_by_mail, lost), partial(refuse, request, third)
    )
    assert state_of(request) == State.REFUSED
    agreed, [refused] = ids(HELP_AGREED), ids(HELP_REFUSED)
    assert len(agreed) <= 1
    assert all(id < refused for id in agreed)
    assert not SetUpPass.objects.exists()


def test_an_objection_is_not_lost_to_a_suspension(ann, ben, lost):
    request = help_with(lost, ann).request
    race(partial(object_by_mail, lost), changes(lost, SUSPEND, ben))
    assert state_of(request) == State.REFUSED
    assert (len(ids(HELP_REFUSED)), len(ids(ADMINISTRATOR_SUSPENDED))) == (1, 1)


def test_two_who_agree_at_once_agree_once(ann, ben, lost):
    request = help_with(lost, ann).request
    yes, too = race(
        partial(agree, request, ben), partial(agree, request, second_helper(ann, "Tom"))
    )
    assert [one for one in yes + too if one is None] == [None]
    [event] = people.events(HELP_AGREED)
    assert RecoveryRequest.objects.get().approved_by_id == event.actor_id


def test_the_words_are_given_out_once(ann, ben, lost):
    request = help_with(lost, ann).request
    agree(request, ben)
    [found] = race(partial(fetch, request, ann))
    assert sum(isinstance(one, tuple) for one in found) == 1
    assert (SetUpPass.objects.count(), len(ids(HELPED))) == (1, 1)


def test_two_who_ask_at_once_ask_once(ann, ben, lost):
    race(partial(help_with, lost, ann), partial(help_with, lost, ben))
    assert RecoveryRequest.objects.count() == 1


# --- the pass ---------------------------------------------------------------------------------------


def test_a_pass_and_an_objection_leave_nobody_in(ann, ben, lost):
    request = help_with(lost, ann).request
    agree(request, ben)
    words = " ".join(fetch(request, ann))
    auths = [passkeys.begin(people.again(lost)) for _ in range(TIMES // 2)]
    calls: list[Call] = [partial(use, auth, words) for auth in auths]
    calls += [partial(object_by_mail, lost), partial(refuse, request, ben)] * 5
    at_once(calls)
    assert state_of(request) == State.REFUSED
    used, [refused] = ids(PASS_USED), ids(HELP_REFUSED)
    assert len(used) <= 1
    assert all(id < refused for id in used)
    version = people.again(lost).security_version
    rows = Session.objects.filter(administrator=lost, pass_at__isnull=False, ended_at=None)
    assert not rows.filter(security_version=version).exists()


def test_a_new_device_and_an_objection_leave_one_of_both(ann, ben, lost):
    """What is set up a moment before the objection goes with it."""
    request = help_with(lost, ann).request
    agree(request, ben)
    auth = come_in(lost, fetch(request, ann))
    calls: list[Call] = [partial(set_up_again, lost, auth)]
    at_once(calls + [partial(object_by_mail, lost)] * 5)
    assert state_of(request) in {State.REFUSED, State.DENIED}
    assert not Factor.objects.filter(USABLE, administrator=lost).exists()
    assert len(ids(RECOVERED)) == (state_of(request) == State.DENIED)


# --- the last who can help --------------------------------------------------------------------------


def parts_with_the_passkey(person: Administrator) -> Call:
    """Let somebody whom an exception spares for now remove their passkey."""
    rows = Factor.objects.filter(administrator=person)
    app, key = rows.get(kind=FactorKind.APP), rows.get(kind=FactorKind.PASSKEY)
    proved = {"factor_at": timezone.now(), "factor_id": app.id, "factor_kind": app.kind}
    return partial(remove, passkeys.begin(people.again(person), **proved), key)


def reports_a_lost_device(person: Administrator) -> Call:
    """Let somebody suspend all their devices by the mailed link. Nothing keeps an owner from that."""
    with transaction.atomic():
        link = mailed_links.make(LinkPurpose.LOST, administrator_id=person.id, now=timezone.now())
    chosen = [
        str(id) for id in Factor.objects.filter(administrator=person).values_list("id", flat=True)
    ]
    token = mailed_links.path(link).split("/")[-2]
    return partial(
        lost_device.suspend, token=token, chosen=chosen, client=ClientInfo(), now=timezone.now()
    )


def taken(wanted: Change) -> Callable[[Administrator], Call]:
    return lambda person: partial(change_to, person, wanted, CONSOLE)


LEAVES: dict[str, Callable[[Administrator], Call]] = {
    "suspended": taken(SUSPEND),
    "removed": taken(REMOVE),
    "without the tab": taken(UNTICK),
    "without the passkey": parts_with_the_passkey,
    "lost": reports_a_lost_device,
}


PAIRS = [*combinations_with_replacement(LEAVES, 2)]
# One of each kind in `make test`: a colleague's deeds share one door.
SHORT = [
    ("suspended", "suspended"),
    ("suspended", "without the tab"),
    ("removed", "without the passkey"),
    ("without the passkey", "without the passkey"),
    ("without the tab", "lost"),
    ("without the passkey", "lost"),
]


@pytest.mark.parametrize(
    ("first", "second"),
    [pytest.param(*one, marks=() if one in SHORT else pytest.mark.at_length) for one in PAIRS],
)
def test_of_the_last_two_who_can_help_one_stays(ann, ben, first, second):
    """Both have a passkey, which is asked for, and an app, with which nobody gets through."""
    passkeys.add(ann)
    passkeys.add(ben)
    policies.require(ann.customer_id, kinds=Kinds.PHISHING_RESISTANT)
    soon = timezone.now() + timedelta(days=3)
    Administrator.objects.of(ann.customer_id).update(excepted_until=soon)
    found = race(LEAVES[first](people.again(ann)), LEAVES[second](people.again(ben)))
    stay = [one for one in (ann, ben) if has_tab(one)]
    assert stay, found
    can = Factor.objects.filter(USABLE, administrator__in=stay, kind=FactorKind.PASSKEY)
    done = [any(not isinstance(one, Exception) for one in each) for each in found]
    if "lost" not in (first, second):
        assert can.exists(), found
        assert done.count(True) == 1, found
    elif first != second:
        # Whoever reports a loss is heard; the other way is refused where it comes second.
        assert done[(first, second).index("lost")], found
