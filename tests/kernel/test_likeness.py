"""What looks alike: domains are shown so that nobody takes one for another, names are compared as they are seen."""

import pytest

from doorward.kernel.text import cleaning
from doorward.kernel.text.likeness import name_looks, readable_domain, same_looks

OWN = "harbourbakery.example"


@pytest.mark.parametrize(
    "domain",
    [
        "müller.example",
        "日本語.example",
        "почта.рф",
        "τράπεζα.example",
        "łódź.example",
        "한국.example",
    ],
)
def test_what_misleads_nobody_is_readable(domain):
    assert cleaning.clean_email(f"a@{domain}") == f"a@{domain}"


@pytest.mark.parametrize(
    "domain",
    [
        "hаrbourbakery.example",  # one Cyrillic letter
        "harbourbakerу.example",
        "hɑrbοurbakery.example",  # of Greek
        "аррӏе.example",  # Cyrillic from first to last
        "оса.example",
        "ѕсоре.рф",
        "mail.аррӏе.example",
        "日本go.example",
        "աբdef.example",
    ],
)
def test_what_misleads_is_shown_as_the_name_system_has_it(domain):
    shown = cleaning.clean_email(f"a@{domain}")
    assert shown.isascii()
    assert "xn--" in shown
    # Typed as it is shown it is the same account, and shown so again.
    assert cleaning.clean_email(shown) == shown
    assert cleaning.is_same_email(shown, f"a@{domain}")
    assert cleaning.fold_email(shown) == cleaning.fold_email(f"a@{domain}")


@pytest.mark.parametrize(
    "domain", ["xn--", "xn--a.example", "xn--strae-oqa.example", "example.com"]
)
def test_what_cannot_be_read_stays(domain):
    assert readable_domain(domain) in {domain, "straße.example"}
    if domain == "xn--strae-oqa.example":
        assert cleaning.clean_email(f"a@{domain}") == f"a@{domain}"


@pytest.mark.parametrize(
    "domain",
    [
        "hаrbourbakery.example",
        "harbourbakerý.example",
        "harbоurbаkerу.example",
        "harb0urbakery.example",
        "ｈarbourbakery.example",
        "ʜarbourbakery.example",
        "xn--hrbourbakery-x9j.example",
    ],
)
def test_domains_that_look_alike(domain):
    assert same_looks(cleaning.ascii_domain(domain) or "") == same_looks(OWN)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("modern.example", "modem.example"),
        ("vvind.example", "wind.example"),
        ("paypa1.example", "paypal.example"),
    ],
)
def test_letters_that_run_together(one, other):
    assert same_looks(one) == same_looks(other)


@pytest.mark.parametrize(
    "domain", ["harbourbaker.example", "harbour.example", OWN.replace("example", "test")]
)
def test_domains_that_do_not(domain):
    assert same_looks(domain) != same_looks(OWN)


@pytest.mark.parametrize(
    "name",
    [
        "Ines Moreau",
        "ines moreau",
        "INES MOREAU",
        "Inès Moréau",
        "Ine\u0301s  Moreau",
        "InesMoreau",
        "Ines-Moreau.",
        "Ines \u200dMoreau",
        "Ｉｎｅｓ Ｍｏｒｅａｕ",
        "𝐈𝐧𝐞𝐬 Moreau",
        "Inеs Mоreаu",
        "lnes Moreau",
        "1nes M0reau",
        "Moreau Ines",
        "Moreau, Ines",
        "Ines Ⅿoreau",
    ],
)
def test_names_that_are_the_same_to_a_reader(name):
    assert name_looks(name) & name_looks("Ines Moreau")


@pytest.mark.parametrize("name", ["Ines Moreaux", "Iris Moreau", "Ines", "李", "🌻", "Ινές"])
def test_names_that_are_not(name):
    assert not name_looks(name) & name_looks("Ines Moreau")


def test_names_without_letters_are_compared_as_they_are():
    assert name_looks("🌻") & name_looks(" 🌻 ")
    assert not name_looks("🌻") & name_looks("🌼")
