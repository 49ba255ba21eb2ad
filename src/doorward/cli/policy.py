"""`doorward policy`: what is asked of a customer's people, as a file: shown, rehearsed, applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.base import Group, json_option, print_json, print_table, with_data
from doorward.cli.failure import Failure
from doorward.cli.lookup import customer_named
from doorward.kernel.text.amounts import amount

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.policy.fields import Values
    from doorward.policy.versions import Owner, Wanted
    from doorward.rollout.rehearsal import Rehearsal

LONGEST = 64 * 1024


def _of(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take whose policy it is: a customer's own, or with an option the provider's minimum."""
    command = click.option("--brand", is_flag=True, help="The minimum of a brand; NAME is its.")(
        command
    )
    command = click.option("--minimum", is_flag=True, help="The provider's minimum for NAME.")(
        command
    )
    return click.argument("name")(command)


file_argument = click.argument("file", type=click.File("rb"))


@click.group(cls=Group)
def policy() -> None:
    """Show, rehearse and apply what is asked of people. FILE is TOML, as `show` prints it."""


@policy.command()
@_of
@json_option
@with_data
def show(name: str, *, minimum: bool, brand: bool, as_json: bool) -> None:
    """Print what holds now, as a file that `plan` and `apply` take."""
    from doorward.policy import files  # noqa: PLC0415 - after set-up, as all below

    owner = _owner(name, minimum=minimum, brand=brand)
    values = _holding(owner)
    if as_json:
        print_json(files.as_json(values, owner))
        return
    click.echo(files.text_of(values), nl=False)


@policy.command()
@_of
@file_argument
@json_option
@with_data
def plan(name: str, file: Any, *, minimum: bool, brand: bool, as_json: bool) -> None:  # noqa: ANN401
    """Print what FILE would change, and what would happen to how many people. Nothing is changed."""
    owner = _owner(name, minimum=minimum, brand=brand)
    wanted = _wanted(file, owner)
    found = _rehearsed(owner, wanted)
    if as_json:
        print_json(_record(owner, wanted, found))
        return
    _tell(owner, wanted, found)


@policy.command()
@_of
@file_argument
@json_option
@with_data
def rehearse(name: str, file: Any, *, minimum: bool, brand: bool, as_json: bool) -> None:  # noqa: ANN401
    """Print what FILE would do to each person. Nothing is changed."""
    owner = _owner(name, minimum=minimum, brand=brand)
    wanted = _wanted(file, owner)
    found = _rehearsed(owner, wanted)
    if as_json:
        print_json(_record(owner, wanted, found) | {"people": _people(found)})
        return
    _tell(owner, wanted, found)
    columns = ("email", "outcome", "why", "day", "session")
    heads = tuple(one.upper() for one in columns)
    rows = [tuple(str(one[key] or "") for key in columns) for one in _people(found)]
    print_table(heads, rows)


@policy.command()
@_of
@file_argument
@click.option("--yes", is_flag=True, help="Do not ask: apply what was rehearsed.")
@with_data
def apply(name: str, file: Any, *, minimum: bool, brand: bool, yes: bool) -> None:  # noqa: ANN401
    """Rehearse FILE, ask, and save it as a new version. Where it changes nothing, nothing is saved."""
    owner = _owner(name, minimum=minimum, brand=brand)
    wanted = _wanted(file, owner)
    shown = _rehearsed(owner, wanted)
    while _tell(owner, wanted, shown):
        click.echo()
        if not (yes or click.confirm("Apply this?", err=True)):
            raise Failure("Nothing was changed.")
        newer = _apply(owner, wanted, shown)
        if newer is None:
            return
        click.echo("People have changed since this was rehearsed, so nothing was saved yet. Now:\n")
        shown = newer


def _apply(owner: Owner, wanted: Wanted, shown: Rehearsal) -> Rehearsal | None:
    """Save what was shown; where people would fare differently by now, return how instead."""
    from doorward.rollout import applying  # noqa: PLC0415
    from doorward.rollout.errors import RehearsalOutdated  # noqa: PLC0415

    now = timezone.now()
    try:
        version = applying.apply_shown(owner, wanted, shown, actor=CONSOLE, now=now)
    except RehearsalOutdated:
        return _rehearsed(owner, wanted)
    if version is not None:
        click.echo(f"Version {version.number} was saved.")
    return None


def _owner(name: str, *, minimum: bool, brand: bool) -> Owner:
    from doorward.customers.models import Brand  # noqa: PLC0415
    from doorward.policy import versions  # noqa: PLC0415

    if brand:
        found = Brand.objects.filter(name=name).values_list("id", flat=True).first()
        if found is None:
            raise Failure(f"There is no brand named {name}.")
        return versions.minimum_of_brand(found)
    customer_id = customer_named(name).id
    return (versions.minimum_of_customer if minimum else versions.policy_of_customer)(customer_id)


