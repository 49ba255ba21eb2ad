"""What this tab says of people: their tabs, their mail, what is asked of them and how they stand with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from markupsafe import Markup

from doorward.accounts.models import Status
from doorward.customers import tabs
from doorward.customers.tab_titles import titles_of
from doorward.directory.state import State
from doorward.policy.rules import RequiredBy, is_required
from doorward.web.kit.tags import Tag
from doorward.web.kit.times import day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from doorward.policy.rules import Policy


def mail_tag(problem: str) -> Tag | None:
    """Say that mail does not arrive; None: it does, as far as we know."""
    return Tag(_("Mail refused"), "bad", "mail-x") if problem else None


def taken_over_tag() -> Tag:
    """Say that an app came from another system, and was not proved here yet."""
    return Tag(_("Taken over"), "", "file-input")


def domain_tag(email: str) -> Tag | None:
    """Say that the letters of an e-mail's domain mislead: such a one is kept as the name system has it."""
    if "xn--" not in email.rpartition("@")[2]:
        return None
    return Tag(_("Misleading domain"), "warn", "triangle-alert")


def exception_tag(until: datetime | None) -> Tag | None:
    """Say that an exception from the policy runs for somebody; None: there is none."""
    if until is None:
        return None
    text = _("Exception until %(day)s") % {"day": day(until).striptags()}
    return Tag(text, "warn", "calendar-clock")


def tabs_text(keys: frozenset[str], titles: Mapping[str, str]) -> str:
    """Name somebody's tabs by the titles of all that there are, in order; 'All tabs' where none is missing."""
    mine = [title for key, title in titles.items() if key in keys]
    if mine and len(mine) == len(titles):
        return _("All tabs")
    return ", ".join(mine) or _("No tabs")


def tab_help(key: str) -> str:
    """Say what the right to a tab means where its name does not."""
    sentences = {
        tabs.ADMINISTRATORS: _("Can add people and require 2FA"),
        tabs.ACTIVITY: _("Can see what everybody did"),
    }
    return sentences.get(key, "")


def about_requirement(  # noqa: PLR0913 - all that the sentence depends on
    name: str,
    state: State,
    *,
    policy: Policy,
    status: Status,
    ticked: bool,
    not_for_us: frozenset[str],
    of_provider: bool,
    now: datetime,
) -> str:
    """Say in a sentence or two how somebody stands with *Required 2FA*; `of_provider`: they are the provider's own."""
    how = _how_they_stand(
        name,
        state,
        required=is_required(ticked=ticked, held=policy.held),
        status=status,
        until=policy.grace_until if policy.in_grace(now) and not ticked else None,
    )
    if not policy.held:
        return how
    why = _why_held(policy, not_for_us, of_provider=of_provider)
    return Markup("{} {}").format(why, how)


def about_newcomer(
    policy: Policy, not_for_us: frozenset[str], *, of_provider: bool, now: datetime
) -> str:
    """Say when somebody who is added will be asked for *Required 2FA*, and why where it is held for them."""
    when = Markup(_("Asked for at the first sign-in, before anything else can be seen."))  # noqa: S704 - a text of ours
    if not policy.held:
        return when
    if policy.in_grace(now):
        text = Markup(_("They have to set it up by %(day)s."))  # noqa: S704 - a text of ours
        when = text % {"day": day(policy.grace_until)}
    why = _why_held(policy, not_for_us, of_provider=of_provider)
    return Markup("{} {}").format(why, when)


def _how_they_stand(
    name: str, state: State, *, required: bool, status: Status, until: datetime | None
) -> Markup:
    match state:
        case State.ON:
            if required:
                text = _("%(name)s uses two-factor sign-in and cannot turn it off.")
            else:
                text = _("%(name)s uses two-factor sign-in and can turn it off.")
        case State.LOCKED:
            text = _(
                "The device of %(name)s is disabled, by wrong codes or because it was lost. "
                "%(name)s can still sign in with a recovery code."
            )
        case _ if not required:
            text = _("%(name)s signs in with a password alone.")
        case _ if until:
            text = _("%(name)s has not set it up yet and has to by %(day)s.")
        case _ if status is Status.ACTIVE:
            text = _("%(name)s has not set it up yet and will be asked to at the next click.")
        case _:
            text = _("%(name)s has not set it up yet and will be asked to at the first sign-in.")
    return Markup(text) % {"name": name, "day": day(until)}  # noqa: S704 - a text of ours


def _why_held(policy: Policy, not_for_us: frozenset[str], *, of_provider: bool) -> str:
    by_provider = {RequiredBy.MINIMUM_CUSTOMER, RequiredBy.MINIMUM_BRAND} & set(policy.required_by)
    if not policy.scope.everyone:
        titles = titles_of(policy.scope.tabs, without=not_for_us)
        return _why_held_by_tabs(titles, by_provider=bool(by_provider))
    if of_provider:
        # Whoever of them asks for it.
        return _("It is required of everybody at the provider, so it cannot be unticked.")
    if by_provider:
        return _("The provider requires it of everybody here, so it cannot be unticked.")
    return _("The account's policy requires it of everybody, so it cannot be unticked.")


def _why_held_by_tabs(titles: str, *, by_provider: bool) -> str:
    if by_provider:
        text = _(
            "The provider requires it of everybody who may use %(tabs)s, so it cannot be unticked."
        )
    else:
        text = _(
            "The account's policy requires it of everybody who may use %(tabs)s, so it cannot be unticked."
        )
    return text % {"tabs": titles or _("a tab")}
