"""What players do on the real pages, each deed held against the model: what is accepted, and what must be.

A deed changes the model only where the portal accepted it, and asserts that it was right to.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from doorward.core import attempts, totp
from doorward.mfa import recovery
from doorward.mfa.models import Factor
from tests.whole.model import CODE, MAILBOX, SAVE_CODES, SET_UP, SIGN_IN, THROUGH, App, Person
from tests.whole.players import Player, code

if TYPE_CHECKING:
    from uuid import UUID

# No account, no password and no code has it.
WRONG = "000000"


class SigningIn:
    """The steps of signing in, and what all deeds share."""

    def __init__(self, person: Person, happened: Counter[str]) -> None:
        self.person = person
        self.happened = happened
        # All that were ever wrong: so many at least before anybody has to wait.
        self.wrong: Counter[str] = Counter()
        self.passwords = 0

    @property
    def now(self) -> datetime:
        return datetime.now(tz=UTC)

    def come_in(self, player: Player) -> None:
        """Do what is asked for, step by step, as far as this player can."""
        for _ in range(5):
            before = player.due(self.now)
            match before:
                case "/sign-in/":
                    self.password(player)
                case "/sign-in/code/":
                    self.code(player, "right")
                case "/sign-in/mailbox/":
                    self.mailed_code(player, right=True)
                case "/sign-in/set-up/":
                    self.set_up(player, right=True)
                case "/sign-in/recovery-codes/":
                    self.save_codes(player)
            if player.due(self.now) in {before, THROUGH}:
                return

    def password(self, player: Player, *, right: bool = True) -> None:
        before = player.due(self.now)
        word = player.password if right else "not the password at all"
        answer = player.post(SIGN_IN, email=player.person.email, password=word, next="")
        if before != SIGN_IN:
            assert answer.status_code == 303  # passed already, and nothing was looked at
            return
        right = player.person.active and word == player.person.password
        if self._judged(answer, right=right, of=f"password of {player.person.email}"):
            player.begins(self.now)

    def code(self, player: Player, which: str) -> None:
        before = player.due(self.now)
        app, step = self._code(player, which)
        answer = player.post(CODE, code=code(app, step) if app else WRONG)
        if before == CODE and self._judged(answer, right=which == "right" and app is not None):
            self._proved(player, app, step)

    def recovery_code(self, player: Player, which: str) -> None:
        before = player.due(self.now)
        mine = [one for one in player.codes if one in self.person.codes]
        given = {"right": mine, "used": self.person.used_codes, "wrong": []}[which]
        typed = given[-1] if given else "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF"
        answer = player.post("/sign-in/recovery/", code=typed)
        right = which == "right" and bool(mine)
        if before == CODE and self._judged(answer, right=right, of="recovery"):
            assert player.session
            player.session.recovery_at = self.now
            self.person.codes.discard(typed)
            self.person.used_codes.append(typed)

    def mailed_code(self, player: Player, *, right: bool) -> None:
        before = player.due(self.now)
        right = right and player.reads and before == MAILBOX
        answer = player.post(MAILBOX, code=player.mailed_code() if right else "12345678")
        assert answer.status_code in {303, 422, 429}
        if before == MAILBOX and answer.status_code == 303:
            assert right
            assert player.session
            player.session.mailbox = True
            self.happened["mailbox proved"] += 1

    def set_up(self, player: Player, *, right: bool) -> None:
        before, person = player.due(self.now), self.person
        inside = "/security/2fa/add/" if person.apps else "/security/2fa/enable/"
        path = SET_UP if before == SET_UP else inside
        secret = player.shown_secret(path)
        may = before == SET_UP or self._inside(player, before, minutes=5, recovery=True)
        assert (secret is not None) == may
        if secret is None:
            return
        step = totp.step_at(self.now)
        typed = totp.code_at(secret, step) if right else WRONG
        answer = player.post(path, code=typed, name="")
        if not self._judged(answer, right=right, of=f"set-up by {player.name}"):
            return
        [added] = self.factor_ids() - set(person.apps)
        person.apps[added] = App(secret, player.name, last_step=step)
        self._proved(player, person.apps[added], step)
        person.end_sessions(keep=player.session)
        self._shown()

    def save_codes(self, player: Player) -> None:
        before = player.due(self.now)
        player.post(SAVE_CODES, saved="on")
        if before == SAVE_CODES:
            player.codes = list(self.person.shown)
            self.person.codes = {one for one in player.codes if one not in self.person.used_codes}
            self.person.shown = []

    def factor_ids(self) -> set[UUID]:
        rows = Factor.objects.filter(administrator_id=self.person.id)
        return set(rows.values_list("id", flat=True))

    def _inside(self, player: Player, before: str, *, minutes: int, recovery: bool = False) -> bool:
        """Say whether this player was through, with a proof of the last minutes."""
        session = player.session
        return (
            before == THROUGH
            and session is not None
            and session.is_fresh(minutes, self.now, recovery=recovery)
        )

    def _judged(self, answer: Any, *, right: bool, of: str = "codes") -> bool:
        """Say whether a proof was accepted; hold that right ones are, unless there is to be a wait."""
        accepted: bool = answer.status_code == 303
        if accepted:
            assert right, of
            self.happened[f"{of.partition(' ')[0]} accepted"] += 1
            return True
        assert answer.status_code in {422, 429}
        if right:
            # Of several apps one may have to wait: its code is not looked at, and the others' it is not.
            assert answer.status_code == 429 or len(self.person.apps) > 1, of
            assert self.wrong[of] >= attempts.FREE, of
        self.wrong[of] += 1
        self.happened[f"{of.partition(' ')[0]} refused"] += 1
        return False

    def _code(self, player: Player, which: str) -> tuple[App | None, int]:
        """Give an app and a time step to take a code of; no app: there is no such code."""
        if which == "right":
            for app in player.apps:
                step = app.fresh_step(self.now)
                if step is not None:
                    return app, step
        if which == "replayed":
            # Whoever looked over the owner's shoulder knows it as well.
            for app in self.person.apps.values():
                if app.last_step:
                    self.happened["code replayed"] += 1
                    return app, app.last_step
        return None, 0

    def _proved(self, player: Player, app: App | None, step: int) -> None:
        assert app is not None
        assert player.session
        app.last_step = step
        [player.session.app] = [key for key, one in self.person.apps.items() if one is app]
        player.session.app_at = self.now

    def _shown(self) -> None:
        self.person.shown = recovery.unsaved(self.person.id)
        self.person.codes |= set(self.person.shown)
