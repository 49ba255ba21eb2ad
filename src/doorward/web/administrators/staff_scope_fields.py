"""The fields that say which customers a member of the provider's staff sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from doorward.customers import staff_scope
from doorward.kernel.text import names
from doorward.permissions.staff_scope import Reach, Scope
from doorward.web.kit.fields import Field, Option, plain_field

if TYPE_CHECKING:
    from doorward.sessions.context import Person
    from doorward.web.administrators.forms import PersonForm
    from doorward.web.kit.forms import Wrong


def scope_fields(
    form: PersonForm, found: Wrong, *, me: Person, own: bool, theirs: Scope | None = None
) -> dict[str, Field]:
    """Make the fields; none for a customer's people.

    `own`: it is about who looks. `theirs`: the scope that the person has; who sees a part of the customers reads of it
    what is in their own.
    """
    if not me.is_staff:
        return {}
    if own or not me.scope.is_all:
        return {"scope": _read(found, me=me, own=own, theirs=theirs)}
    return {
        "scope": _reach(form, found),
        "scope_brands": _brands(form, found),
        "scope_customers": _customers(form, found),
    }


def _words() -> dict[Reach, str]:
    return {
        Reach.ALL: _("All customers"),
        Reach.BRANDS: _("The customers of some brands"),
        Reach.CUSTOMERS: _("Some customers, by name"),
    }


def _reach(form: PersonForm, found: Wrong) -> Field:
    options = [Option(one.value, text, one == form.scope) for one, text in _words().items()]
    return plain_field(
        "scope",
        _("Customers they see"),
        kind="radios",
        options=options,
        errors=found.at("scope"),
        help=_(
            "In every list, number, search and export. What they do not see is not there for them."
        ),
    )


def _brands(form: PersonForm, found: Wrong) -> Field:
    rows = staff_scope.brands(Scope.EVERYTHING).values_list("id", "name")
    options = [
        Option(str(id_), name, str(id_) in form.scope_brands)
        for id_, name in sorted(rows, key=lambda row: names.sort_key(row[1]))
    ]
    return plain_field(
        "scope_brands",
        _("Brands"),
        kind="checkboxes",
        options=options,
        errors=found.at("scope_brands"),
    )


def _customers(form: PersonForm, found: Wrong) -> Field:
    return plain_field(
        "scope_customers",
        _("Customers"),
        kind="textarea",
        value="\n".join(sorted(form.scope_customers, key=names.sort_key)),
        errors=found.at("scope_customers"),
        help=_("One name per line."),
        rows=4,
        spellcheck="false",
        autocapitalize="off",
    )


def _read(found: Wrong, *, me: Person, own: bool, theirs: Scope | None) -> Field:
    """Say what it is, and why it cannot be chosen here."""
    scope = theirs or me.scope
    words = [_words()[scope.reach]]
    if not scope.is_all:
        mine = set(staff_scope.names(me.scope)) if me.scope.reach is scope.reach else set()
        seen = [one for one in staff_scope.names(scope) if own or me.scope.is_all or one in mine]
        words += [", ".join(seen)] if seen else []
    why = (
        _("You cannot change which customers you see yourself. Ask a colleague.")
        if own
        else _("Only somebody who sees all customers can decide which ones a colleague sees.")
    )
    return plain_field(
        "scope",
        _("Customers they see"),
        value=": ".join(words),
        help=why,
        errors=found.at("scope"),
        readonly=True,
        disabled=True,
    )
