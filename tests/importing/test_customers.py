"""Importing customers."""

from __future__ import annotations

import pytest

from doorward.customers.models import Brand, Customer
from doorward.permissions.errors import NotAuthorised
from tests.kit import imports, people
from tests.kit.imports import said

pytestmark = pytest.mark.django_db

FILE = "Kunde;Marke\nHarbour Bakery;\nCedar Clinic;provider\nCEDAR clinic;\nElm;Nobody\n;\n" + (
    "x" * 81 + ";\n"
)


def test_customers_are_made_once(db):
    people.provider()
    Brand.objects.create(name="Brightwave", issuer="Brightwave")
    expected = [
        ("made", ""),
        ("made", ""),
        ("refused", "line_twice"),
        ("refused", "no_such_brand"),
        ("refused", "text_too_long"),
    ]
    assert said(imports.customers(FILE, dry=True)) == expected
    assert Customer.objects.count() == 1
    assert said(imports.customers(FILE)) == expected
    again = said(imports.customers(FILE))
    [moved] = imports.customers("name,brand\nCedar Clinic,Brightwave\n")
    assert moved.refusal is not None
    assert moved.refusal.code == "brand_differs"
    assert again[:2] == [("same", "")] * 2
    assert Customer.objects.count() == 3


def test_only_the_providers_people_import_customers(owner):
    with pytest.raises(NotAuthorised):
        imports.customers(FILE, actor=people.actor(owner))
