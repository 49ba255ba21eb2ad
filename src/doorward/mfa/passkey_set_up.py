"""Setting up a passkey: the browser makes one for our challenge, and it counts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from doorward.audit.browsers import name_of_browser
from doorward.audit.events import Kind
from doorward.core import authenticators, errors
from doorward.core.passkey_options import User, for_creation
from doorward.core.passkeys import Expected, check_registration, read_answer
from doorward.core.steps import FactorKind
from doorward.mfa import adding, challenges, passkeys, standing
from doorward.mfa.challenges import Purpose
from doorward.mfa.models import Factor, Passkey
from doorward.mfa.shared import record_failure

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.administrators.sessions import Started
    from doorward.audit.origin import By
    from doorward.core.passkey_options import Party
    from doorward.core.passkeys import NewPasskey
    from doorward.mfa.facts import Loaded

NAME_LENGTH = 60


def begin(*, loaded: Loaded, party: Party, now: datetime) -> dict[str, Any]:
    """Give the options to make a passkey for this person on a device that has none of theirs yet."""
    person = loaded.person
    bound_to = challenges.of_session(loaded.browser.session_id)
    return for_creation(
        challenge=challenges.make(Purpose.SET_UP, bound_to=bound_to, party=party, now=now),
        party=party,
        user=User(passkeys.handle_of(person.id), person.email, person.full_name),
        exclude=passkeys.described(loaded, party),
    )


def confirm(*, loaded: Loaded, answer: str, party: Party, by: By, now: datetime) -> Started:
    """Add the passkey that the browser made; the first factor turns 2FA on. See `adding.add`.

    Raises what `check_registration` raises, `PasskeyChallengeInvalid`, `PasskeyRegistered` for an id that
    somebody has (whoever they are: 7.1, step 26), or what `adding.add` raises.
    """
    try:
        read = read_answer(answer)
        bound_to = challenges.of_session(loaded.browser.session_id)
        challenges.burn(read.challenge, Purpose.SET_UP, bound_to=bound_to, party=party, now=now)
        new = check_registration(read, Expected(read.challenge, party.origin, party.id))
        name = _name(new, by)
        return adding.add(
            loaded=loaded,
            write=lambda person_id: write_passkey(person_id, new, name=name, party=party, now=now),
            by=by,
            now=now,
        )
    except errors.Refusal as refusal:
        if not isinstance(refusal, errors.AlreadyEnabled | errors.StaleRequest):
            record_failure(Kind.TWO_FACTOR_ENABLE_FAILED, refusal, by=by, now=now)
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
            Passkey.objects.create(
                factor=factor,
                credential_id=new.credential_id,
                public_key=new.public_key,
                sign_count=new.sign_count,
                aaguid=new.aaguid,
                transports=" ".join(new.transports),
                rp_id=party.id,
                backup_eligible=new.backup_eligible,
                backed_up=new.backed_up,
                user_verified=new.user_verified,
                discoverable=new.discoverable,
            )
    except IntegrityError as taken:
        raise errors.PasskeyRegistered from taken
    standing.keep(administrator_id)
    return factor


def _name(new: NewPasskey, by: By) -> str:
    """Name a passkey by its device and the browser: 'Windows Hello on Chrome'."""
    device = authenticators.name_of(new.aaguid) or _("Passkey")
    browser = name_of_browser(by.origin.browser)
    if not browser:
        return device
    words = _("%(device)s on %(browser)s") % {"device": device, "browser": browser}
    return words[:NAME_LENGTH]
