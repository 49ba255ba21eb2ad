"""The state of a person, told of values and asked of rows: the same for any person, customer, filter and line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorward.accounts.models import ACTIVE_OR_INVITED, Administrator, MailProblem, Standing, Status
from doorward.credentials import standing
from doorward.credentials.models import Factor
from doorward.directory import people as directory_people
from doorward.directory import search_and_sort, state
from doorward.directory.counts import groups
from doorward.directory.search_and_sort import Sort, Wanted
from doorward.directory.state import ANY_STATUS, Attention, FactorFilter, Rule, State
from doorward.policy.fields import Kinds
from doorward.policy.rules import FactorKind
from doorward.policy.series import Scope
from tests.kit import people as kit_people
from tests.kit.rows import rolled_back

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
# A factor: of which kind, and whether wrong codes disabled it.
FACTORS = st.lists(st.tuples(st.sampled_from(list(FactorKind)), st.booleans()), max_size=3)
# How many days ago somebody signed in (None: never), and whether mail to them is refused.
SEEN = st.tuples(st.sampled_from([None, 0, 89, 90, 91]), st.booleans())
PEOPLE = st.lists(
    st.tuples(st.sampled_from(list(Status)), st.booleans(), st.booleans(), FACTORS, SEEN),
    min_size=3,
    max_size=3,
)
SCOPES = st.sampled_from([Scope(everyone=True), Scope(), Scope(tabs=frozenset({"billing", "pbx"}))])
RULES = st.builds(Rule, scope=SCOPES, kinds=st.sampled_from(list(Kinds)))
WANTED = st.builds(
    Wanted,
    status=st.sampled_from(["", ANY_STATUS, *Status.values]),
    factor=st.sampled_from(list(FactorFilter)),
    attention=st.sampled_from(list(Attention)),
    now=st.just(NOW),
    sort=st.sampled_from(list(Sort)),
    descending=st.booleans(),
)


def deserves(
    wanted: Attention, *, status: Status, seen_at: datetime | None, mails: bool, now: datetime
) -> bool:
    """Return whether somebody is to be asked after. `seen_at`: their last sign-in; `mails`: mail reaches them."""
    match wanted:
        case Attention.NOT_SEEN:
            is_old = seen_at is None or seen_at < now - state.NOT_SEEN_FOR
            return status is Status.ACTIVE and is_old
        case Attention.NO_MAIL:
            return status in ACTIVE_OR_INVITED and not mails
        case _:
            return True


@pytest.fixture
def three(owner: Administrator) -> list[UUID]:
    emails = ("a@harbourbakery.example", "b@harbourbakery.example", "c@harbourbakery.example")
    return [kit_people.make_administrator(owner.customer, email=one).id for one in emails]


def write(
    person_id: UUID,
    status: Status,
    factors: list[tuple[FactorKind, bool]],
    *,
    ticked: bool,
    tabs: str,
    seen_at: datetime | None,
    refused: bool,
) -> None:
    now = timezone.now()
    Administrator.objects.everywhere().filter(id=person_id).update(
        status=status,
        require_2fa=ticked,
        tabs=tabs,
        last_signed_in_at=seen_at,
        mail_problem=MailProblem.FULL if refused else "",
    )
    for kind, locked in factors:
        Factor.objects.create(
            administrator_id=person_id,
            kind=kind,
            name="x",
            confirmed_at=now,
            locked_at=now if locked else None,
        )
    standing.keep(person_id)


def stands(factors: list[tuple[FactorKind, bool]]) -> Standing:
    usable = [kind for kind, locked in factors if not locked]
    return standing.standing_of(usable, locked=any(locked for _kind, locked in factors))


@given(drawn=PEOPLE, rule=RULES, wanted=WANTED)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_rows_say_the_same_as_the_rule(
    owner: Administrator,
    three: list[UUID],
    drawn: list[tuple[Status, bool, bool, list[tuple[FactorKind, bool]], tuple[int | None, bool]]],
    rule: Rule,
    wanted: Wanted,
) -> None:
    customer_id = owner.customer_id
    with rolled_back():
        Administrator.objects.of(customer_id).filter(id=owner.id).delete()
        shown, said = set(), {}
        for person_id, (status, ticked, pays, factors, seen) in zip(three, drawn, strict=True):
            tabs, (days, refused) = " billing home " if pays else " home ", seen
            seen_at = None if days is None else NOW - timedelta(days=days)
            how: dict[str, Any] = {
                "ticked": ticked,
                "tabs": tabs,
                "seen_at": seen_at,
                "refused": refused,
            }
            write(person_id, status, factors, **how)
            best, covered = stands(factors), rule.scope.covers(frozenset(tabs.split()))
            if (
                state.has_status(wanted.status, status, narrowed=wanted.is_of_counted)
                and state.shows(wanted.factor, asked=ticked or covered, standing=best, rule=rule)
                and deserves(
                    wanted.attention, status=status, seen_at=seen_at, mails=not refused, now=NOW
                )
            ):
                shown.add(person_id)
            required = ticked or covered
            said[person_id] = state.state_of(best, required=required, kinds=rule.kinds)
        listing = directory_people.list_people(customer_id, wanted, rule=rule)
        rows = search_and_sort.matching(customer_id, wanted, rule)
        assert set(rows.values_list("id", flat=True)) == shown
        assert listing.found == len(shown)
        if wanted.is_counted:
            assert search_and_sort.found(groups(customer_id, rule.scope), wanted, rule) == len(
                shown
            )
        assert {row.id: row.state for row in listing.rows} == {one: said[one] for one in shown}


@pytest.mark.parametrize(
    "rule", [Rule(Scope(everyone=all_), kinds) for all_ in (False, True) for kinds in Kinds]
)
def test_each_filter_agrees_with_what_its_lines_say(rule: Rule) -> None:
    for asked, best in state.EVERYBODY:
        required = asked or rule.scope.everyone
        line = state.state_of(best, required=required, kinds=rule.kinds)

        def listed(wanted: FactorFilter, of: bool = asked, one: Standing = best) -> bool:  # noqa: FBT001 - a cell
            return state.shows(wanted, asked=of, standing=one, rule=rule)

        assert listed(FactorFilter.LOCKED) == (line is State.LOCKED)
        assert listed(FactorFilter.ON) >= (line is State.ON)
        assert listed(FactorFilter.OFF) >= (line is State.OFF)
        assert listed(FactorFilter.REQUIRED_MISSING) == (
            line is State.MISSING or (required and line is State.LOCKED)
        )
