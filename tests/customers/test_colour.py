"""Whatever colour a brand chooses, its pages can be read."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doorward.customers.colour import (
    BLACK,
    DARK,
    LIGHT,
    SHAPE,
    TEXT,
    WHITE,
    Colour,
    contrast,
    luminance,
    make_accent,
    mix,
    parse_colour,
    reached,
)
from doorward.customers.errors import ColourInvalid

CHANNEL = st.integers(min_value=0, max_value=255)
COLOURS = st.builds(Colour, CHANNEL, CHANNEL, CHANNEL)
UNLUCKY = (
    "#ffffff",
    "#000000",
    "#ffff00",
    "#777777",
    "#767676",
    "#808080",
    "#0000ff",
    "#00ff00",
    "#131416",
)


@given(COLOURS)
def test_text_on_the_accent_can_be_read_resting_and_hovered(colour: Colour) -> None:
    accent = make_accent(str(colour))
    assert accent.fill == colour
    assert contrast(accent.on_fill, accent.fill) >= TEXT
    assert contrast(accent.on_fill, accent.hover) >= TEXT


@given(COLOURS)
@example(WHITE)
@example(BLACK)
def test_accent_text_can_be_read_on_every_surface_of_both_themes(colour: Colour) -> None:
    accent = make_accent(str(colour))
    for theme, ink, soft in zip((LIGHT, DARK), accent.ink, accent.soft, strict=True):
        assert min(contrast(ink, ground) for ground in (*theme.grounds, soft)) >= TEXT


@given(COLOURS)
def test_a_filled_shape_has_an_edge_that_tells_it_from_every_surface(colour: Colour) -> None:
    accent = make_accent(str(colour))
    for theme, edge in zip((LIGHT, DARK), accent.edge, strict=True):
        assert min(contrast(edge, ground) for ground in theme.grounds) >= SHAPE


@pytest.mark.parametrize("unlucky", UNLUCKY)
def test_unlucky_colours_keep_their_fill(unlucky: str) -> None:
    assert str(make_accent(unlucky).fill) == unlucky


def test_a_lucky_colour_is_left_as_it_is() -> None:
    accent = make_accent("#2b50e0")
    assert accent.on_fill == WHITE
    assert str(accent.ink[0]) == "#2b50e0"
    assert str(accent.edge[0]) == "#2b50e0"


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000", "#fff", 21.0),
        ("#fff", "#fff", 1.0),
        ("#777777", "#fff", 4.48),
        ("#767676", "#fff", 4.54),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(parse_colour(one), parse_colour(other)) == pytest.approx(ratio, abs=0.005)
    assert contrast(parse_colour(other), parse_colour(one)) == pytest.approx(ratio, abs=0.005)


def test_luminance_goes_from_black_to_white() -> None:
    assert luminance(BLACK) == 0
    assert luminance(WHITE) == pytest.approx(1)


@given(COLOURS, COLOURS)
def test_mixing_ends_at_both_ends(one: Colour, other: Colour) -> None:
    assert mix(one, other, 0) == one
    assert mix(one, other, 1) == other


@given(COLOURS)
def test_a_colour_is_written_as_it_is_read(colour: Colour) -> None:
    assert parse_colour(str(colour)) == colour


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#",
        "red",
        "#12",
        "#1234",
        "#12345g",
        "2b50e0",
        "#2b50e0;",
        "#2b50e0\n",
        "#٢b50e0",
        "url(x)",
    ],
)
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ColourInvalid):
        parse_colour(text)


@given(COLOURS)
def test_what_is_reached_is_never_less_than_what_is_needed(colour: Colour) -> None:
    for theme in reached(make_accent(str(colour))):
        assert min(theme.on_fill, theme.ink) >= TEXT
        assert theme.edge >= SHAPE


def test_what_is_reached_is_the_least_of_all_grounds() -> None:
    light, dark = reached(make_accent("#2b50e0"))
    accent = make_accent("#2b50e0")
    assert light.ink == min(
        contrast(accent.ink[0], ground) for ground in (*LIGHT.grounds, accent.soft[0])
    )
    assert dark.edge == min(contrast(accent.edge[1], ground) for ground in DARK.grounds)
    assert (
        light.on_fill
        == dark.on_fill
        == min(contrast(accent.on_fill, ground) for ground in (accent.fill, accent.hover))
    )
