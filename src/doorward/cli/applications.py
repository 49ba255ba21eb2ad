"""`doorward applications`: the applications behind tabs that sign people in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click
from django.utils import timezone

from doorward.applications.rules import SCOPES
from doorward.audit.actor import CONSOLE
from doorward.cli.base import Group, json_option, print_json, print_table, utc, with_data
from doorward.cli.failure import Failure
from doorward.cli.output import show_once
from doorward.gate.assurance import Assurance

if TYPE_CHECKING:
    from doorward.applications.clients import ApplicationDetails
    from doorward.applications.models import Application, Site
    from doorward.applications.trial import Present, Way

# The password alone is no more than everybody verifies.
_ASKED = tuple(one.value for one in Assurance if one is not Assurance.PASSWORD)


@click.group(cls=Group)
def applications() -> None:
    """Let the applications behind tabs sign people in: OpenID clients, and their secrets."""


@applications.command()
@click.argument("tab")
@click.option(
    "--redirect",
    "redirects",
    multiple=True,
    required=True,
    metavar="ADDRESS",
    help="Where signing in may lead back to.",
)
@click.option(
    "--logout", "logouts", multiple=True, metavar="ADDRESS", help="Where signing out may lead."
)
@click.option(
    "--logout-channel", default="", metavar="ADDRESS", help="Where it is told of sign-outs."
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What it may ask for, openid always; may be given several times [profile and email].",
)
@click.option(
    "--resource",
    "resources",
    multiple=True,
    metavar="ADDRESS",
    help="A service that its access tokens may be for.",
)
@click.option(
    "--public", is_flag=True, help="It runs in a browser or on a phone and has no secret."
)
@click.option("--public-subject", is_flag=True, help="It is told the id that all are told.")
@click.option(
    "--algorithm",
    default="RS256",
    type=click.Choice(["RS256", "ES256"]),
    help="What its tokens are signed with.",
)
@click.option(
    "--required-acr",
    type=click.Choice(_ASKED),
    help="What its people must have verified at least: two factors, or a passkey (phr) [what their policy asks for].",
)
@click.option(
    "--while-managing",
    is_flag=True,
    help="Staff who manage a customer's portal with a yes to changes may open it.",
)
@click.option(
    "--keys", "keys_file", type=click.File("rb"), help="Its public keys, as a JSON Web Key Set."
)
@with_data
def add(tab: str, **given: Any) -> None:  # noqa: ANN401 - the options above
    """Let the application of a TAB (its key) sign people in.

    On stdout stands its client id and, after it, its secret where it has one, which is never shown again.
    """
    from doorward.applications import clients  # noqa: PLC0415 - after set-up, as all below
    from doorward.customers.models import Tab  # noqa: PLC0415

    found = Tab.objects.filter(key=tab).first()
    if found is None:
        raise Failure(f"There is no tab {tab} of the provider's own.")
    file = given["keys_file"]
    # What is no text is no key set either, and is refused as that.
    keys = file.read(clients.LONGEST_KEYS + 1).decode(errors="replace") if file else ""
    details = _details(given, keys)
    made = clients.add(found.id, details, actor=CONSOLE, now=timezone.now())
    show_once(made.client_id, otherwise=f"The application of {tab} was made, without a secret.")
    if not given["public"] and not keys:
        _show_new_secret(made, tab)


def _details(given: dict[str, Any], keys: str) -> ApplicationDetails:
    from doorward.applications import clients, rules  # noqa: PLC0415

    return clients.ApplicationDetails(
        client_type="public" if given["public"] else "confidential",
        subject_type="public" if given["public_subject"] else "pairwise",
        algorithm=given["algorithm"],
        redirect_uris="\n".join(given["redirects"]),
        logout_uris="\n".join(given["logouts"]),
        logout_channel=given["logout_channel"],
        resources="\n".join(given["resources"]),
        scopes=frozenset(given["scopes"] or rules.FIRST_SCOPES),
        required_acr=given["required_acr"] or "",
        while_managing=given["while_managing"],
        keys=keys,
    )


@applications.command("list")
@json_option
@with_data
def list_(*, as_json: bool) -> None:
    """List all applications."""
    from doorward.applications import clients  # noqa: PLC0415

    records = [_record(one) for one in clients.all_of_them()]
    if as_json:
        print_json(records)
        return
    rows = [(one["tab"], one["client_id"], one["client_type"]) for one in records]
    print_table(("TAB", "CLIENT ID", "TYPE"), rows)


@applications.command()
@click.argument("tab")
@with_data
def show(tab: str) -> None:
    """Print all that is set of the application of a TAB, as JSON; no secret is in it."""
    print_json(_record(_of(tab)))


@applications.command()
@click.argument("tab")
@with_data
def remove(tab: str) -> None:
    """Remove the application of a TAB and all that it was given; the tab stays a link."""
    from doorward.applications import clients  # noqa: PLC0415

    clients.remove(_of(tab).id, actor=CONSOLE)
    click.echo(f"The application of {tab} was removed.")


@applications.command("try")
@click.argument("tab")
@click.argument("email")
@json_option
@with_data
def try_(tab: str, email: str, *, as_json: bool) -> None:
    """Print whether the person with this EMAIL would get in to the application of a TAB, and what it would be told.

    Nobody is signed in by it. History has it.
    """
    print_tried(_of(tab), email, as_json=as_json)


def print_tried(of: Application | Site, email: str, *, as_json: bool) -> None:
    """Print what would come of somebody's trying: the sessions that there are, the ways to sign in, what is told."""
    from doorward.applications import trial  # noqa: PLC0415

    tried = trial.try_it(of, email, actor=CONSOLE, now=timezone.now())
    ways = [(_with(one), one.step.value, one.acr.value, one.amr) for one in tried.ways]
    if as_json:
        names = ("with", "step", "acr", "amr")
        listed = [dict(zip(names, one, strict=True)) for one in ways]
        sessions = list(map(_session, tried.present))
        who = {"email": tried.person.email, "sessions": sessions}
        print_json(who | {"ways": listed, "claims": tried.claims})
        return
    if tried.present:
        now = [
            (utc(one.since) or "", one.step.value, one.acr.value, " ".join(one.amr))
            for one in tried.present
        ]
        print_table(("SIGNED IN", "STEP", "ACR", "AMR"), now)
    print_table(("WITH", "STEP", "ACR", "AMR"), [(*one[:3], " ".join(one[3])) for one in ways])
    for scope, said in tried.claims.items():
        for name, value in said.items():
            click.echo(f"{scope}: {name}: {value}")


