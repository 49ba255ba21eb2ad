"""`doorward selftest`: do the guards of the running installation hold?"""

from __future__ import annotations

import signal
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from django.conf import settings

from doorward.audit.actor import CONSOLE
from doorward.cli.base import json_option, print_json, with_data
from doorward.cli.failure import Failure
from doorward.kernel.text.amounts import amount

if TYPE_CHECKING:
    from doorward.operations.selftest.browser import Target
    from doorward.operations.selftest.playing import Result


@click.command()
@click.option(
    "--address",
    metavar="URL",
    help="Where to ask, if not at the public address: http://127.0.0.1:8000, past a proxy.",
)
@json_option
@with_data
def selftest(*, address: str | None, as_json: bool) -> None:
    """Play the threats against the running installation, and say which guard holds.

    It makes two customers with people whose addresses lead nowhere, signs in as them over HTTP, does what it should not
    be able to do, and deletes them again. What came of it is written into history. Exit status 1 where a guard fell.
    """
    from doorward.operations.selftest.browser import NoAnswer  # noqa: PLC0415 - after set-up, as all below
    from doorward.operations.selftest.playing import Verdict, play_all  # noqa: PLC0415

    _break_off_in_order()
    try:
        results = play_all(
            _target(address), actor=CONSOLE, tell=(lambda _: None) if as_json else _tell
        )
    except NoAnswer as error:
        raise Failure(f"{str(error).rstrip('.')}.") from error
    if as_json:
        print_json([asdict(one) for one in results])
    fell = [one.guard for one in results if one.verdict is Verdict.FELL]
    if fell:
        raise Failure(
            f"{len(fell)} of {amount(len(results), 'guard', 'guards')} fell: {', '.join(fell)}."
        )


def _break_off_in_order() -> None:
    """Have what ends it otherwise, or the end of its terminal, break it off as Ctrl-C does: it clears up then."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # not where `nohup` has it ignored
            signal.signal(number, signal.default_int_handler)


def _target(address: str | None) -> Target:
    from doorward.kernel.host_spelling import clean_origin  # noqa: PLC0415 - after set-up, as all below
    from doorward.operations.selftest.browser import Target  # noqa: PLC0415

    origin = settings.DOORWARD.origin
    given = clean_origin(address.rstrip("/")) if address else origin
    if not given:
        raise Failure(f"{address} is no address: say http://127.0.0.1:8000.")
    return Target(address=given, origin=origin)


def _tell(result: Result) -> None:
    click.echo(f"{result.verdict.value:9}  {result.guard:22}  {result.sentence}")
    if result.why:
        click.echo(f"{'':33}  → {result.why}")
