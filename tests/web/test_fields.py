"""Fields as pages draw them."""

from __future__ import annotations

from typing import Any

import pytest
from markupsafe import Markup

from doorward.web.kit import jinja
from doorward.web.kit.fields import Field, Option, as_field, attributes, plain_field


def _draw(piece: str, *values: Any, **named: Any) -> str:
    drawn = getattr(jinja.page_template("pieces.html").module, piece)(*values, **named)
    return " ".join(drawn.split())


BERLIN = Option("b", "Berlin", group="Europe")
LONDON = Option("l", "London", selected=True, group="Europe")
BOXES = [Option("home", "Home"), Option("support", "Support", selected=True)]


def test_an_error_is_tied_to_its_field() -> None:
    html = _draw("field", plain_field("name", "Name", help="As called.", errors=["Type one."]))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="name-help name-error"' in html
    assert '<p class="error" id="name-error" role="alert">' in html
    assert 'id="name-help"' in html
    assert '<label for="name">' in html


def test_what_was_typed_comes_back_escaped() -> None:
    html = _draw("field", plain_field("email", "E-mail", value='"><script>', autocomplete="email"))
    assert 'value="&#34;&gt;&lt;script&gt;"' in html
    assert "<script" not in html
    assert 'autocomplete="email"' in html


@pytest.mark.parametrize("kind", ["password", "code"])
def test_secrets_never_come_back(kind: str) -> None:
    assert "hunter2" not in _draw(
        "field", plain_field("password", "P", kind="password", value="hunter2hunter2")
    )
    assert plain_field("x", "X", kind=kind, value="123456").value == ""
    assert as_field(plain_field("x", "X", value="123456"), kind=kind).value == ""


def test_choices_keep_their_groups_and_what_is_chosen() -> None:
    html = _draw(
        "field",
        plain_field("zone", "Zone", kind="select", options=[BERLIN, LONDON, Option("u", "UTC")]),
    )
    assert '<optgroup label="Europe">' in html
    assert '<option value="l" selected>London</option>' in html
    assert html.count(" selected") == 1


def test_several_boxes_are_one_group_with_a_legend() -> None:
    html = _draw("field", plain_field("tabs", "Tabs", kind="checkboxes", options=BOXES))
    assert "<legend>Tabs</legend>" in html
    assert '<input type="checkbox" name="tabs" value="support" checked>' in html
    assert html.count(" checked") == 1


def test_a_tick_is_a_box_with_its_words() -> None:
    html = _draw("field", plain_field("required", "Required 2FA", kind="checkbox", checked=True))
    assert 'type="checkbox"' in html
    assert " checked" in html
    assert "Required 2FA" in html


def test_a_first_empty_line_is_kept() -> None:
    draw = jinja.page_template("pieces.html").module.field  # type: ignore[attr-defined]
    assert ">\n\nTwo\nlines</textarea>" in draw(
        plain_field("note", "Note", kind="textarea", value="\nTwo\nlines")
    )


def test_the_code_box_is_one_field_that_takes_a_paste() -> None:
    html = _draw("code_field", plain_field("code", "Six-digit code", required=True))
    for mark in (
        'inputmode="numeric"',
        'autocomplete="one-time-code"',
        'data-code="6"',
        'name="code"',
        " required",
    ):
        assert mark in html
    assert "maxlength" not in html


def test_a_box_that_sends_itself_says_so_beforehand() -> None:
    """WCAG 2.2, 3.2.2: who types is told, on every page that has such a box."""
    said = "It is sent with the last digit."
    box = plain_field("code", "Code", help="It works for ten minutes.")
    for digits in (6, 8):
        html = _draw("code_field", box, digits)
        assert f'id="code-sends" data-needs-script>{said}' in html
        assert 'aria-describedby="code-help code-sends"' in html
        assert f'data-code="{digits}"' in html
    assert 'aria-describedby="code-sends"' in _draw("code_field", plain_field("code", "Code"))
    for quiet in (_draw("code_field", box, 0), _draw("code_field", box, sends=False)):
        assert said not in quiet
        assert "data-code" not in quiet


def test_words_replace_or_become_attributes() -> None:
    made = as_field(plain_field("email", "E-mail", maxlength=320), label="Mail", autofocus=True)
    assert made.label == "Mail"
    assert made.attributes == {"maxlength": 320, "autofocus": True}
    assert plain_field("a", "A", attributes={"b": "c"}, d="e").attributes == {"b": "c", "d": "e"}


def test_attributes_are_escaped_and_left_out_where_there_are_none() -> None:
    written = attributes(
        {"data_copy": '"x"', "hidden": True, "disabled": False, "title": None, "rows": 0}
    )
    assert written == Markup(' data-copy="&#34;x&#34;" hidden rows="0"')


def test_options_are_plain_values() -> None:
    field = plain_field("zone", "Zone", kind="select", options=[Option("a", "<A>")])
    assert isinstance(field, Field)
    assert "&lt;A&gt;" in _draw("field", field)