def _session(one: Present) -> dict[str, object]:
    return {
        "browser": one.browser,
        "signed_in": utc(one.since),
        "step": one.step.value,
        "acr": one.acr.value,
        "amr": one.amr,
        "auth_time": utc(one.auth_time),
    }


def _with(way: Way) -> str:
    if way.kind is None:
        return "recovery code" if way.by_code else "password"
    return way.kind.value


@applications.command("new-keys")
@with_data
def new_keys() -> None:
    """Replace the keys that tokens are signed with, because somebody else has them.

    Tokens that were given are worth nothing from now on. Nobody is signed out: applications fetch new ones with their
    refresh tokens, and read the key set again for it.
    """
    from doorward.applications import keys  # noqa: PLC0415

    if not keys.replace(actor=CONSOLE, now=timezone.now()):
        raise Failure("There are no such keys: they are made with the first application.")
    click.echo("New keys sign from now on, at every node within a minute. The old ones are gone.")


@applications.group()
def secret() -> None:
    """Make and remove the secrets of an application: two at a time, to change one for the other."""


@secret.command("new")
@click.argument("tab")
@with_data
def new_secret(tab: str) -> None:
    """Print a new secret of the application of a TAB. It is never shown again."""
    _show_new_secret(_of(tab), tab)


def _show_new_secret(application: Application, tab: str) -> None:
    """Make a secret and print it, the only time that it is shown."""
    from doorward.applications import secrets  # noqa: PLC0415

    made = secrets.make(application.id, actor=CONSOLE, now=timezone.now())
    lost = f"It was made all the same: `doorward applications show {tab}` has its id, to remove it."
    show_once(made, otherwise=lost)


@secret.command("remove")
@click.argument("tab")
@click.argument("secret_id", metavar="ID", type=click.UUID)
@with_data
def remove_secret(tab: str, secret_id: Any) -> None:  # noqa: ANN401 - a UUID, as click reads it
    """Remove the secret with that ID (`show` has it) from the application of a TAB."""
    from doorward.applications import secrets  # noqa: PLC0415

    secrets.remove(_of(tab).id, secret_id, actor=CONSOLE)
    click.echo("The secret was removed.")


def _of(tab: str) -> Application:
    from doorward.applications import clients  # noqa: PLC0415

    found: Application | None = clients.all_of_them().filter(tab__key=tab).first()
    if found is None:
        raise Failure(f"The tab {tab} has no application.")
    return found


_COLUMNS: Final = (
    "client_id",
    "client_type",
    "subject_type",
    "algorithm",
    "redirect_uris",
    "logout_uris",
    "logout_channel",
    "resources",
    "scopes",
    "required_acr",
    "while_managing",
    "keys",
)


def _record(application: Application) -> dict[str, Any]:
    return {
        "tab": application.tab.key,
        **{name: getattr(application, name) for name in _COLUMNS},
        "secrets": [
            {"id": str(one.id), "made_at": utc(one.made_at), "last_used": utc(one.used_at)}
            for one in application.secrets.order_by("made_at")
        ],
    }
