"""What players do on the real pages, each deed held against the model: what is accepted, and what must be.

A deed changes the model only where the portal accepted it, and asserts that it was right to.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from doorward.credentials.models import Factor
from doorward.credentials.recovery_codes import codes
from doorward.credentials.totp import rules as totp_rules
from doorward.kernel.ratelimit import rules
from tests.kit import people
from tests.whole.belongings import App, Key, Trust
from tests.whole.model import (
    CODE,
    CODES_ARE_SHOWN,
    MAILBOX,
    PASSWORD,
    RECOVERY,
    SAVE_CODES,
    SET_UP,
    SIGN_IN,
    THROUGH,
    Person,
)
from tests.whole.players import Player, code, now

if TYPE_CHECKING:
    from uuid import UUID

# No account, no password and no code has it.
WRONG = "000000"
CODES = re.compile(r"(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}")


class SigningIn:
    """The steps of signing in, and what all deeds share."""

    def __init__(self, players: dict[str, Player], happened: Counter[str]) -> None:
        self.players = players
        # Whose account it is about.
        self.person = players["owner"].person
        self.happened = happened
        # All that were ever wrong: so many at least before anybody has to wait.
        self.wrong: Counter[str] = Counter()
        self.made = 0

    def password(self, player: Player, *, right: bool = True) -> None:
        before, person = player.due(), player.person
        word = player.password if right else "not the password at all"
        answer = player.post(SIGN_IN, email=person.email, password=word, next="")
        if before != SIGN_IN:
            assert answer.status_code == 303  # passed already, and nothing was looked at
            return
        right = person.active and word == person.password
        if self._judged(player, answer, right=right, of=f"password of {person.email}"):
            player.begins()

    def code(self, player: Player, which: str, *, trusts: bool = False) -> None:
        before, mark = player.due(), player.trust_mark
        app, step = self._code(player, which)
        box = {"trust": "on"} if trusts else {}
        answer = player.post(CODE, code=code(app, step) if app else WRONG, **box)
        if before != CODE:
            return
        if self._judged(player, answer, right=self._is_right(app, which)):
            assert app
            self._proved(player, app, step)
            self._trusts(player, app, mark, asks=trusts)
            if player.person.taken and not player.person.takes(app):
                self.happened["app is not enough"] += 1

    def recovery_code(self, player: Player, which: str) -> None:
        before, person = player.due(), player.person
        mine = [one for one in player.codes if one in person.codes]
        # Who looks over a shoulder sees those that are not saved yet.
        unsaved = [one for one in person.shown if one not in person.codes]
        given = {"right": mine, "used": person.used_codes, "wrong": [], "unsaved": unsaved}[which]
        if which == "unsaved" and unsaved:
            self.happened["unsaved recovery code"] += 1
        typed = given[-1] if given else "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF"
        answer = player.post(RECOVERY, code=typed)
        right = which == "right" and bool(mine)
        if before == CODE and self._judged(player, answer, right=right, of="recovery"):
            assert player.session
            player.session.recovery_at = now()
            person.codes.discard(typed)
            person.used_codes.append(typed)
            # Something was lost, perhaps the very device that is trusted.
            person.end_trust()

    def mailed_code(self, player: Player, *, right: bool) -> None:
        before = player.due()
        right = right and player.reads and before == MAILBOX
        answer = player.post(MAILBOX, code=player.mailed_code() if right else "12345678")
        assert answer.status_code in {303, 422, 429}
        if before == MAILBOX and answer.status_code == 303:
            assert right
            assert player.session
            player.session.mailbox_at = now()
            self.happened["mailbox proved"] += 1

    def set_up(self, player: Player, *, right: bool) -> None:
        """Set an app up, also where none would do: then with the secret that was shown before that."""
        path, may = self._set_up_page(player)
        shown = player.sees_secret(path)
        assert (shown is not None) == may
        if shown is None:
            return
        app = App(player.secret, player.name, totp_rules.step_at(now()))
        is_wanted = player.person.takes(app)
        assert shown == is_wanted
        answer = player.post(path, code=code(app, app.last_step) if right else WRONG, name="")
        if self._judged(player, answer, right=right and is_wanted, of=f"set-up by {player.name}"):
            self._added(player, app)
            self._proved(player, app, app.last_step)
        elif right and not is_wanted:
            self.happened["app refused"] += 1

    def put_off(self, player: Player) -> None:
        before, person = player.due(), player.person
        answer = player.post(SET_UP, later="on")
        if before != SET_UP:
            return
        # Without a grace it is a form that brings no code.
        assert (answer.status_code == 303) == person.in_grace(now())
        if answer.status_code == 303:
            assert player.session
            player.session.put_off = True
            self.happened["put off"] += 1
        else:
            self.happened["not put off"] += 1

    def save_codes(self, player: Player) -> None:
        before, person = player.due(), player.person
        player.post(SAVE_CODES, saved="on")
        waiting = codes.unsaved(person.id)
        if before == SAVE_CODES:
            player.codes = list(person.shown)
            person.codes = {one for one in player.codes if one not in person.used_codes}
            person.show([], None, now())
        assert waiting == person.shown

    def look_at_codes(self, player: Player) -> None:
        """Open the page that shows codes, wherever the portal leads: only what is one's own is there."""
        before, person = player.due(), player.person
        page = player.get(SAVE_CODES)
        seen = set(CODES.findall(page.content.decode()))
        assert seen == (set(person.shown) if before == SAVE_CODES else set())
        if not seen:
            self.happened["codes not shown"] += bool(person.shown and player.session)
            return
        at, session = person.shown_at, player.session
        if person.shown_in is not session or (at and now() >= at + CODES_ARE_SHOWN):
            person.show(person.shown, session, now())
            self.happened["codes shown elsewhere"] += 1

    def due_password(self, player: Player) -> None:
        """Choose the password that is due, or try to."""
        before, person = player.due(), player.person
        stored, new = self._stored_password(person), self._new_password()
        player.post(PASSWORD, password=new)
        if self._stored_password(person) == stored:
            assert before != PASSWORD
            self.happened["due password refused"] += 1
            return
        assert before == PASSWORD
        self._password_is(new)
        player.password = new
        person.end_sessions(keep=player.session)
        self.happened["due password set"] += 1

    def _stored_password(self, person: Person) -> str:
        return people.again_by_id(person.id).password

    def factor_ids(self, person: Person) -> set[UUID]:
        rows = Factor.objects.filter(administrator_id=person.id)
        return set(rows.values_list("id", flat=True))

    def _set_up_page(self, player: Player) -> tuple[str, bool]:
        """Return where this player would set a factor up, and whether they may."""
        before = player.due()
        if before == SET_UP:
            return SET_UP, True
        path = "/security/2fa/add/" if player.person.factors else "/security/2fa/enable/"
        return path, self._inside(player, before, minutes=5, recovery=True)

    def _inside(self, player: Player, before: str, *, minutes: int, recovery: bool = False) -> bool:
        """Return whether this player was through, with a proof of the last minutes."""
        session = player.session
        return (
            before == THROUGH
            and session is not None
            and session.is_recent(minutes, now(), recovery=recovery)
        )

    def _judged(self, player: Player, answer: Any, *, right: bool, of: str = "codes") -> bool:
        """Return whether a proof was accepted; hold that right ones are, unless there is to be a wait."""
        accepted: bool = answer.status_code == 303
        name, of = of.partition(" ")[0], f"{of}, {player.person.id}"
        if accepted:
            assert right, of
            self.happened[f"{name} accepted"] += 1
            return True
        assert answer.status_code in {422, 429}
        if right:
            # Of several apps one may have to wait: its code is not looked at, and the others' it is not.
            several = name == "codes" and len(player.person.apps) > 1
            assert answer.status_code == 429 or several, of
            assert self.wrong[of] >= rules.FREE, of
        self.wrong[of] += 1
        self.happened[f"{name} refused"] += 1
        return False

    def _code(self, player: Player, which: str) -> tuple[App | None, int]:
        """Return an app and a time step to take a code of; no app: there is no such code."""
        # Whoever asks the owner for a code on the telephone is told one; who looks over a shoulder sees it used.
        known = {"right": player.apps, "told": player.person.apps}.get(which, [])
        for app in known:
            step = app.fresh_step(now())
            if step is not None:
                return app, step
        for app in player.person.apps if which == "replayed" else []:
            if app.last_step:
                self.happened["code replayed"] += 1
                return app, app.last_step
        return None, 0

    def _is_right(self, app: App | None, which: str) -> bool:
        return app is not None and which in {"right", "told"}

    def _added(self, player: Player, factor: App | Key) -> None:
        person = player.person
        [added] = self.factor_ids(person) - set(person.factors)
        person.factors[added] = factor
        person.end_sessions(keep=player.session)
        waiting = codes.unsaved(person.id)
        if waiting != person.shown:
            person.show(waiting, player.session, now())
        self._mail()

    def _mail(self) -> None:
        """Let the letters that were not sent yet reach their mailboxes."""
        raise NotImplementedError

    def _password_is(self, new: str) -> None:
        """Note a new password."""
        raise NotImplementedError

    def _new_password(self) -> str:
        self.made += 1
        return f"violet tractor waits for rain {self.made}"

    def _proved(self, player: Player, factor: App | Key, step: int = 0) -> None:
        assert player.session
        if isinstance(factor, App):
            factor.last_step = step
        factors = player.person.factors.items()
        [player.session.proved] = [key for key, one in factors if one is factor]
        player.session.proved_at = now()

    def _trusts(self, player: Player, factor: App | Key, mark: str, *, asks: bool) -> None:
        """Note that the browser is trusted after a second step, where the policy allows it."""
        person, session = player.person, player.session
        assert session
        days = person.company.trust_days
        may = asks and days > 0 and person.takes(factor) and not session.recovery_at
        assert (player.trust_mark != mark) == may
        if may:
            until = now() + timedelta(days=days)
            only = person.company.passkeys_only
            player.trust = Trust(now(), until, required=person.required, passkeys_only=only)
            person.trusts.append(player.trust)
            self.happened["browser trusted"] += 1
