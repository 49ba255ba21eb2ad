"""`doorward import list` and `invite`: what was imported lately, and inviting who came with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.base import json_option, utc, with_data
from doorward.cli.failure import Failure
from doorward.cli.importing_lines import finish, refuse_report, report_option
from doorward.cli.output import printable
from doorward.kernel.errors import NotFound
from doorward.permissions.staff_scope import Scope

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from doorward.importing.models import ImportRun


@click.command("list")
@json_option
@with_data
def list_(*, as_json: bool) -> None:
    """List the imports of the last days, the newest first, and how many people of each wait for an invitation."""
    from doorward.importing import queries  # noqa: PLC0415

    records = [_record(run) for run in queries.listed(scope=Scope.EVERYTHING).filter(dry=False)]
    if as_json:
        click.echo(json.dumps(records, ensure_ascii=False))
        return
    for one in records:
        into = f" into {one['customer']}" if one["customer"] else ""
        waiting = f", {one['waiting']} to invite" if one["waiting"] else ""
        numbers = f"{one['made']} made, {one['changed']} changed, {one['refused']} refused"
        file = f" {printable(one['file'])}" if one["file"] else ""
        click.echo(f"{one['id']}: {one['kind']}{file}{into}, {one['state']}: {numbers}{waiting}")


@click.command()
@click.argument("import_id", metavar="ID", type=click.UUID)
@report_option
@json_option
@with_data
def invite(*, import_id: UUID, report: Path | None, as_json: bool) -> None:
    """Invite by mail the people who came with an import and wait for it; `doorward import list` shows its ID.

    Once more it invites whoever is left: nobody is invited twice.
    """
    from doorward.importing import queries, runs  # noqa: PLC0415
    from doorward.importing.models import ImportState  # noqa: PLC0415
    from doorward.rollout.errors import RunOver  # noqa: PLC0415

    refuse_report(report)
    now = timezone.now()
    try:
        begun = runs.invite(queries.find(import_id, scope=Scope.EVERYTHING), actor=CONSOLE, now=now)
    except NotFound as error:
        raise Failure("No import of the last days has this ID; doorward import list.") from error
    except RunOver as error:
        raise Failure("Nobody of this import waits for an invitation.") from error
    if begun.state == ImportState.STOPPED:
        runs.resume(begun, actor=CONSOLE, now=now)
    finish(begun, report=report, as_json=as_json, go_on="the same command")


def _record(run: ImportRun) -> dict[str, Any]:
    from doorward.importing import inviting  # noqa: PLC0415
    from doorward.importing.models import ImportState  # noqa: PLC0415

    done = run.state == ImportState.DONE
    return {
        "id": str(run.id),
        "kind": run.kind,
        "file": run.file_name,
        "customer": run.customer.name if run.customer else "",
        "state": run.state,
        "begun": utc(run.begun_at),
        "lines": run.lines,
        "made": run.made,
        "changed": run.changed,
        "same": run.same,
        "refused": run.refused,
        "waiting": inviting.waiting(run).count() if done else 0,
    }
