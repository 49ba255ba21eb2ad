"""What a check of a brand found is kept until somebody looks again, as it can be kept, and by whoever may look."""

from __future__ import annotations

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE
from doorward.customers import cached
from doorward.customers.models import Brand, BrandCheck
from doorward.customers.tabs import BRANDS
from doorward.operations.checks.brand import kept
from doorward.operations.checks.finding import Record, fine, unfit
from doorward.permissions.errors import NotAuthorised
from tests.kit import people, staff

pytestmark = pytest.mark.django_db
FINE = fine("spf", "It is fine.")


@pytest.fixture
def brand(db):
    people.provider()
    made = Brand.objects.create(name="Harbour", issuer="Harbour")
    cached.forget()
    return made


def keep(brand, *found, actor=CONSOLE, selector=""):
    kept.keep(brand, found, selector, actor=actor, now=timezone.now())


def last(brand):
    found = kept.last(brand)
    assert found
    return found


def test_a_record_of_somebody_else_s_is_kept_as_it_can_be(brand):
    """The name system has what its owner put there: a NUL, which no database keeps in JSON, or a book."""
    record = Record("x.example", "TXT", "v=spf1 a:\0.example")
    keep(brand, unfit("spf", "\0" * 5000, "Change \0.", record), selector="s\0" * 50)
    looked = last(brand)
    [one] = looked.findings
    assert "\0" not in f"{one}{looked.selector}"
    assert (len(one.what), one.record.name, len(looked.selector)) == (4000, "x.example", 63)


def test_who_lost_the_right_while_it_was_looked_at_leaves_nothing(brand):
    theo = staff.member("theo@provider.example", tabs={"home", BRANDS})
    Administrator.objects.of(theo.customer_id).filter(id=theo.id).update(tabs=" home ")
    with pytest.raises(NotAuthorised):
        keep(brand, FINE, actor=people.actor(theo))
    assert kept.last(brand) is None


def test_of_a_brand_that_is_gone_meanwhile_nothing_is_kept(brand):
    Brand.objects.filter(id=brand.id).delete()
    keep(brand, FINE)
    assert not BrandCheck.objects.exists()


def test_what_a_newer_version_found_in_a_form_of_its_own_is_passed_over(brand):
    keep(brand, FINE)
    row = BrandCheck.objects.get()
    others: list[object] = [
        [{"another": "form"}],
        [{**row.findings[0], "since": 1}],
        [None],
        {},
    ]
    for other in others:
        BrandCheck.objects.update(findings=other)
        looked = kept.last(brand)
        assert looked is None or looked.findings == ()
