"""Help and support: open to everybody, true to the pages, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

import doorward
from doorward.customers import cached
from doorward.customers.models import Brand
from doorward.web.help import film, rendering
from doorward.web.help.pictures import size_of
from doorward.web.http.static_files import FOLDER
from tests.kit import browsers, codes, people

pytestmark = pytest.mark.one_database

SOURCES = Path(doorward.__file__).parent
ARTICLE = ("enable", "disable", "require", "first-sign-in", "lost-phone")


def main_of(answer) -> str:
    page: str = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return page


def words(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", main_of(answer)).split())


@pytest.fixture
def brand(customer):
    Brand.objects.update(
        name="Northline & Sons",
        support_phone="+44 20 7946 0123",
        support_hours="Mon–Fri 8–18",
        support_email="support@northline.example",
    )
    cached.forget()


@pytest.fixture
def half_way(owner) -> Client:
    """Return a browser in which only the password was verified."""
    codes.enable_app(owner)
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD, "next": ""})
    return client


PATHS = ["/help/", *(f"/help/{slug}/" for slug in rendering.SLUGS), "/support/"]


@pytest.mark.parametrize("path", PATHS)
def test_everybody_may_read(path, brand, client, owner, half_way):
    for browser in (client, half_way, browsers.browser_of(owner)):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "Northline &amp; Sons" in answer.content.decode()
        assert "+44 20 7946 0123" in answer.content.decode()
    assert owner.customer.name not in half_way.get(path).content.decode()


def test_who_is_through_reads_it_in_the_portal(brand, owner, colleague, client):
    page = browsers.browser_of(colleague).get("/support/").content.decode()
    assert re.search(r'<a href="/support/"[^>]*aria-current="page"', page)
    assert 'id="account-menu"' in page
    stranger = client.get("/support/").content.decode()
    assert 'id="account-menu"' not in stranger
    assert 'href="/sign-in/"' in stranger


def test_the_support_tab_shows_for_who_has_it_alone(brand, owner):
    type(owner).objects.of(owner.customer_id).filter(id=owner.id).update(tabs=" home ")
    page = browsers.browser_of(owner).get("/support/")
    assert page.status_code == 200
    assert 'aria-current="page"' not in page.content.decode().partition("<main")[0]


@pytest.mark.parametrize("path", ["/help/", "/sign-in/"])
def test_nothing_stands_at_the_foot_of_a_page_where_there_is_no_contact(customer, client, path):
    foot = re.compile(r"<footer.*?</footer>", re.DOTALL)
    said = []
    for phone in ("+44 20", ""):
        Brand.objects.update(support_phone=phone)
        cached.forget()
        [found] = foot.findall(client.get(path).content.decode())
        said.append((" support:" in found, "·" in found))
    assert said == [(True, path == "/sign-in/"), (False, False)]


def test_a_brand_without_a_contact_says_so(customer, client):
    assert "has not given its support contact here yet" in words(client.get("/support/"))
    assert "Ask the provider&#39;s support department." in main_of(client.get("/help/two-factor/"))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"support_phone": "+44 20", "support_hours": ""}, "Call N support at +44 20 ."),
        ({"support_email": "help@n.example"}, "Write to N support at help@n.example ."),
        ({"support_url": "https://n.example/h"}, "Ask N support ."),
    ],
)
def test_the_guide_names_whatever_contact_there_is(customer, client, columns, said):
    Brand.objects.update(name="N", **columns)
    cached.forget()
    assert said in words(client.get("/help/two-factor/"))


def test_the_article_is_all_there(brand, client):
    page = main_of(client.get("/help/two-factor/"))
    assert 'data-page="help"' in page
    for anchor in ARTICLE:
        assert f'<h2 id="{anchor}">' in page
        assert f'href="#{anchor}"' in page
    said = words(client.get("/help/two-factor/"))
    for label in ("Enable 2FA", "Disable 2FA", "Required 2FA", "Google Authenticator", "Confirm"):
        assert label in said
    assert "{{" not in page
    assert "{#" not in page


@pytest.mark.parametrize("slug", rendering.SLUGS)
def test_every_guide_is_the_same_in_every_language(slug):
    guides = []
    for language in rendering.WRITTEN_IN:
        with translation.override(language):
            guides.append(rendering.guide(slug))
    assert [one.language for one in guides] == list(rendering.WRITTEN_IN)
    assert len({tuple(section.anchor for section in one.sections) for one in guides}) == 1
    assert len({one.title for one in guides}) == len(guides)
    assert len({len(re.findall("<li>", one.html)) for one in guides}) == 1
    sources = [source(slug, language) for language in rendering.WRITTEN_IN]
    assert len({frozenset(labels_of(text)) for text in sources}) == 1
    pictures = [re.findall(r"!\[[^\]]+\]\((\S+) ", text) for text in sources]
    assert pictures[0] == pictures[1]


def labels_of(text: str) -> list[str]:
    """Return the labels of the portal that a guide's Markdown names."""
    return rendering.LABEL.findall(text)


