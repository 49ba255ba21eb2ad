"""What large tables are asked is answered by an index: no page reads all people, events, sessions or customers.

How a database answers is asked of itself, for every statement of every page. SQLite keeps no statistics, so that few
rows are answered as many; PostgreSQL is told that reading a whole table is dear.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone

from benchmarks.sizes import addresses
from doorward.accounts import staff_history
from doorward.accounts.models import Administrator
from doorward.audit.models import Event
from doorward.customers import cached
from doorward.customers.models import Brand
from doorward.customers.tabs import BUILT_IN, OF_STAFF
from doorward.permissions.staff_scope import Reach, Scope, of
from doorward.web.activity import filters
from doorward.web.provider import customer_filters
from doorward.web.provider.brand_page import brands_page
from tests.kit import browsers, codes
from tests.kit import people as kit_people
from tests.kit.recovering import long_ago

if TYPE_CHECKING:
    from collections.abc import Callable

LARGE = (
    "accounts_administrator",
    "sessions_session",
    "audit_event",
    "credentials_factor",
    "customers_customer",
    "directory_adoption",
    "directory_adoptionpoint",
)
# Without a filter all customers are counted, and a name is looked for in all of them: in an index, or in its order.
ALL_CUSTOMERS = re.compile(r"customers_customer USING (COVERING )?INDEX|on customers_customer")
# "SCAN audit_event", not "SCAN (subquery-1)"; and what has to be sorted was not found in its order.
SQLITE = re.compile(rf"^SCAN ({'|'.join(LARGE)})\b|^USE TEMP B-TREE FOR ORDER BY")
POSTGRESQL = re.compile(rf"(Seq Scan|Parallel Seq Scan) on ({'|'.join(LARGE)})\b")
MOST_QUERIES = 8
# The gate's own: one person's factors, by the time of each; but not what *Home* asks of all with what is theirs.
ONE_PERSON = re.compile(
    r'^(?!.*AS "people").*("token_hash" = |administrator_id" (=|IN) )', re.DOTALL
)


class Plans:
    """Asks the database how it answers each statement that is sent."""

    def __init__(self, how: str = "EXPLAIN ") -> None:
        """Begin without any; `how` PostgreSQL is asked."""
        self.how = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else how
        self.asked: list[str] = []
        self.bad: list[str] = []
        self.lines: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        """Run a statement, and explain it."""
        if not sql.startswith("EXPLAIN"):
            self.asked.append(sql)
        if sql.lstrip().upper().startswith("SELECT") and not ONE_PERSON.search(sql):
            self._explain(rest[1]["cursor"], sql, params)
        return execute(sql, params, *rest)

    def _explain(self, cursor: Any, sql: str, params: Any) -> None:
        cursor.execute(self.how + sql, params)
        lines = [str(row[-1]) for row in cursor.fetchall()]
        pattern = SQLITE if connection.vendor == "sqlite" else POSTGRESQL
        wrong = [one for one in lines if pattern.search(one) and not ALL_CUSTOMERS.search(one)]
        self.lines += lines
        # Few that were found by their ids are sorted, what walks found first, and the versions of one policy.
        of_few = ('"id" IN (', ") AS walks", '"policy_policyversion"."customer_id" = ')
        few = any(part in sql for part in of_few)
        if wrong and not (few and all("ORDER BY" in one for one in wrong)):
            self.bad.append("\n".join([sql[-600:], *lines]))


def people(owner) -> dict[str, Any]:
    other = kit_people.make_customer("Other", brand=Brand.objects.create(name="O", issuer="O"))
    scopes = {
        "provider": Scope.EVERYTHING,
        "of a brand": of(Reach.BRANDS, [owner.customer.brand_id, other.brand_id]),
        "by name": of(Reach.CUSTOMERS, [owner.customer_id]),
    }
    staff = {who: of_staff(who, scope) for who, scope in scopes.items()}
    for number in range(3):
        kit_people.make_administrator(
            owner.customer, email=f"p{number}@x.example", require_2fa=True
        )
    return {"administrator": owner, **staff}


def of_staff(who: str, scope: Scope) -> Administrator:
    return kit_people.make_administrator(
        kit_people.provider(),
        email=f"{who.replace(' ', '-')}@provider.example",
        tabs=BUILT_IN + OF_STAFF,
        scope=scope.reach.value,
        scope_ids=scope.text,
    )


LISTS = re.compile(
    r"/(customers|brands|tabs|jump|activity|requests|managing|administrators)/(\?|adoption|import|$)|/manage/$|/customers/[^/]{36}/$"
)
WHO = {"id": "ID", "customer": "CUSTOMER", "brand": "BRAND"}
VISITORS = tuple(addresses(WHO))
# A right of its own, which the people of the benchmarks do without.
MANAGE_PAGES = {"provider": ["/customers/CUSTOMER/manage/"]}


def pages_of(who: str, owner: Administrator) -> list[str]:
    ids = {"CUSTOMER": owner.customer_id, "BRAND": owner.customer.brand_id, "ID": owner.id}
    pages = [*addresses(WHO)[who], *MANAGE_PAGES.get(who, ())]
    return [re.sub("|".join(ids), lambda one: str(ids[one.group()]), path) for path in pages]


@pytest.mark.parametrize("who", VISITORS)
def test_no_page_reads_a_whole_table_and_no_list_asks_more_than_eight_times(
    owner, who, monkeypatch
):
    # Explaining takes a busy machine longer than brands and tabs are kept.
    monkeypatch.setattr(cached, "KEPT_SECONDS", 600)
    person = people(owner)[who]
    codes.enable_app(person)
    # Whoever is new manages nothing, which is found out before anything else is asked.
    long_ago(person)
    long_ago(owner)
    client = browsers.browser_of(person)
    client.get("/")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    bad = []
    for path in pages_of(who, owner):
        client.get(path)
        plans = Plans()
        with connection.execute_wrapper(plans):
            answer = client.get(path)
        assert answer.status_code in {200, 303}, path
        bad += [f"{path}\n{one}" for one in plans.bad]
        if LISTS.match(path) and len(plans.asked) > MOST_QUERIES:
            bad.append("\n".join([path, *(one[:200] for one in plans.asked)]))
    assert not bad, "\n\n".join(bad)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="tables of a few rows are read otherwise")
@pytest.mark.parametrize(
    ("path", "index"),
    [
        ("/activity/?group=two-factor", "event_of_type"),
        ("/activity/?outcome=failed", "event_of_outcome"),
        ("/activity/?from=2026-01-01&to=2026-01-02", "event_of_day"),
        ("/activity/?q=ines", "event_with_subject"),
        ("/security/", "event_by_actor"),
        ("/security/", "people_who_look_after"),
        ("/administrators/?q=nobody", "people_searched"),
        ("/", "people_counted"),
    ],
)
def test_each_has_its_index(owner, path, index):
    Administrator.objects.of(owner.customer_id).update(require_2fa=True)
    codes.enable_app(owner)
    client = browsers.browser_of(owner)
    client.get(path)
    plans = Plans()
    with connection.execute_wrapper(plans):
        assert client.get(path).status_code == 200
    assert any(index in line for line in plans.lines), "\n".join(plans.lines)


READ = re.compile(
    r"Scan.* on audit_event\b.*actual .*rows=([\d.]+) loops=(\d+)|Rows Removed by Filter: (\d+)"
)
MANY_LINES = 4000


@pytest.mark.skipif(connection.vendor != "postgresql", reason="this one says how many it read")
@pytest.mark.parametrize("who", ["provider", "of a brand", "by name"])
@pytest.mark.parametrize("query", ["q=ancient", "q=fellow", "group=sign-in"])
def test_of_a_long_history_few_lines_are_read(owner, who, query, monkeypatch):
    monkeypatch.setattr(filters, "LATELY", 100)
    person = at_a_long_history(people(owner), who)
    codes.enable_app(person)
    long_ago(person)
    client = browsers.browser_of(person)
    client.get("/activity/")
    read = Plans("EXPLAIN (ANALYZE) ")
    with connection.execute_wrapper(read):
        assert "before=" in client.get(f"/activity/?{query}").content.decode()
    found = [READ.search(line) for line in read.lines]
    rows = sum(float(one[1] or one[3]) * int(one[2] or 1) for one in found if one)
    assert rows < MANY_LINES / 2, "\n".join(read.lines)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the other one makes no estimates")
@pytest.mark.parametrize("who", ["of a brand", "by name"])
def test_of_a_scope_nearly_all_lines_are_expected_so_that_the_newest_are_read_first(owner, who):
    person = at_a_long_history(people(owner), who)
    lines = Event.objects.filter(customer_id=person.customer_id)
    plan = staff_history.within(lines, person.staff_scope, me=person.id).explain()
    [expected] = re.findall(r" rows=(\d+) ", plan.splitlines()[0])
    assert int(expected) > MANY_LINES / 2, plan


def at_a_long_history(staff, who):
    company = kit_people.provider()
    fellows = [
        kit_people.make_administrator(company, email=f"fellow{n}@provider.example")
        for n in range(filters.FEW_PEOPLE + 5)
    ]
    ancient = kit_people.make_administrator(company, email="ancient@provider.example")
    # The newest lines are of somebody else, and those who are looked for did all of theirs before that.
    many = [one.id for one in staff.values() if one.customer_id == company.id]
    whose = (
        [ancient.id] * 60 + [one.id for one in fellows] + [many[n % 3] for n in range(MANY_LINES)]
    )
    now = timezone.now()
    Event.objects.bulk_create(
        Event(
            at=now,
            type="signed_in",
            outcome="ok",
            actor_type="person",
            actor_id=one,
            subject_id=one,
            customer_id=company.id,
            dispatched_at=now,
        )
        for one in whose
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_event, accounts_administrator, customers_customer")
        cursor.execute("SET LOCAL enable_seqscan = off")
    return staff[who]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it has no such index, and reads rows")
def test_what_many_customers_are_narrowed_to_is_counted_in_an_index(owner, monkeypatch):
    monkeypatch.setattr(customer_filters, "FEW", 0)
    plans = Plans()
    with connection.execute_wrapper(plans):
        customer_filters.look(customer_filters.Wanted(q="a"), Scope.EVERYTHING)
    counted = [one for one in plans.lines if one.startswith("SCAN")]
    assert counted == ["SCAN customers_customer USING COVERING INDEX customer_searched"] * 2


@pytest.mark.skipif(connection.vendor != "sqlite", reason="tables of a few rows are read otherwise")
def test_the_customers_of_each_brand_are_counted_in_an_index(owner):
    plans = Plans()
    with connection.execute_wrapper(plans):
        assert brands_page(Scope.EVERYTHING, now=timezone.now())[0].customers > 0
    assert any("customers_customer USING COVERING INDEX" in line for line in plans.lines)
    assert not any("GROUP BY" in line for line in plans.lines)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="tables of a few rows are read otherwise")
@pytest.mark.parametrize("path", ["/activity/", "/activity/?group=people", "/customers/import/"])
def test_whom_a_line_is_about_is_looked_for_by_itself_however_many_the_scope_has(owner, path):
    person = people(owner)["of a brand"]
    codes.enable_app(person)
    client = browsers.browser_of(person)
    plans = Plans()
    with connection.execute_wrapper(plans):
        assert client.get(path).status_code == 200
    found = [one for one in plans.lines if re.search("accounts_administrator|customers_cust", one)]
    assert [one for one in found if "autoindex" in one]
    assert not [one for one in found if "customer_id=" in one or "brand_id=" in one]
