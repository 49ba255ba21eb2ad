"""What every page is made of: small, of one piece, readable in both themes, and free of anything from elsewhere."""

from __future__ import annotations

import gzip
import re
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from jinja2 import nodes

from doorward.customers import colour
from doorward.kernel.lucide import UnknownIconError
from doorward.web.kit import jinja
from doorward.web.kit.brandmark import write_icon, write_stylesheet
from doorward.web.kit.icons import icon

WEB = Path(jinja.__file__).parents[1]
STATIC = WEB / "static"
TEMPLATES = sorted(WEB.glob("**/templates/**/*.html"))
NAMES = [path.as_posix().rpartition("/templates/")[2] for path in TEMPLATES]
CSS = (STATIC / "portal.css").read_text()

TOKEN = re.compile(
    r"--([a-z-]+): (?:light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\)|(#[0-9a-f]{3,6}));"
)
TOKENS = {
    name: (colour.parse_colour(light or both), colour.parse_colour(dark or both))
    for name, light, dark, both in TOKEN.findall(CSS)
}


def _compressed(*paths: Path) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


def test_the_stylesheet_is_small() -> None:
    assert _compressed(STATIC / "portal.css") < 20_000


LISTED = re.compile(r"set (?:frame_)?scripts = \[([^\]]*)\]")
SCRIPTS = [
    set(re.findall(r'"([a-z-]+\.js)"', listed))
    for path in TEMPLATES
    for listed in LISTED.findall(path.read_text())
]


def test_the_scripts_of_every_page_are_small() -> None:
    """What the frame loads, and with it what any page adds; a script that no page names is none of ours."""
    frame = {"code.js", "portal.js", "jump.js"}
    assert frame - {"code.js"} in SCRIPTS
    assert frame.union(*SCRIPTS) == {path.name for path in STATIC.glob("*.js")}
    for own in SCRIPTS:
        assert _compressed(*(STATIC / name for name in frame | own)) < 10_000, own


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_template_compiles_and_its_icons_exist(name: str, language: str) -> None:
    with translation.override(language):
        assert jinja.page_template(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_every_piece_that_a_template_imports_is_there(name: str) -> None:
    template = jinja.page_template(name)
    source = next(path for path in TEMPLATES if path.as_posix().endswith(f"/templates/{name}"))
    tree = template.environment.parse(source.read_text())
    for imported in tree.find_all(nodes.FromImport):
        assert isinstance(imported.template, nodes.Const)
        pieces = jinja.page_template(imported.template.value).module
        wanted = [one if isinstance(one, str) else one[0] for one in imported.names]
        assert [one for one in wanted if not hasattr(pieces, one)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_templates_hold_nothing_that_the_content_security_policy_forbids(path: Path) -> None:
    text = path.read_text()
    assert not re.findall(r"\sstyle\s*=", text)
    assert not re.findall(r"<style|javascript:", text)
    assert not re.findall(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.findall(r"<script(?![^>]*\bnonce=)", text)


@pytest.mark.parametrize("path", [*TEMPLATES, *STATIC.glob("*.*")], ids=lambda path: path.name)
def test_nothing_is_asked_of_another_host(path: Path) -> None:
    assert not re.findall(
        r"(?:src|href|action|url\(|import|fetch\()\s*[=(]?\s*[\"'`]?(?:https?:)?//",
        path.read_text(),
    )


def test_logical_properties_alone_so_that_pages_read_from_the_right_too() -> None:
    sided = re.findall(
        r"[\s{;](?:(?:margin|padding|border)-(?:left|right)|left|right|float)\s*:", CSS
    )
    assert not sided


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(UnknownIconError):
        icon("no-such-icon")


def test_icons_say_nothing_to_a_screen_reader() -> None:
    assert 'aria-hidden="true"' in icon("lock")
    assert 'class="icon turns"' in icon("log-out", turns=True)


# --- colours --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["paper", "surface", "sunken"])
def test_the_grounds_are_those_that_accents_are_fitted_to(name: str) -> None:
    assert TOKENS[name] == (getattr(colour.LIGHT, name), getattr(colour.DARK, name))


def test_the_stylesheet_carries_the_default_accent() -> None:
    accent = colour.make_accent("#2b50e0")
    assert TOKENS["accent"] == (accent.fill, accent.fill)
    assert TOKENS["accent-hover"] == (accent.hover, accent.hover)
    assert TOKENS["on-accent"] == (accent.on_fill, accent.on_fill)
    assert (TOKENS["accent-ink"], TOKENS["accent-edge"]) == (accent.ink, accent.edge)
    assert TOKENS["accent-soft"] == accent.soft


GROUNDS = ("paper", "surface", "sunken")
TEXTS = [
    *product(("ink", "muted"), (*GROUNDS, "accent-soft", "good-soft", "warn-soft", "bad-soft")),
    *product(("good", "warn", "bad"), ("surface",)),
    *((tone, f"{tone}-soft") for tone in ("good", "warn", "bad")),
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    assert colour.contrast(TOKENS[text][theme], TOKENS[ground][theme]) >= colour.TEXT


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_edge_of_a_field_can_be_seen(theme: int) -> None:
    assert colour.contrast(TOKENS["line-strong"][theme], TOKENS["surface"][theme]) >= colour.SHAPE


@pytest.mark.parametrize("accent", ["#ffffff", "#000000", "#ffff00", "#777777"])
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_plain_text_can_be_read_on_any_brands_soft_surface(accent: str, theme: int) -> None:
    soft = colour.make_accent(accent).soft[theme]
    assert (
        min(colour.contrast(TOKENS[name][theme], soft) for name in ("ink", "muted")) >= colour.TEXT
    )


def test_a_brands_stylesheet_overrides_every_token_of_the_accent() -> None:
    written = set(re.findall(r"--([a-z-]+):", write_stylesheet("#c2410c")))
    assert written == {name for name in TOKENS if "accent" in name}


def test_a_brands_icon_escapes_its_letter() -> None:
    assert "&lt;" in write_icon(name="<b>", accent="#ffee00")
    assert 'fill="#ffee00"' in write_icon(name="Northline", accent="#ffee00")


def test_there_are_names_for_every_language() -> None:
    names = [one["name"] for one in jinja.languages()]
    assert names == ["English", "Deutsch"]
    assert len(names) == len(settings.LANGUAGES)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ines Moreau", "IM"),
        ("Aiko", "A"),
        ("Jan van der Berg", "JB"),
        ("  ", "?"),
        ("李 小龍", "李小"),
        ("- x", "X"),
    ],
)
def test_initials_stand_for_a_person(name: str, letters: str) -> None:
    assert jinja.initials(name) == letters
