"""A thief had the password for a while: what they left behind does nothing once the owner has set a new one."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.events import INVITATION_REVOKED
from doorward.accounts.models import LinkPurpose, MailedLink, Status
from doorward.audit.actor import ActorType
from tests.kit import browsers, codes, people
from tests.kit.email_changes import ask_email
from tests.threats.thief import THIEF, ask_for_new_email, enable, follow, path_of

pytestmark = pytest.mark.django_db


def reset(person):
    browser = Client()
    browser.post("/password/forgot/", {"email": person.email})
    people.answer_asked()
    follow(browser, path_of(person, LinkPurpose.RESET), {"password": people.OTHER_PASSWORD})
    return browser


def test_a_change_of_e_mail_on_its_way_does_not_outlive_a_reset(owner):
    ask_for_new_email(browsers.browser_of(owner), owner)
    confirm = path_of(owner, LinkPurpose.EMAIL_NEW)
    reset(owner)
    assert follow(Client(), confirm, {}).status_code == 422
    assert people.again(owner).email == owner.email


def test_nor_a_change_of_the_password(owner):
    ask_for_new_email(browsers.browser_of(owner), owner)
    confirm = path_of(owner, LinkPurpose.EMAIL_NEW)
    answer = browsers.browser_of(owner).post(
        "/profile/password/", {"current": people.PASSWORD, "password": people.OTHER_PASSWORD}
    )
    assert answer["Location"] == "/security/"
    assert follow(Client(), confirm, {}).status_code == 422
    assert people.again(owner).email == owner.email


def test_a_colleague_s_change_of_e_mail_outlives_it_and_keeps_its_veto(owner, colleague):
    ask_email(colleague, "sam@new.example", actor=people.actor(owner), now=timezone.now())
    reset(colleague)
    stop = path_of(colleague, LinkPurpose.EMAIL_OLD)
    assert follow(Client(), stop, {"stop": "on"}).status_code == 303


def test_a_reset_link_does_not_outlive_a_change_of_the_password(owner):
    Client().post("/password/forgot/", {"email": owner.email})
    people.answer_asked()
    link = path_of(owner, LinkPurpose.RESET)
    browsers.browser_of(owner).post(
        "/profile/password/", {"current": people.PASSWORD, "password": people.OTHER_PASSWORD}
    )
    answer = follow(Client(), link, {"password": "eleven candles in an empty barn"})
    assert answer.status_code == 422
    assert people.again(owner).check_password(people.OTHER_PASSWORD)


def taken_over(owner):
    """Enable 2FA as the thief, and move the account to the thief's mailbox."""
    thief = browsers.browser_of(owner)
    enable(thief)
    not_me = path_of(owner, LinkPurpose.NOT_ME)
    thief.get("/security/")
    thief.post("/sign-in/recovery-codes/", {"saved": "on"})
    ask_for_new_email(thief, owner)
    assert follow(thief, path_of(owner, LinkPurpose.EMAIL_NEW), {}).status_code == 303
    assert people.again(owner).email == THIEF
    return thief, not_me