def source(slug: str, language: str) -> str:
    return (rendering.FOLDER / language / f"{slug}.md").read_text()


def test_a_language_without_guides_gets_them_in_english_and_says_so(brand):
    with translation.override("fr"):
        assert rendering.guide("two-factor").language == "en"
    german = Client(headers={"Accept-Language": "de"}).get("/help/two-factor/").content.decode()
    assert '<html lang="de"' in german
    assert 'data-guide="two-factor">' in german
    assert "Zwei-Faktor-Anmeldung" in german


def test_the_labels_in_the_guides_are_labels_of_pages():
    texts = [
        file.read_text()
        for file in SOURCES.rglob("*")
        if file.suffix in {".py", ".html"} and "/help/" not in str(file)
    ]
    known = set(re.findall(r'(?:_|gettext_lazy)\(\s*"([^"]+)"', "\n".join(texts)))
    slugs = (*rendering.SLUGS, *(f"film-{name}" for name in film.NAMES))
    named = {label for slug in slugs for label in labels_of(source(slug, "en"))}
    assert named - known == set()


def test_every_link_to_a_guide_leads_to_a_section_that_is_there():
    places = set()
    for file in SOURCES.rglob("*"):
        if file.suffix in {".py", ".html", ".md", ".txt"}:
            places |= set(re.findall(r"/help/([a-z-]+)/#([a-z-]+)", file.read_text()))
    assert {("two-factor", anchor) for anchor in ("enable", "first-sign-in")} <= places
    for slug, anchor in places:
        assert anchor in {section.anchor for section in rendering.guide(slug).sections}, anchor


def test_where_it_is_required_of_somebody_the_guide_to_that_is_a_click_away(
    brand, owner, colleague
):
    browser = browsers.browser_of(owner)
    for path in ("/administrators/", f"/administrators/{colleague.id}/"):
        page = browser.get(path).content.decode()
        assert 'href="/help/for-account-administrators/#require">Help<' in page, path
    assert 'href="/help/">Help<' in browser.get("/profile/").content.decode()


@pytest.mark.parametrize("slug", rendering.SLUGS)
def test_links_within_a_guide_lead_somewhere(slug, brand, client):
    page = main_of(client.get(f"/help/{slug}/"))
    ids = set(re.findall(r'id="([^"]+)"', page))
    for anchor in re.findall(r'href="#([^"]+)"', page):
        assert anchor in ids


@pytest.mark.parametrize(
    "path", ["/help/no-such-guide/", "/help/TWO-FACTOR/", "/help/..%2f..%2fsettings/", "/help/en/"]
)
def test_what_is_no_guide_is_not_found(path, brand, client):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_changed_here(path, brand, client):
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", PATHS)
def test_a_page_asks_the_database_nothing_for_a_stranger(
    path, brand, client, django_assert_num_queries
):
    client.get(path)
    with django_assert_num_queries(0):
        client.get(path)


def test_a_brand_cannot_write_markup_into_a_guide(customer, client):
    Brand.objects.update(
        name="<script>x</script>", support_phone='"><script>y</script>', support_hours="{{support}}"
    )
    cached.forget()
    for path in PATHS:
        page = client.get(path).content.decode()
        assert "<script>x" not in page
        assert "<script>y" not in page


# --- pictures -------------------------------------------------------------------------------------


def test_the_size_of_a_picture_is_read_from_its_head(tmp_path):
    made = tmp_path / "made.webp"
    image = pytest.importorskip("PIL.Image")
    for options in ({"lossless": True}, {"quality": 80}, {"quality": 80, "exif": b"Exif\0\0"}):
        image.new("RGB", (640, 402), "white").save(made, "WEBP", **options)
        assert size_of(made) == (640, 402)
    made.write_bytes(b"GIF89a" + b"\0" * 40)
    with pytest.raises(ValueError, match="is no WebP"):
        size_of(made)


def test_every_picture_that_a_guide_names_was_taken_in_its_language():
    for language in rendering.WRITTEN_IN:
        for slug in rendering.SLUGS:
            for name in re.findall(r"!\[[^\]]+\]\((\S+) ", source(slug, language)):
                picture = name if name.startswith(film.PREFIX) else f"help/{language}/{name}"
                assert (FOLDER / f"{picture}.webp").is_file(), (language, name)


def test_the_pictures_are_light():
    taken = list((FOLDER / "help").rglob("*.webp"))
    assert all(one.stat().st_size < 100_000 for one in taken)
    assert sum(one.stat().st_size for one in taken) < 1_700_000
