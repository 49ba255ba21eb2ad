"""One person's page, made from rows and from what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from doorward.accounts import email_change, exceptions, invitations, undelivered
from doorward.accounts.models import Administrator, Status
from doorward.accounts.required_of import policy_of
from doorward.applications import signed_in_where
from doorward.customers.cached import not_for
from doorward.customers.rights import is_allowed
from doorward.customers.tabs import ADMINISTRATORS
from doorward.directory.people import Factors, factors_of
from doorward.permissions.actions import Action
from doorward.policy.rules import is_required
from doorward.sessions import queries
from doorward.web.administrators.pages import Pending, PersonPage, Question
from doorward.web.administrators.person_fields import change_fields
from doorward.web.administrators.person_words import about_requirement, taken_over_tag
from doorward.web.administrators.read_only_parts import lock, locked_parts
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.likeness import domain_warning
from doorward.web.kit.tags import factor_tags, status_tag

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.web.administrators.forms import ChangeForm
    from doorward.web.http.requests import Request
    from doorward.web.kit.fields import Field
    from doorward.web.kit.forms import Wrong


def person_page(
    request: Request,
    person: Administrator,
    form: ChangeForm,
    found: Wrong,
    *,
    question: Question | None = None,
) -> PersonPage:
    """Make the page of the form as it stands; `found`: what was wrong with it."""
    status, factors = Status(person.status), factors_of([person.id]).get(person.id, Factors())
    policy = policy_of(person, now=request.now)
    state = factors.state(required=policy.required, kinds=policy.kinds)
    last_signed_in, browsers = queries.summary(person.id, policy=policy, now=request.now)
    is_me, pending = person.id == signed_in(request).id, _pending(request, person)
    locked = locked_parts(request)
    invited_until = _invited_until(request, person)
    unsent = status is Status.INVITED and invited_until is None
    return PersonPage(
        id=person.id,
        name=person.full_name,
        email=person.email,
        status=status,
        status_tag=status_tag(status),
        factors=factor_tags(
            state,
            factors,
            required=policy.required,
            status=status,
            until=policy.grace_until if policy.in_grace(request.now) else None,
        ),
        taken_over=taken_over_tag() if factors.taken_over else None,
        last_signed_in=last_signed_in,
        is_me=is_me,
        fields=lock(_fields(request, person, form, found, factors=factors), locked),
        kept_tabs=_kept_tabs(person, is_me=is_me, locked=locked),
        locked=locked,
        kept_tick="require_2fa" in locked and person.require_2fa,
        may_change=_may_change(request, person),
        pending=pending,
        browsers=browsers,
        applications=signed_in_where.titles_of(person, policy=policy, now=request.now)
        if browsers
        else (),
        email_warning=_warning(person, pending),
        asked_at=invitations.asked_at(person) if status is Status.INVITED else None,
        mail_refused=undelivered.in_words(person.email, person.mail_problem),
        invited_until=invited_until,
        never_invited=unsent and not invitations.was_sent(person),
        may_be_excepted=exceptions.why_not(person, actor=acting(request), now=request.now) is None,
        excepted_until=policy.excepted_until,
        wrong=found,
        question=question,
    )


def _may_change(request: Request, person: Administrator) -> bool:
    """Return whether this is nobody who sees more customers than who looks; the gate has asked the rest."""
    me = signed_in(request)
    if not me.is_staff or me.scope.is_all:
        return True
    actor = acting(request)
    return is_allowed(actor, Action.CHANGE_PERSON, person.customer_id, subject=person.id)


def _kept_tabs(person: Administrator, *, is_me: bool, locked: frozenset[str]) -> tuple[str, ...]:
    """Return the rights that the form sends whatever is ticked."""
    if "tabs" in locked:
        return tuple(sorted(person.tab_keys))
    return (ADMINISTRATORS,) if is_me else ()


def question_for(person: Administrator, *, removing: bool) -> Question:
    """Say what will happen, to whom, and whether it can be undone."""
    name = {"name": person.full_name}
    if removing:
        return Question(
            status=Status.REMOVED.value,
            title=_("Remove %(name)s?") % name,
            text=_(
                "%(name)s is signed out everywhere at once and loses all access to this "
                "portal. This cannot be undone: to come back, %(name)s has to be added "
                "again. The history stays."
            )
            % name,
            verb=_("Remove"),
        )
    return Question(
        status=Status.SUSPENDED.value,
        title=_("Suspend %(name)s?") % name,
        text=_(
            "%(name)s is signed out everywhere at once and cannot sign in. "
            "Nothing is deleted, and you can restore the account at any time."
        )
        % name,
        verb=_("Suspend"),
    )


def _fields(
    request: Request,
    person: Administrator,
    form: ChangeForm,
    found: Wrong,
    *,
    factors: Factors,
) -> dict[str, Field]:
    policy, me = policy_of(person, now=request.now), signed_in(request)
    required = is_required(ticked=form.require_2fa, held=policy.held)
    about = about_requirement(
        person.full_name,
        factors.state(required=required, kinds=policy.kinds),
        policy=policy,
        status=Status(person.status),
        ticked=form.require_2fa,
        not_for_us=not_for(me.brand_id, me.customer_id),
        of_provider=me.is_staff,
        now=request.now,
    )
    return change_fields(form, found, me=me, person=person, held=policy.held, about=about)


def _invited_until(request: Request, person: Administrator) -> datetime | None:
    invited = person.status == Status.INVITED
    return invitations.open_until(person, now=request.now) if invited else None


def _warning(person: Administrator, pending: Pending | None) -> str:
    """Say what misleads about the e-mail that somebody has, or is to have."""
    emails = [pending.email] if pending else []
    said = (
        domain_warning(email, customer_id=person.customer_id, besides=person.id)
        for email in (*emails, person.email)
    )
    return next(filter(None, said), "")


def _pending(request: Request, person: Administrator) -> Pending | None:
    if person.status == Status.INVITED:  # whose e-mail changes at once
        return None
    change = email_change.pending(person.id, now=request.now)
    if change is None:
        return None
    waits = change.not_before is not None and change.agreed_at is None
    return Pending(
        email=change.email,
        confirmed=change.confirmed_at is not None,
        not_before=change.not_before if waits else None,
    )
