"""The fields of an application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorward.applications import clients, field_words, rules
from doorward.applications.models import Algorithm, ClientType, SubjectType
from doorward.gate.assurance import Assurance
from doorward.web.kit.fields import Option, line, plain_field, tick

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doorward.applications.clients import ApplicationDetails
    from doorward.applications.sites import SiteDetails
    from doorward.web.kit.fields import Field
    from doorward.web.kit.forms import Wrong

_WANTED: Final = {
    "": gettext_lazy("What the customer's policy asks for"),
    Assurance.TWO_FACTOR: gettext_lazy("Two factors, also where the policy does not require them"),
    Assurance.PHISHING_RESISTANT: gettext_lazy("A passkey"),
}
_LONGEST: Final = rules.MOST_ADDRESSES * (rules.LONGEST_ADDRESS + 1)


def application_fields(form: ApplicationDetails, found: Wrong) -> dict[str, Field]:
    """Return the fields of an application."""
    return _addresses(form, found) | _people(form, found) | _tokens(form, found)


def _addresses(form: ApplicationDetails, found: Wrong) -> dict[str, Field]:
    return {
        "client_type": _radios(form, found, "client_type", _("Where it runs"), ClientType.choices),
        "redirect_uris": _lines(
            form,
            found,
            "redirect_uris",
            _("Addresses that people come back to"),
            required=True,
            help=_("Redirect URIs, one per line, exactly as the application sends them."),
        ),
        "logout_uris": _lines(
            form, found, "logout_uris", _("Addresses after signing out"), help=_("One per line.")
        ),
        "logout_channel": line(
            form,
            found,
            "logout_channel",
            _("Address that is told of sign-outs"),
            maxlength=rules.LONGEST_ADDRESS,
            spellcheck="false",
            autocapitalize="off",
            help=_("For back-channel logout. Left empty, the application is not told."),
        ),
    }


def _people(form: ApplicationDetails, found: Wrong) -> dict[str, Field]:
    """Return what it is told of people, and whom it gets."""
    return {
        "scopes": plain_field(
            "scopes",
            _("What it may be told"),
            kind="checkboxes",
            options=[
                Option(key, str(said), key in form.scopes)
                for key, said in field_words.SCOPES.items()
            ],
            errors=found.at("scopes"),
        ),
        "required_acr": acr_field(form, found),
        "while_managing": tick(
            form,
            found,
            "while_managing",
            _("Staff opens it while managing a customer's portal"),
            help=_(
                "Only after the customer has agreed to changes. The token names the customer (sub) and who acts (act)."
            ),
        ),
    }


def _tokens(form: ApplicationDetails, found: Wrong) -> dict[str, Field]:
    keys = {
        "kind": "textarea",
        "rows": 4,
        "maxlength": clients.LONGEST_KEYS,
        "spellcheck": "false",
        "help": _(
            "A JSON Web Key Set, if it signs in with a key of its own and not with a secret."
        ),
    }
    return {
        "subject_type": _radios(
            form, found, "subject_type", _("How it knows people again"), SubjectType.choices
        ),
        "algorithm": _radios(form, found, "algorithm", _("Signature"), Algorithm.choices),
        "resources": _lines(
            form,
            found,
            "resources",
            _("APIs that it calls with access tokens"),
            help=_("One address per line. Each is a token of its own."),
        ),
        "keys": line(form, found, "keys", _("Its public keys"), **keys),
    }


def acr_field(form: ApplicationDetails | SiteDetails, found: Wrong) -> Field:
    """Return the choice of what people must verify."""
    return _radios(form, found, "required_acr", _("What its people must verify"), _WANTED.items())


def _lines(form: ApplicationDetails, found: Wrong, name: str, label: str, **rest: object) -> Field:
    return line(
        form,
        found,
        name,
        label,
        kind="textarea",
        rows=3,
        maxlength=_LONGEST,
        spellcheck="false",
        autocapitalize="off",
        **rest,
    )


def _radios(
    form: ApplicationDetails | SiteDetails,
    found: Wrong,
    name: str,
    label: str,
    choices: Iterable[tuple[object, object]],
) -> Field:
    chosen = getattr(form, name)
    options = [Option(str(value), str(said), str(value) == chosen) for value, said in choices]
    return plain_field(name, label, kind="radios", options=options, errors=found.at(name))
