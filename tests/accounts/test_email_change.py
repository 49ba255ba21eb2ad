"""Changing an e-mail: confirmed at the new address, agreed or waited for at the old one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from doorward.accounts import email_change, mailed_links
from doorward.accounts.account import locked
from doorward.accounts.errors import EmailTaken, LinkExpired, LinkInvalid
from doorward.accounts.events import EMAIL_CHANGE_ASKED, EMAIL_CHANGE_STOPPED, INVITATION_SENT
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose, MailedLink, Status
from doorward.audit.actor import ClientInfo
from doorward.kernel.errors import EmailInvalid, Refusal
from doorward.sessions import issuing
from doorward.sessions.models import Session
from tests.accounts.changing import change, refuses_field
from tests.kit import people
from tests.kit.email_changes import ask_email
from tests.kit.waiting import until

NEW = "sam@newbakery.example"


def ask(person, actor, email=NEW):
    return ask_email(person, email, actor=people.actor(actor), now=timezone.now())


def token(person, purpose):
    link = MailedLink.objects.filter(administrator=person, purpose=purpose).latest("created_at")
    return mailed_links.path(link).split("/")[-2]


def answer(person, purpose, *, stop=False, later=timedelta(), session_id=None):
    return email_change.answer(
        token=token(person, purpose),
        stop=stop,
        client=ClientInfo(),
        session_id=session_id,
        now=timezone.now() + later,
    )


def email_of(person):
    return people.again(person).email


def test_one_s_own_change_holds_once_the_new_address_confirms(owner):
    assert ask(owner, owner)
    assert email_of(owner) == owner.email
    assert not people.again(owner).email_confirmed
    assert answer(owner, LinkPurpose.EMAIL_NEW)
    changed = people.again(owner)
    assert (changed.email, changed.email_folded) == (NEW, NEW)
    assert changed.email_confirmed
    assert email_change.pending(owner.id, now=timezone.now()) is None


def test_asking_tells_both_addresses_and_names_both_links(owner, colleague):
    ask(colleague, owner)
    event = people.events(EMAIL_CHANGE_ASKED)[0]
    made = {link.purpose: str(link.id) for link in MailedLink.objects.all()}
    assert event.details["new_link"] == made["email_new"]
    assert event.details["old_link"] == made["email_old"]
    assert event.details["by_colleague"] is True
    assert (event.actor_id, event.subject_id) == (owner.id, colleague.id)


def test_a_colleague_s_change_waits_for_the_old_address(owner, colleague):
    ask(colleague, owner)
    assert not answer(colleague, LinkPurpose.EMAIL_NEW)
    assert email_of(colleague) == colleague.email
    assert answer(colleague, LinkPurpose.EMAIL_OLD)
    assert email_of(colleague) == NEW


def test_the_old_address_alone_is_not_enough(owner, colleague):
    ask(colleague, owner)
    assert not answer(colleague, LinkPurpose.EMAIL_OLD)
    assert email_of(colleague) == colleague.email
    assert answer(colleague, LinkPurpose.EMAIL_NEW)


def test_without_a_veto_it_holds_after_a_day(owner, colleague):
    now = timezone.now()
    ask(colleague, owner)
    answer(colleague, LinkPurpose.EMAIL_NEW)
    assert email_change.apply_due(now=now + timedelta(hours=23, minutes=59)) == 0
    assert email_change.apply_due(now=now + timedelta(hours=24, minutes=1)) == 1
    assert email_of(colleague) == NEW
    assert email_change.apply_due(now=now + timedelta(days=2)) == 0


def test_an_address_that_was_never_confirmed_never_holds(owner, colleague):
    ask(colleague, owner)
    answer(colleague, LinkPurpose.EMAIL_OLD)
    assert email_change.apply_due(now=timezone.now() + timedelta(days=6)) == 0
    assert email_of(colleague) == colleague.email


@pytest.mark.parametrize("purpose", [LinkPurpose.EMAIL_OLD, LinkPurpose.EMAIL_NEW])
def test_either_address_stops_it_for_good(owner, colleague, purpose):
    ask(colleague, owner)
    other = LinkPurpose.EMAIL_NEW if purpose == LinkPurpose.EMAIL_OLD else LinkPurpose.EMAIL_OLD
    assert not answer(colleague, purpose, stop=True)
    with pytest.raises(LinkInvalid):
        answer(colleague, other)
    assert email_change.apply_due(now=timezone.now() + timedelta(days=2)) == 0
    assert email_of(colleague) == colleague.email
    assert people.events(EMAIL_CHANGE_STOPPED)[0].subject_id == colleague.id


def test_the_links_work_once_and_for_an_hour(owner):
    ask(owner, owner)
    with pytest.raises(LinkExpired):
        answer(owner, LinkPurpose.EMAIL_NEW, later=timedelta(minutes=61))
    assert email_change.pending(owner.id, now=timezone.now() + timedelta(minutes=59)) is not None
    assert email_change.pending(owner.id, now=timezone.now() + timedelta(minutes=61)) is None
    answer(owner, LinkPurpose.EMAIL_NEW)
    with pytest.raises(Refusal):
        answer(owner, LinkPurpose.EMAIL_NEW)


def test_a_colleague_s_change_is_shown_until_its_day_is_over_once_it_is_confirmed(owner, colleague):
    ask(colleague, owner)
    with pytest.raises(LinkExpired):
        answer(colleague, LinkPurpose.EMAIL_NEW, later=timedelta(minutes=61))
    answer(colleague, LinkPurpose.EMAIL_NEW)
    later = timezone.now() + timedelta(hours=23)
    assert email_change.pending(colleague.id, now=later) is not None
    assert answer(colleague, LinkPurpose.EMAIL_OLD, later=timedelta(hours=23))


def test_a_new_wish_replaces_the_one_before(owner):
    ask(owner, owner)
    first = token(owner, LinkPurpose.EMAIL_NEW)
    ask(owner, owner, "other@newbakery.example")
    with pytest.raises(LinkInvalid):
        email_change.answer(
            token=first, stop=False, client=ClientInfo(), session_id=None, now=timezone.now()
        )
    answer(owner, LinkPurpose.EMAIL_NEW)
    assert email_of(owner) == "other@newbakery.example"
    assert EmailChange.objects.filter(closed_at=None).count() == 0


def test_all_other_sessions_and_all_links_end(owner):
    now = timezone.now()
    kept = issuing.begin(owner, actor=people.actor(owner), now=now, password_at=now)
    issuing.begin(owner, actor=people.actor(owner), now=now, password_at=now)
    reset = mailed_links.make(LinkPurpose.RESET, administrator_id=owner.id, now=now)
    ask(owner, owner)
    answer(owner, LinkPurpose.EMAIL_NEW, session_id=kept.session_id)
    open_ = Session.objects.filter(administrator=owner, ended_at=None)
    assert [session.id for session in open_] == [kept.session_id]
    assert MailedLink.objects.get(id=reset.id).revoked_at is not None


def test_no_password_link_goes_to_the_new_address_before_it_holds(owner, colleague):
    ask(colleague, owner)
    answer(colleague, LinkPurpose.EMAIL_NEW)
    assert email_of(colleague) == colleague.email


@pytest.mark.parametrize(
    "email", ["", "sam", "sam@", "sam@new\nbakery.example", "x" * 260 + "@a.example"]
)
def test_what_is_no_address_is_refused(owner, colleague, email):
    with refuses_field(EmailInvalid):
        change(colleague, owner, email=email)


def test_another_s_address_is_refused_also_in_other_letters(owner, outsider):
    with pytest.raises(EmailTaken):
        ask(owner, owner, outsider.email.upper())


def test_the_same_address_again_asks_for_nothing(owner):
    assert not ask(owner, owner, f" {owner.email} ")
    assert not EmailChange.objects.exists()


def test_other_letter_case_is_a_change_like_any_other(owner):
    assert ask(owner, owner, "Ines.Moreau@harbourbakery.example")
    assert answer(owner, LinkPurpose.EMAIL_NEW)
    assert email_of(owner) == "Ines.Moreau@harbourbakery.example"


def test_for_somebody_invited_it_holds_at_once_and_the_invitation_goes_there(owner):
    person = people.invite(owner.customer)
    first = token(person, LinkPurpose.INVITATION)
    assert ask(person, owner)
    assert email_of(person) == NEW
    assert not people.again(person).email_confirmed
    with pytest.raises(LinkInvalid):
        mailed_links.find(first, purposes=(LinkPurpose.INVITATION,), now=timezone.now())
    assert len(people.events(INVITATION_SENT)) == 2


def test_somebody_removed_meanwhile_gets_no_new_address(owner, colleague):
    ask(colleague, owner)
    answer(colleague, LinkPurpose.EMAIL_NEW)
    Administrator.objects.of(owner.customer_id).filter(id=colleague.id).update(
        status=Status.REMOVED, email_folded="removed"
    )
    assert email_change.apply_due(now=timezone.now() + timedelta(days=2)) == 0
    assert email_of(colleague) == colleague.email


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["by-time", "by-answer"])
def test_who_applies_a_change_takes_the_person_first(owner, colleague, way):
    """As *This was not me* does: in another order, the two would wait for each other."""
    ask(colleague, owner)
    answer(colleague, LinkPurpose.EMAIL_NEW)
    later = timezone.now() + timedelta(hours=25)
    calls = {
        "by-time": lambda: email_change.apply_due(now=later),
        "by-answer": lambda: answer(colleague, LinkPurpose.EMAIL_OLD),
    }
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            locked(colleague.id)
            applying = pool.submit(in_a_thread, calls[way])
            until(somebody_waits)
            # It waits for the person, and holds nothing of theirs meanwhile.
            EmailChange.objects.select_for_update(nowait=True).get(administrator=colleague)
            list(MailedLink.objects.select_for_update(nowait=True).filter(administrator=colleague))
        assert applying.result(timeout=30)
    assert email_of(colleague) == NEW


def in_a_thread(call):
    try:
        return call()
    finally:
        connection.close()


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] == 1
