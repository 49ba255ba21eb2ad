"""Templates are written as Python of ours, and say what Jinja's own would."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation
from jinja2 import DictLoader, UndefinedError
from markupsafe import Markup

from doorward.web.kit import jinja

HOSTILE = "<b>&\"'"
ESCAPED = "&lt;b&gt;&amp;&#34;&#39;"
MACRO = (
    '{% macro said(text, tone="") %}<i class="{{ tone }}">{{ text }}'
    "{% if caller is defined %}{{ caller() }}{% endif %}</i>{% endmacro %}"
)


def _drawn(source: str, *, language: str = "en", **values: Any) -> str:
    env = jinja.environment(loader=DictLoader({"page": source, "pieces": MACRO}))
    env.speaks = language
    with translation.override(language):
        return env.get_template("page").render(values)


@pytest.mark.parametrize(
    ("source", "drawn"),
    [
        ("{{ text }}", ESCAPED),
        ("{{ markup }}", "<b>"),
        ("{{ text|safe }}", HOSTILE),
        ("{{ number }}{{ nothing }}", "5None"),
        ("{{ (markup, text)|join }}", f"<b>{ESCAPED}"),
        ("{{ markup ~ text }}", f"<b>{ESCAPED}"),
        ("{% set kept %}{{ text }}{% endset %}{{ kept }}{{ text }}", ESCAPED * 2),
        ("{% for one in (text, markup) %}{{ loop.index }}{{ one }}{% endfor %}", f"1{ESCAPED}2<b>"),
        ("{{ listed[0].upper() }}", "A&amp;LT;"),
    ],
)
def test_what_is_no_markup_is_escaped_once(source, drawn):
    values: dict[str, Any] = {
        "text": HOSTILE,
        "markup": Markup("<b>"),
        "number": 5,
        "nothing": None,
    }
    assert _drawn(source, listed=["a&lt;"], **values) == drawn


@pytest.mark.parametrize(
    ("call", "drawn"),
    [
        ("{{ said(text) }}", f'<i class="">{ESCAPED}</i>'),
        ("{{ said(text, tone=text) }}", f'<i class="{ESCAPED}">{ESCAPED}</i>'),
        ("{{ said(*[text, text]) }}", f'<i class="{ESCAPED}">{ESCAPED}</i>'),
        ("{{ said(said(text)) }}", f'<i class=""><i class="">{ESCAPED}</i></i>'),
        ("{% call said(text) %}{{ text }}{% endcall %}", f'<i class="">{ESCAPED}{ESCAPED}</i>'),
        ("{% for one in [1] %}{{ said(text) }}{% endfor %}", f'<i class="">{ESCAPED}</i>'),
    ],
)
def test_a_macro_is_called_as_it_is_written(call, drawn):
    source = '{% from "pieces" import said with context %}' + call
    assert _drawn(source, text=HOSTILE) == drawn


@pytest.mark.parametrize("source", ["{{ missing }}", "{{ missing() }}", "{{ text.missing }}"])
def test_what_there_is_not_is_an_error(source):
    with pytest.raises(UndefinedError):
        _drawn(source, text="")


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Select {name}"), ("de", "{name} markieren")]
)
def test_values_are_filled_into_a_text_of_the_page_s_language_and_escaped(language, text):
    for value, shown in ((HOSTILE, ESCAPED), (Markup("<b>"), "<b>"), (5, "5")):
        drawn = _drawn("{{ _('Select %(name)s', name=name) }}", language=language, name=value)
        assert drawn == text.format(name=shown)


def test_a_text_with_its_number_is_in_the_page_s_language():
    source = '{{ ngettext("%(num)s code is left.", "%(num)s codes are left.", left) }}'
    assert _drawn(source, left=1) == "1 code is left."
    assert _drawn(source, left=3) == "3 codes are left."
