"""Setting up a passkey: the browser makes one for our challenge, and it counts at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from doorward.audit.browsers import name_of_browser
from doorward.credentials import enrolment, standing
from doorward.credentials.errors import AlreadyEnabled, PasskeyRegistered
from doorward.credentials.events import TWO_FACTOR_ENABLE_FAILED
from doorward.credentials.models import Factor, Passkey
from doorward.credentials.passkeys import authenticators, challenges, queries
from doorward.credentials.passkeys.answers import Expected, read_answer
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.passkeys.options import User, for_creation
from doorward.credentials.passkeys.rules import check_registration
from doorward.credentials.wrong_proofs import record_failure
from doorward.customers.rights import authorise
from doorward.kernel.errors import Refusal
from doorward.permissions.actions import Action
from doorward.policy.rules import FactorKind
from doorward.sessions.errors import StaleRequest

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.credentials.passkeys.options import Party
    from doorward.credentials.passkeys.rules import NewPasskey
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started

NAME_LENGTH = 60


def begin(*, auth: AuthContext, party: Party, now: datetime) -> dict[str, Any]:
    """Return the options to make a passkey for this person on a device that has none of theirs yet."""
    person = auth.person
    bound_to = challenges.of_session(auth.browser.session_id)
    return for_creation(
        challenge=challenges.make(Purpose.SET_UP, bound_to=bound_to, party=party, now=now),
        party=party,
        user=User(queries.handle_of(person.id), person.email, person.full_name),
        exclude=queries.described(auth, party),
    )


def confirm(
    *, auth: AuthContext, answer: str, party: Party, actor: Actor, now: datetime
) -> Started:
    """Add the passkey that the browser made; the first factor turns 2FA on. See `adding.add`.

    Raises what `check_registration` raises, `PasskeyChallengeInvalid`, `PasskeyRegistered` for an id that
    somebody has (whoever they are: 7.1, step 26), or what `adding.add` raises.
    """
    authorise(actor, Action.SET_UP_FACTOR, subject=auth.person.id)
    try:
        read = read_answer(answer)
        bound_to = challenges.of_session(auth.browser.session_id)
        challenges.consume(read.challenge, Purpose.SET_UP, bound_to=bound_to, party=party, now=now)
        new = check_registration(read, Expected(read.challenge, party.origin, party.id))
        name = _name(new, actor)
        return enrolment.add(
            auth=auth,
            write=lambda person_id: write_passkey(person_id, new, name=name, party=party, now=now),
            actor=actor,
            now=now,
        )
    except Refusal as refusal:
        if not isinstance(refusal, AlreadyEnabled | StaleRequest):
            record_failure(TWO_FACTOR_ENABLE_FAILED, refusal, actor=actor, now=now)
        raise


def write_passkey(
    administrator_id: UUID, new: NewPasskey, *, name: str, party: Party, now: datetime
) -> Factor:
    """Insert a passkey, in the caller's transaction. Raises `PasskeyRegistered`."""
    factor = Factor(
        administrator_id=administrator_id,
        kind=FactorKind.PASSKEY,
        name=name,
        confirmed_at=now,
        last_used_at=now,
    )
    try:
        with transaction.atomic():
            factor.save(force_insert=True)
            columns = asdict(new) | {"transports": " ".join(new.transports)}
            Passkey.objects.create(factor=factor, rp_id=party.id, **columns)
    except IntegrityError as taken:
        raise PasskeyRegistered from taken
    standing.keep(administrator_id)
    return factor


def _name(new: NewPasskey, actor: Actor) -> str:
    """Name a passkey by its device and the browser: 'Windows Hello on Chrome'."""
    device = authenticators.name_of(new.aaguid) or _("Passkey")
    browser = name_of_browser(actor.client.browser)
    if not browser:
        return device
    words = _("%(device)s on %(browser)s") % {"device": device, "browser": browser}
    return words[:NAME_LENGTH]
