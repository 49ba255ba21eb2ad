"""The fields of a person's form, with what was typed and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from doorward.accounts.changes import NAME_LENGTH
from doorward.accounts.errors import OwnAdministratorsRight
from doorward.customers.cached import not_for
from doorward.customers.tab_titles import title_of
from doorward.customers.tabs import ADMINISTRATORS
from doorward.kernel.refusals import sentence
from doorward.kernel.text.cleaning import LONGEST_EMAIL
from doorward.web.administrators.person_words import tab_help
from doorward.web.administrators.staff_scope_fields import scope_fields
from doorward.web.kit.fields import Field, Option, plain_field
from doorward.web.kit.language_field import language_field
from doorward.web.kit.tab_bar import tabs_in_order

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from doorward.sessions.context import Person
    from doorward.web.administrators.forms import ChangeForm, NewForm, PersonForm
    from doorward.web.kit.forms import Wrong

_LONGEST_PHONE = 50


def new_fields(
    form: NewForm, found: Wrong, *, me: Person, held: bool, about: str
) -> dict[str, Field]:
    """Make the fields for somebody to be added. `held`: policy or minimum require it; `about` says when."""
    ticked = form.require_2fa or held
    return {
        **_details(form, found),
        "language": language_field(form.language or me.language, errors=found.at("language")),
        "require_2fa": _required(found, checked=ticked, help=about, disabled=held),
        "tabs": _tabs(form, found, me=me, own=False),
        **scope_fields(form, found, me=me, own=False),
    }


def change_fields(  # noqa: PLR0913 - the form, who looks at it, and how the person stands
    form: ChangeForm,
    found: Wrong,
    *,
    me: Person,
    person: Administrator,
    held: bool,
    about: str,
) -> dict[str, Field]:
    """Make the fields for somebody there. `held`: policy or minimum require it; `about` says how they stand."""
    ticked, own = form.require_2fa or held, person.id == me.id
    return {
        **_details(form, found),
        "require_2fa": _required(found, checked=ticked, help=about, disabled=held),
        "tabs": _tabs(form, found, me=me, own=own),
        **scope_fields(form, found, me=me, own=own, theirs=person.staff_scope),
    }


def _details(form: PersonForm, found: Wrong) -> dict[str, Field]:
    texts: dict[str, tuple[str, str, dict[str, Any]]] = {
        "first_name": (_("First name"), form.first_name, {"maxlength": NAME_LENGTH}),
        "last_name": (
            _("Last name"),
            form.last_name,
            {"maxlength": NAME_LENGTH, "help": _("One name alone is enough.")},
        ),
        "email": (_("E-mail"), form.email, {"kind": "email", "maxlength": LONGEST_EMAIL}),
        "phone": (_("Phone"), form.phone, {"kind": "tel", "maxlength": _LONGEST_PHONE}),
    }
    return {
        name: plain_field(
            name,
            label,
            value=value,
            errors=found.at(name),
            required=name == "email",
            one_of_several=name in {"first_name", "last_name"},
            # It is somebody else's data: the browser's own must not be offered.
            autocomplete="off",
            **more,
        )
        for name, (label, value, more) in texts.items()
    }


def _required(found: Wrong, **rest: Any) -> Field:  # noqa: ANN401 - as plain_field
    label = _("Required 2FA")
    return plain_field(
        "require_2fa", label, kind="checkbox", errors=found.at("require_2fa"), **rest
    )


def _tabs(form: PersonForm, found: Wrong, *, me: Person, own: bool) -> Field:
    options = [
        Option(
            value=key,
            label=title_of(key),
            selected=key in form.tabs or (own and key == ADMINISTRATORS),
            help=sentence(OwnAdministratorsRight())
            if own and key == ADMINISTRATORS
            else tab_help(key),
            disabled=own and key == ADMINISTRATORS,
        )
        for key in tabs_in_order(is_staff=me.is_staff, without=not_for(me.brand_id, me.customer_id))
    ]
    return plain_field(
        "tabs",
        _("Access rights"),
        kind="checkboxes",
        options=options,
        errors=found.at("tabs"),
    )
