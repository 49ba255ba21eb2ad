"""The fields of a brand's form, with what was typed and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from doorward.customers import brands, contact
from doorward.kernel.text.cleaning import LONGEST_EMAIL
from doorward.permissions.protected_fields import is_guarded
from doorward.web.kit.fields import as_field, line, tick

if TYPE_CHECKING:
    from doorward.customers.contact import Contact
    from doorward.customers.models import Brand
    from doorward.web.kit.fields import Field
    from doorward.web.kit.forms import Wrong
    from doorward.web.provider.forms import BrandForm

_LONGEST_HOSTS: Final = 4000


def brand_fields(
    brand: Brand | None, form: BrandForm, found: Wrong, *, may_lower: bool
) -> dict[str, Field]:
    """Make the fields; without a brand, those of one to be added.

    `may_lower`: whether what protects people may be changed, too; else such a line is only to be read.
    """
    made = _look_fields(form, found) | contact_fields(form, found) | _sender(form, found)
    made |= _ticks(brand, form, found)
    if may_lower or brand is None:
        return made
    lines = {name for name, one in made.items() if one.kind != "checkbox" and is_guarded(name)}
    return made | {name: as_field(made[name], readonly=True) for name in lines}


def _look_fields(form: BrandForm, found: Wrong) -> dict[str, Field]:
    name = {"required": True, "maxlength": brands.NAME_LENGTH}
    said = _("Shown beside the codes on people's phones. Codes already set up keep the old name.")
    issuer = {"required": True, "maxlength": brands.ISSUER_LENGTH, "help": said}
    hosts = {
        "kind": "textarea",
        "rows": 3,
        "maxlength": _LONGEST_HOSTS,
        "spellcheck": "false",
        "autocapitalize": "off",
        "help": _("One per line. Links in mails use the first one that is confirmed."),
    }
    accent = {
        "required": True,
        "maxlength": 7,
        "spellcheck": "false",
        "data_accent": "#accent-preview",
        "help": _("For example #2b50e0. Text on it and in it is made readable automatically."),
    }
    return {
        "name": line(form, found, "name", _("Name"), **name),
        "issuer": line(form, found, "issuer", _("Name in authenticator apps"), **issuer),
        "hosts": line(form, found, "hosts", _("Host names"), **hosts),
        "accent": line(form, found, "accent", _("Accent colour"), **accent),
    }


def _sender(form: BrandForm, found: Wrong) -> dict[str, Field]:
    return {
        "email_from": line(
            form,
            found,
            "email_from",
            _("Sender of mails"),
            kind="email",
            maxlength=LONGEST_EMAIL,
            autocomplete="off",
            help=_("If empty, the support e-mail."),
        )
    }


def contact_fields(
    form: Contact, found: Wrong, *, for_all: Contact | None = None, readonly: bool = False
) -> dict[str, Field]:
    """Make the fields of support and legal pages; `for_all`: what is said where one of them is left empty."""
    link: dict[str, Any] = {"kind": "url", "maxlength": contact.LINK_LENGTH}
    email = {"kind": "email", "maxlength": LONGEST_EMAIL, "autocomplete": "off"}
    hours = {"maxlength": contact.HOURS_LENGTH, "placeholder": _("Mon–Fri 8:00–18:00")}
    declared: dict[str, tuple[str, dict[str, Any]]] = {
        "support_phone": (_("Phone"), {"kind": "tel", "maxlength": contact.PHONE_LENGTH}),
        "support_hours": (_("Hours"), hours),
        "support_email": (_("E-mail"), email),
        "support_url": (_("Web page"), link),
        "terms_url": (_("Terms"), link),
        "privacy_url": (_("Privacy policy"), link),
        "legal_url": (_("Legal notice"), link),
    }
    made = {}
    for name, (label, rest) in declared.items():
        more = {"readonly": True} if readonly else {}
        if for_all is not None:
            more["placeholder"] = getattr(for_all, name)
        made[name] = line(form, found, name, label, **rest | more)
    return made


def _ticks(brand: Brand | None, form: BrandForm, found: Wrong) -> dict[str, Field]:
    is_default = brand is not None and brand.is_default
    return {
        "is_default": tick(
            form,
            found,
            "is_default",
            _("Default brand"),
            checked=is_default,
            disabled=is_default,
            help=_("It stays the default until you choose another one.")
            if is_default
            else _("For the portal's own address, where no brand has it, and for new customers."),
        ),
    }
