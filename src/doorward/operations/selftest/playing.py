"""Playing all threats: two throw-away customers are made, used, and deleted again, whatever happens in between."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from doorward.audit import sealing
from doorward.audit.events import SELFTEST_RUN, Outcome
from doorward.audit.record import record
from doorward.customers import throw_away
from doorward.customers.models import Customer, CustomerKind, ThrowAway
from doorward.customers.rights import authorise
from doorward.kernel.ratelimit import throttle
from doorward.notifications import customer_deletion
from doorward.operations.selftest.browser import NoAnswer, Target
from doorward.operations.selftest.guards import GUARDS
from doorward.operations.selftest.stage import Fell, NotHere, Stage
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorward.audit.actor import Actor
    from doorward.operations.selftest.guards import Guard

# Others may seal and delete at the same moment; what is left then, the worker deletes.
_ROUNDS: Final = 40
_PAUSE_SECONDS: Final = 0.25


class Verdict(StrEnum):
    """What came of one guard."""

    HOLDS = "holds"
    FELL = "fell"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Result:
    """One guard, what came of it, and why it fell or was not asked."""

    guard: str
    sentence: str
    verdict: Verdict
    why: str = ""


def play_all(
    target: Target,
    *,
    actor: Actor,
    tell: Callable[[Result], None],
    guards: Sequence[Guard] = GUARDS,
) -> list[Result]:
    """Play each threat, `tell` what came of it, and write the result into history; return the results.

    Raises `NoAnswer` where the installation does not answer at all.
    """
    authorise(actor, Action.RUN_SELFTEST)
    throw_away.end_due(now=timezone.now())
    stage = _stage(target, actor=actor)
    try:
        results = []
        # Whether anybody is there is asked first: else all guards would have fallen.
        stage.browser().get("/healthz")
        for guard in guards:
            results.append(_played(guard, stage))
            tell(results[-1])
    finally:
        _clear(stage, actor=actor)
    _write_down(results, actor=actor)
    return results


def _stage(target: Target, *, actor: Actor) -> Stage:
    ours, theirs = (throw_away.make(actor=actor, now=timezone.now()) for _ in range(2))
    return Stage(target, ours, theirs)


def _played(guard: Guard, stage: Stage) -> Result:
    try:
        guard.play(stage)
    except NotHere as why:
        return Result(guard.name, guard.sentence, Verdict.NOT_ASKED, str(why))
    except (Fell, NoAnswer) as why:
        return Result(guard.name, guard.sentence, Verdict.FELL, str(why))
    except Exception as error:  # noqa: BLE001 - one that cannot be asked must not keep the others from it
        said = f"it could not be asked: {type(error).__name__}"
        return Result(guard.name, guard.sentence, Verdict.FELL, said)
    return Result(guard.name, guard.sentence, Verdict.HOLDS)


def _clear(stage: Stage, *, actor: Actor) -> None:
    """Take the failures back that were counted for this address, and delete both customers with all of theirs."""
    wrong = sum(browser.wrong for browser in stage.browsers)
    for address in stage.addresses():
        throttle.take_back(address, failures=wrong)
    ids = (stage.ours.id, stage.theirs.id)
    for customer_id in ids:
        throw_away.end(customer_id, actor=actor, now=timezone.now())
    for _ in range(_ROUNDS):
        # What is not sealed cannot be erased.
        sealing.seal(now=timezone.now())
        customer_deletion.delete_due(now=timezone.now())
        if not ThrowAway.objects.filter(customer_id__in=ids).exists():
            return
        time.sleep(_PAUSE_SECONDS)


def _write_down(results: Sequence[Result], *, actor: Actor) -> None:
    of = {verdict: [one.guard for one in results if one.verdict is verdict] for verdict in Verdict}
    fell = of[Verdict.FELL]
    provider = Customer.objects.values_list("id", "name").get(kind=CustomerKind.PROVIDER)
    with transaction.atomic():
        record(
            SELFTEST_RUN,
            actor=actor,
            customer=provider,
            outcome=Outcome.FAILED if fell else Outcome.OK,
            details={"held": of[Verdict.HOLDS], "fell": fell, "not_asked": of[Verdict.NOT_ASKED]},
        )
