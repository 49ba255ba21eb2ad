"""`doorward administrators end-sessions`: one person's sessions, or everybody's, after a break-in (ASVS 5, 7.4.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from django.db.models import Exists, OuterRef
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.base import with_data
from doorward.cli.lookup import administrator_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.accounts.models import Administrator


@click.command("end-sessions")
@click.argument("email", required=False)
@click.option("--all", "everybody", is_flag=True, help="Everybody's, of all customers.")
@with_data
def end_sessions(email: str | None, *, everybody: bool) -> None:
    """End all sessions of an administrator, or with --all of everybody; they sign in again.

    Each person is a step of its own: what was ended when the command is stopped stays ended, and it can be run again.
    """
    if everybody == bool(email):
        raise click.UsageError("Give the e-mail of somebody, or --all.")
    if email:
        browsers = _end(administrator_with(email))
        click.echo(f"{email} is signed out. Open sessions ended: {browsers}.")
        return
    people = browsers = 0
    for person in _with_sessions():
        browsers += _end(person)
        people += 1
    click.echo(f"Everybody is signed out. People: {people}. Open sessions ended: {browsers}.")


def _with_sessions() -> Iterator[Administrator]:
    """Return everybody with a session that was not ended, a half-done sign-in included."""
    from doorward.accounts.models import Administrator  # noqa: PLC0415 - after set-up
    from doorward.kernel.db.paging import in_pages  # noqa: PLC0415
    from doorward.sessions.models import Session  # noqa: PLC0415

    theirs = Session.objects.filter(administrator_id=OuterRef("pk"), ended_at__isnull=True)
    people = Administrator.objects.everywhere().filter(Exists(theirs))
    return in_pages(people.select_related("customer__brand"))


def _end(person: Administrator) -> int:
    from doorward.accounts.required_of import policy_of  # noqa: PLC0415 - after set-up
    from doorward.sessions import ending  # noqa: PLC0415

    now = timezone.now()
    policy = policy_of(person, now=now)
    return ending.end_all_of(subject=person.who(), policy=policy, actor=CONSOLE, now=now)