def test_not_me_works_though_the_thief_invited_somebody_with_the_old_e_mail(owner):
    thief, not_me = taken_over(owner)
    fields = {
        "email": owner.email,
        "first_name": "Nobody",
        "last_name": "Atall",
        "phone": "",
    }
    assert thief.post("/administrators/add/", fields).status_code == 303
    answer = follow(Client(), not_me, {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303
    mine = people.again(owner)
    assert mine.email == owner.email
    assert mine.check_password(people.OTHER_PASSWORD)
    assert not mine.factors.exists()


@pytest.mark.parametrize("by", ["owner", "outsider"])
def test_nor_is_it_a_question_of_rights_who_invited_somebody_with_it(request, colleague, by):
    """Whoever is undoing a thief's doing has no right over people, and none at all at another company."""
    thief = browsers.browser_of(colleague)
    ask_for_new_email(thief, colleague)
    assert follow(thief, path_of(colleague, LinkPurpose.EMAIL_NEW), {}).status_code == 303
    not_me = path_of(colleague, LinkPurpose.NOT_ME)
    inviting = request.getfixturevalue(by)
    invited = people.invite(inviting.customer, email=colleague.email, name="Nobody Atall")
    answer = follow(Client(), not_me, {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303
    assert people.again(colleague).email == colleague.email
    assert people.again(invited).status == Status.REMOVED
    # The company that invited somebody is not told whose e-mail it is, nor from where they came.
    told = people.events(INVITATION_REVOKED, customer_id=inviting.customer_id)
    assert [(one.actor_type, one.actor_id, one.address, one.browser) for one in told] == [
        (ActorType.PORTAL, None, "", "")
    ]


def test_not_me_takes_no_e_mail_from_an_account_that_is_in_use(owner, customer):
    _thief, not_me = taken_over(owner)
    other = people.make_administrator(customer, email=owner.email, name="Other Person")
    answer = follow(Client(), not_me, {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303
    assert people.again(other).status == Status.ACTIVE
    assert people.again(other).email == owner.email
    assert not people.again(owner).factors.exists()


def test_moving_the_mailbox_first_leaves_the_old_one_a_way_back(owner):
    thief = browsers.browser_of(owner)
    ask_for_new_email(thief, owner)
    assert follow(thief, path_of(owner, LinkPurpose.EMAIL_NEW), {}).status_code == 303
    assert people.again(owner).email == THIEF
    not_me = path_of(owner, LinkPurpose.NOT_ME)
    enable(thief)
    answer = follow(Client(), not_me, {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303
    mine = people.again(owner)
    assert (mine.email, mine.factors.exists()) == (owner.email, False)
    assert mine.check_password(people.OTHER_PASSWORD)
    assert thief.get("/security/")["Location"].startswith("/sign-in/")


def test_where_a_factor_was_proved_for_it_the_old_mailbox_removes_none(owner):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    ask_for_new_email(browser, owner)
    assert follow(browser, path_of(owner, LinkPurpose.EMAIL_NEW), {}).status_code == 303
    assert not MailedLink.objects.filter(administrator=owner, purpose=LinkPurpose.NOT_ME).exists()


def test_the_thief_s_own_not_me_takes_nothing_from_the_owner(owner):
    """It names the thief's mailbox; what was mailed before, to the owner's, stays good."""
    thief = browsers.browser_of(owner)
    ask_for_new_email(thief, owner)
    assert follow(thief, path_of(owner, LinkPurpose.EMAIL_NEW), {}).status_code == 303
    mine = path_of(owner, LinkPurpose.NOT_ME)
    enable(thief)
    thiefs = path_of(owner, LinkPurpose.NOT_ME)
    assert thiefs != mine
    answer = follow(Client(), thiefs, {"password": "eleven candles in an empty barn"})
    assert answer.status_code == 303
    assert people.again(owner).email == THIEF
    answer = follow(Client(), mine, {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303
    back = people.again(owner)
    assert (back.email, back.factors.exists()) == (owner.email, False)
    assert back.check_password(people.OTHER_PASSWORD)
    assert follow(Client(), thiefs, {"password": "twelve candles in a barn"}).status_code == 422


def test_nor_does_a_second_move_of_the_mailbox(owner):
    thief = browsers.browser_of(owner)
    ask_for_new_email(thief, owner)
    assert follow(thief, path_of(owner, LinkPurpose.EMAIL_NEW), {}).status_code == 303
    mine = path_of(owner, LinkPurpose.NOT_ME)
    ask_for_new_email(thief, people.again(owner), "other.thief@elsewhere.example")
    assert follow(thief, path_of(owner, LinkPurpose.EMAIL_NEW), {}).status_code == 303
    thiefs = path_of(owner, LinkPurpose.NOT_ME)
    answer = follow(Client(), thiefs, {"password": "eleven candles in an empty barn"})
    assert answer.status_code == 303
    assert follow(Client(), mine, {"password": people.OTHER_PASSWORD}).status_code == 303
    assert people.again(owner).email == owner.email


def test_the_owner_s_ends_those_of_the_same_mailbox(owner):
    """Else what was mailed before would undo what the owner sets up next."""
    thief = browsers.browser_of(owner)
    enable(thief)
    first = path_of(owner, LinkPurpose.NOT_ME)
    people.again(owner).factors.all().delete()
    enable(browsers.browser_of(owner))
    second = path_of(owner, LinkPurpose.NOT_ME)
    assert follow(Client(), second, {"password": people.OTHER_PASSWORD}).status_code == 303
    answer = follow(Client(), first, {"password": "eleven candles in an empty barn"})
    assert answer.status_code == 422
