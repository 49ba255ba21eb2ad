"""`doorward check`: is this installation fit for production?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from django.conf import settings
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.base import json_option, print_json, with_data, with_data_as_it_is
from doorward.cli.failure import Failure
from doorward.cli.output import printable
from doorward.kernel.text.amounts import amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorward.operations.checks.finding import Finding

_ORDER = ("unfit", "advice", "fine")


@click.command()
@click.option(
    "--ntp", metavar="HOST[:PORT]", help="Also compare the clock with this time server's [none]."
)
@click.option(
    "--brand",
    metavar="NAME",
    help="Look at this brand instead: its host names and certificates, and SPF, DKIM and DMARC of its mail [none].",
)
@click.option(
    "--selector", metavar="NAME", default="", help="With --brand: the selector of the DKIM key."
)
@click.option(
    "--before-upgrade",
    is_flag=True,
    help="Run by the new version before it is started: what it will do to the database, which stays as it is.",
)
@json_option
def check(
    *, ntp: str | None, brand: str | None, selector: str, before_upgrade: bool, as_json: bool
) -> None:
    """List what is not ready for production, and what to do about it.

    Exit status 1 where something is unfit. What is only advised does not count.

    With --brand it connects to the brand's own host names, at port 443, and to nothing else.
    """
    if before_upgrade:
        looked: Sequence[Finding] = with_data_as_it_is(_look_ahead)()
    elif brand is None:
        looked = with_data(_look)(ntp)
    else:
        looked = with_data(_look_at_brand)(brand, selector)
    found = sorted(looked, key=lambda finding: _ORDER.index(finding.verdict))
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        _print(found)
    if number := sum(finding.verdict == "unfit" for finding in found):
        things = amount(number, "thing is", "things are")
        what = "the upgrade" if before_upgrade else "production"
        raise Failure(f"{things} not ready for {what}.")


def _look_ahead() -> list[Finding]:
    from doorward.operations.checks import upgrade  # noqa: PLC0415 - after set-up, as all below

    return [*upgrade.look(settings.DOORWARD, now=timezone.now())]


def _look(ntp: str | None) -> list[Finding]:
    from doorward.operations.checks import backups, clocks, database, machine, mail, sites  # noqa: PLC0415 - after set-up, as all below
    from doorward.operations.checks import settings as given  # noqa: PLC0415

    return [
        *given.look(settings.DOORWARD, debug=settings.DEBUG),
        *machine.look(settings.DOORWARD),
        *database.look(),
        *mail.look(settings.DOORWARD),
        *backups.look(settings.DOORWARD, now=timezone.now()),
        *sites.look(settings.DOORWARD),
        *clocks.look(ntp),
    ]


def _look_at_brand(name: str, selector: str) -> Sequence[Finding]:
    from doorward.cli.brands import brand_named  # noqa: PLC0415 - after set-up, as all below
    from doorward.operations.checks.brand.check import look  # noqa: PLC0415
    from doorward.operations.checks.brand.host_names import Doors  # noqa: PLC0415

    return look(brand_named(name), selector, actor=CONSOLE, doors=Doors(timezone.now()))


def _print(found: Sequence[Finding]) -> None:
    width = max(len(finding.check) for finding in found)
    for finding in found:
        head = f"{finding.verdict:6}  {finding.check.ljust(width)}  "
        click.echo(head + printable(finding.what))
        if finding.do:
            click.echo(" " * len(head) + "→ " + printable(finding.do))
        if finding.record:
            record = finding.record
            click.echo(f'{" " * len(head)}  {record.name} {record.type} "{record.value}"')
