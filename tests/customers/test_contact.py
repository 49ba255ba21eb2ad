"""Whom a brand names, and its legal pages, in each language: what a language leaves empty is as in all others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.utils import translation

from doorward.audit.actor import CONSOLE
from doorward.customers import brands, cached
from doorward.customers.contact import FIELDS, Contact
from doorward.customers.events import BRAND_CHANGED, PROTECTION_LOWERED
from doorward.customers.models import Brand
from doorward.customers.protection import ProtectionRefused
from doorward.kernel.errors import FieldsRefused, NotFound
from doorward.notifications.envelope import sender_of
from tests.kit import browsers, people

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

GERMAN = Contact(support_phone="+49 30 1234", terms_url="https://northline.example/agb")


@pytest.fixture
def brand(owner):
    columns = {
        "support_phone": "+44 20 1234",
        "support_email": "help@northline.example",
        "privacy_url": "https://northline.example/privacy",
        "hosts": [],
    }
    Brand.objects.filter(id=owner.customer.brand_id).update(**columns)
    return Brand.objects.get(id=owner.customer.brand_id)


def look(brand):
    cached.forget()
    return cached.brand_of(brand.id)


def change(brand, contact=GERMAN, language="de", actor=CONSOLE):
    brands.change_contact(brand.id, language, contact, actor=actor)


def said(brand, language):
    with translation.override(language):
        contact = look(brand).contact
        return contact.support_phone, contact.terms_url, contact.privacy_url


def test_a_language_says_its_own_and_leaves_the_rest_as_it_is(brand):
    change(brand)
    privacy = brand.privacy_url
    assert said(brand, "de") == ("+49 30 1234", "https://northline.example/agb", privacy)
    assert said(brand, "en") == ("+44 20 1234", "", privacy)
    Brand.objects.filter(id=brand.id).update(privacy_url="https://northline.example/new")
    assert said(brand, "de")[2] == "https://northline.example/new"


def test_what_is_emptied_is_as_everywhere_again(brand):
    change(brand)
    change(brand, Contact())
    assert said(brand, "de") == said(brand, "en")
    assert Brand.objects.get(id=brand.id).in_languages == {}


def test_it_is_an_event_with_before_and_after_and_a_new_version(brand):
    change(brand)
    change(brand)  # the same again is no change
    [event] = people.events(BRAND_CHANGED)
    assert event.details["changed"] == ["support_phone", "terms_url"]
    assert event.details["after"] == ["+49 30 1234", "https://northline.example/agb"]
    assert event.details["brand"].endswith("(de)")
    assert len(people.events(PROTECTION_LOWERED)) == 1
    assert Brand.objects.get(id=brand.id).version == brand.version + 1


@pytest.mark.parametrize("field", FIELDS)
def test_brands_alone_leads_nobody_elsewhere_in_any_language(brand, field):
    theo = people.make_administrator(people.provider(), email="theo@x.example", tabs=["brands"])
    value = {"support_email": "x@evil.example", "support_phone": "1", "support_hours": "x"}
    contact = replace(Contact(), **{field: value.get(field, "https://evil.example/")})
    with pytest.raises(ProtectionRefused):
        change(brand, contact, actor=people.actor(theo))
    assert Brand.objects.get(id=brand.id).in_languages == {}


@pytest.mark.parametrize("field", [name for name in FIELDS if name.endswith("_url")])
@pytest.mark.parametrize("value", ["javascript:alert(1)", "x", "//evil.example", "https://a@b.c/"])
def test_a_link_is_a_link(brand, field, value):
    with pytest.raises(FieldsRefused) as refused:
        change(brand, replace(Contact(), **{field: value}))
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize("language", ["fr", "", "de-x", "__proto__"])
def test_a_language_that_there_is_not(brand, language):
    with pytest.raises(NotFound):
        change(brand, language=language)


def test_mail_comes_from_one_address_whatever_is_spoken(brand):
    change(brand, Contact(support_email="hilfe@elsewhere.example"))
    for language in ("en", "de"):
        with translation.override(language):
            assert sender_of(look(brand)) == "help@northline.example"


def test_pages_show_it_in_their_language(brand, owner):
    change(brand)
    cached.forget()
    for client in (Client(), browsers.browser_of(owner)):
        german = client.get("/help/", HTTP_ACCEPT_LANGUAGE="de", HTTP_COOKIE="").content.decode()
        english = client.get("/help/").content.decode()
        assert "https://northline.example/privacy" in german
        assert "https://northline.example/privacy" in english
        assert "agb" not in english
    page = Client(HTTP_ACCEPT_LANGUAGE="de").get("/sign-in/").content.decode()
    assert "+49 30 1234" in page
    assert 'href="https://northline.example/agb"' in page
    assert "+44" not in page