def _holding(owner: Owner) -> Values:
    from doorward.policy import series  # noqa: PLC0415

    text = owner.rows().values_list(owner.column, flat=True).get()
    return series.current(series.load(text), now=timezone.now(), default=owner.default)


def _wanted(file: Any, owner: Owner) -> Wanted:  # noqa: ANN401 - what click opened
    """Read the file. Raises `Failure` with a line for each key that is wrong."""
    from doorward.kernel.errors import FieldsRefused  # noqa: PLC0415
    from doorward.kernel.refusals import sentence  # noqa: PLC0415
    from doorward.policy import files  # noqa: PLC0415

    content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise Failure("The file is too long.")
    try:
        return files.wanted_of(content.decode(), owner)
    except UnicodeDecodeError as error:
        raise Failure("The file is not UTF-8.") from error
    except FieldsRefused as refusal:
        lines = (f"{key}: {sentence(one)}" for key, one in refusal.fields.items())
        raise Failure("\n".join(lines)) from refusal


def _rehearsed(owner: Owner, wanted: Wanted) -> Rehearsal:
    from doorward.rollout.rehearsal import Plan, rehearse  # noqa: PLC0415

    return rehearse(Plan(owner=owner, wanted=wanted), now=timezone.now())


def _changes(owner: Owner, wanted: Wanted, found: Rehearsal) -> list[dict[str, Any]]:
    from doorward.policy import versions  # noqa: PLC0415

    before, after = versions.would_change(owner, wanted, now=found.at)
    return [
        {"field": one.field.removeprefix("policy."), "before": one.before, "after": one.after}
        for one in versions.changes_between(before, after)
    ]


def _record(owner: Owner, wanted: Wanted, found: Rehearsal) -> dict[str, Any]:
    from doorward.rollout.rehearsal import Helpers  # noqa: PLC0415
    from doorward.rollout.rules import Outcome  # noqa: PLC0415

    counts, helpers = found.count(), Helpers.among(found.people.values())
    return {
        "changes": _changes(owner, wanted, found),
        "starts_at": _moment(wanted.starts_at),
        "outcomes": {one.value: counts[one.value] for one in Outcome},
        "newly_required": counts["newly"],
        "no_longer_required": counts["freed"],
        "sessions_stopped": len(found.sessions),
        "helpers": {"people": helpers.people, "through": helpers.through},
    }


def _tell(owner: Owner, wanted: Wanted, found: Rehearsal) -> bool:
    """Say what would change, and for how many people; return whether anything would."""
    record = _record(owner, wanted, found)
    if not record["changes"]:
        click.echo("Nothing would change.")
        return False
    rows = [
        (one["field"], _plain(one["before"]), _plain(one["after"])) for one in record["changes"]
    ]
    print_table(("FIELD", "BEFORE", "AFTER"), rows)
    if record["starts_at"]:
        click.echo(f"It holds from {record['starts_at']}.")
    click.echo()
    print_table(
        ("OUTCOME", "PEOPLE"), [(name, str(number)) for name, number in record["outcomes"].items()]
    )
    helpers = record["helpers"]
    stopped = amount(record["sessions_stopped"], "open session", "open sessions")
    people = amount(helpers["people"], "person", "people")
    click.echo(
        f"{stopped} would be stopped. Of {people} with the Administrators tab, {helpers['through']} would get in "
        "without doing anything."
    )
    return True


def _plain(value: object) -> str:
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "-" if value is None else str(value)


def _people(found: Rehearsal) -> list[dict[str, Any]]:
    """Return each person, by customer and name."""
    from doorward.accounts.models import Administrator  # noqa: PLC0415
    from doorward.audit.naming import full_name  # noqa: PLC0415

    whose = {one.customer_id for one in found.people.values()}
    rows = Administrator.objects.everywhere().filter(customer_id__in=whose)
    columns = ("id", "email", "first_name", "last_name", "customer__name")
    stopped = set(found.sessions.values())
    people = []
    ordered = rows.order_by("customer__name_sort", "name_sort", "id").values_list(*columns)
    for person_id, email, first, last, customer in ordered.iterator(chunk_size=5000):
        if (told := found.people.get(person_id)) is None:
            continue
        people.append(
            {
                "email": email,
                "name": full_name(first, last, email),
                "customer": customer,
                "outcome": told.foretold.outcome.value,
                "why": told.foretold.why.value if told.foretold.why else None,
                "day": _moment(told.foretold.day),
                "session": "stopped" if person_id in stopped else None,
            }
        )
    return people


def _moment(moment: Any) -> str | None:  # noqa: ANN401 - a datetime, or None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
