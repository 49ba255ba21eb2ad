"""The Jinja2 environments of all pages, and what every template may call.

There is one environment for each language, in which the texts are part of the compiled template: a page has some forty,
and looking each up again took longer than all the rest of its rendering.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template import engines
from django.urls import reverse
from django.utils import translation
from jinja2 import StrictUndefined, Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from doorward.web.fast.templates import PlainTemplates
from doorward.web.http import static_files
from doorward.web.kit import fields, times
from doorward.web.kit.brandmark import look_version
from doorward.web.kit.icons import icon, name_drawing
from doorward.web.kit.offered import opens

if TYPE_CHECKING:
    from collections.abc import Hashable

    from jinja2.runtime import Macro


class PageEnvironment(PlainTemplates):
    """An environment whose templates speak one language; without one, that of whoever asks."""

    speaks: str | None = None

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if self.speaks is not None:
            with translation.override(self.speaks):
                _Fold().visit(tree)
        return tree


class _Fold(NodeTransformer):
    """Puts the result where a call stands that gives the same each time: a text, an icon, a file.

    A text that has values in it is there translated, and they are filled in when it is drawn.
    And an empty text where a condition has no else: Jinja's undefined value is dear to print, and a
    choice of time zones has four hundred of them.
    """

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:  # noqa: N802 - named by Jinja
        self.generic_visit(node)
        if node.expr2 is None:
            node.expr2 = nodes.Const("", lineno=node.lineno)
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - named by Jinja
        self.generic_visit(node)
        if (
            not isinstance(node.node, nodes.Name)
            or node.node.name not in _FOLDED
            or node.dyn_args
            or node.dyn_kwargs
        ):
            return node
        try:
            args = [arg.as_const() for arg in node.args]
            if node.kwargs and node.node.name == "_":
                text = nodes.Const(translation.gettext(*args), lineno=node.lineno)
                return nodes.Call(
                    nodes.Name("filled", "load"),
                    [text],
                    node.kwargs,
                    None,
                    None,
                    lineno=node.lineno,
                )
            kwargs = dict(keyword.as_const() for keyword in node.kwargs)
        except nodes.Impossible:
            return node
        return nodes.Const(GLOBALS[node.node.name](*args, **kwargs), lineno=node.lineno)


def environment(**options: Any) -> PageEnvironment:  # noqa: ANN401 - as Django's backend hands them over
    """Make the environment that Django knows: escaping, errors for undefined names, Django's gettext."""
    options |= {"autoescape": True, "undefined": StrictUndefined, "cache_size": -1}
    env = PageEnvironment(
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, **options
    )
    # as the extraction of messages has it: the white space of a {% trans %} block does not count
    env.policies["ext.i18n.trimmed"] = True
    # newstyle: values are filled in after translation, and escaped
    env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        gettext=translation.gettext,
        ngettext=translation.ngettext,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
        newstyle=True,
    )
    env.globals |= GLOBALS
    env.filters |= FILTERS
    return env


def page_template(name: str) -> Template:
    """Return a page's template in the active language. Raises jinja2.TemplateNotFound."""
    return _environment_of(translation.get_language() or settings.LANGUAGE_CODE).get_template(name)


@cache
def _environment_of(code: str) -> PageEnvironment:
    loader = engines["jinja2"].env.loader  # type: ignore[attr-defined]
    env = environment(loader=loader, auto_reload=False)
    env.speaks = code
    with translation.override(code):
        spoken = language()
    env.globals["language"] = lambda: spoken
    return env


def translate(text: str, **values: object) -> Markup:
    """Return one of our texts in the page's language; the values are escaped."""
    translated = translation.gettext(text)
    return filled(translated, **values) if values else Markup(translated)  # noqa: S704 - written by us


def filled(text: str, **values: object) -> Markup:
    """Return a text of ours or our translators with values in it, which are escaped."""
    return Markup(text % {name: escape(value) for name, value in values.items()})  # noqa: S704 - see above


@lru_cache(maxsize=1024)
def remember(piece: Macro, *values: Hashable) -> str:
    """Draw a piece that depends on these values alone, once: a person has the same top bar again and again."""
    return piece(*values)


def url(name: str, *args: object, **kwargs: object) -> str:
    """Return the address of a view. Raises NoReverseMatch."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


@cache
def static(path: str) -> str:
    """Return the address of a static file, with the hash of its content."""
    return static_files.address_of(path)


def initials(name: str) -> str:
    """Return one or two letters that stand for a person, from the first and the last word of the name."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper() or "?"


def language() -> dict[str, str]:
    """Return the page's language: `code`, `dir` (ltr or rtl) and its own `name`."""
    code = translation.get_language() or settings.LANGUAGE_CODE
    return _language(code, rtl=translation.get_language_bidi())


@cache
def languages() -> list[dict[str, str]]:
    """Return every language that a person can choose, each under its own name."""
    return [_language(code, rtl=False) for code, _name in settings.LANGUAGES]


@cache
def _language(code: str, *, rtl: bool) -> dict[str, str]:
    try:
        name = translation.get_language_info(code)["name_local"]
    except KeyError:
        name = code  # a language that Django has no name for, as the pseudo-language of the tests
    return {"code": code, "dir": "rtl" if rtl else "ltr", "name": name[:1].upper() + name[1:]}


GLOBALS: dict[str, Any] = {
    "_": translate,
    "as_field": fields.as_field,
    "clock": times.clock,
    "day": times.day,
    "exact": times.exact,
    "filled": filled,
    "icon": icon,
    "initials": initials,
    "input_attributes": fields.input_attributes,
    "language": language,
    "languages": languages,
    "look_version": look_version,
    "opens": opens,
    "option": fields.Option,
    "plain_field": fields.plain_field,
    "remember": remember,
    "static": static,
    "time_left": times.time_left,
    "url": url,
    "when": times.when,
}
_FOLDED = frozenset({"_", "icon", "static"})
FILTERS: dict[str, Any] = {
    "attributes": fields.attributes,
    "choices": fields.choices,
    "day": times.day,
    "exact": times.exact,
    "initials": initials,
    "name_drawing": name_drawing,
    "number": times.number,
    "when": times.when,
}
