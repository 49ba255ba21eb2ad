"""What players do once they are through, or try to; each deed is held against the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doorward.credentials.recovery_codes import codes
from tests.whole.company import InTheCompany
from tests.whole.model import (
    CODE,
    MAILBOX,
    PASSWORD,
    PROVE,
    SAVE_CODES,
    SET_UP,
    SIGN_IN,
    THROUGH,
    Person,
)
from tests.whole.players import Player, code, now, path_of
from tests.whole.signing_in import WRONG
from tests.whole.with_passkeys import DISABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.whole.belongings import App


class Game(InTheCompany):
    """All deeds."""

    def come_in(self, player: Player, *, trusts: bool = False) -> None:
        """Do what is asked for, step by step, as far as this player can."""
        deeds: dict[str, Callable[[], None]] = {
            SIGN_IN: lambda: self.password(player),
            CODE: lambda: self._second_step(player, trusts=trusts),
            MAILBOX: lambda: self.mailed_code(player, right=True),
            PROVE: lambda: self.reauthenticate(player),
            SET_UP: lambda: self._set_up(player),
            SAVE_CODES: lambda: self.save_codes(player),
            PASSWORD: lambda: self.due_password(player),
        }
        for _ in range(8):
            before = player.due()
            if before == THROUGH:
                return
            deeds[before]()
            if player.due() == before:
                return

    def disable(self, player: Player, which: str) -> None:
        before, person = player.due(), self.person
        app, step = self._code(player, which)
        answer = player.post(DISABLE, code=code(app, step) if app else WRONG)
        if before != THROUGH or not person.factors:
            return
        if not self._must_not_disable(answer) and self._judged(
            player, answer, right=self._is_right(app, which)
        ):
            self._without_factors(player)
            self.happened["disabled"] += 1

    def disable_with_passkey(self, player: Player, which: str) -> None:
        before, person = player.due(), self.person
        told, key = self._answer(player, DISABLE, which)
        answer = player.post(DISABLE, credential=told)
        if before != THROUGH or not person.factors or self._must_not_disable(answer):
            return
        if self._judged(player, answer, right=key is not None, of="passkey"):
            assert key
            person.answers.append(told)
            self._counted(player, key)
            self._without_factors(player)
            self.happened["disabled with a passkey"] += 1

    def remove_factor(self, player: Player, gone: UUID) -> None:
        before, person = player.due(), self.person
        last, taken = len(person.factors) == 1, person.taken
        player.post(f"/security/factors/{gone}/", name="", remove="on")
        if gone in self.factor_ids(person):
            return
        assert self._inside(player, before, minutes=5, recovery=True)
        assert not (person.required and taken == {gone})
        # A recovery code does not turn it off.
        assert not last or player.session is None or player.session.proved == gone
        self._is_by_another(player, gone)
        if last:
            self._without_factors(player)
        else:
            del person.factors[gone]
            person.end_sessions(keep=player.session)
        self.happened["factor removed"] += 1

    def make_new_codes(self, player: Player) -> None:
        before = player.due()
        player.post("/security/recovery-codes/")
        shown = codes.unsaved(self.person.id)
        if shown != self.person.shown:
            assert self._inside(player, before, minutes=5)
            self.person.show(shown, player.session, now())
            self.happened["new recovery codes"] += 1

    def reauthenticate(self, player: Player) -> None:
        """Prove by a code of an app, or without any factor by the password."""
        before, person = player.due(), player.person
        by_code = bool(person.factors)
        app, step = self._code(player, "right")
        typed = {"code": code(app, step) if app else WRONG}
        if not by_code:
            typed = {"password": player.password}
        answer = player.post(PROVE, next="/", **typed)
        right = self._serves(person, app) if by_code else player.password == person.password
        of = "codes" if by_code else f"password of {person.email}"
        if before not in {THROUGH, PROVE}:
            return
        if self._judged(player, answer, right=right, of=of):
            assert player.session
            if app and by_code:
                self._proved(player, app, step)
            else:
                player.session.password_at = now()
            self.happened["proved again"] += 1
        elif app and not right:
            self.happened["app does not reauthenticate"] += 1

    def reauthenticate_with_passkey(self, player: Player, which: str) -> None:
        before, person = player.due(), player.person
        told, key = self._answer(player, PROVE, which)
        if not person.factors:
            return
        answer = player.post(PROVE, next="/", credential=told)
        if before == THROUGH and self._accepted(player, answer, told, key):
            self.happened["proved again with a passkey"] += 1

    def make_fresh(self, player: Player) -> None:
        """Prove once more where that is long ago."""
        if self._inside(player, player.due(), minutes=5):
            return
        if player.keys:
            self.reauthenticate_with_passkey(player, "right")
        else:
            self.reauthenticate(player)

    def change_password(self, player: Player) -> None:
        before, new = player.due(), self._new_password()
        answer = player.post("/profile/password/", current=player.password, password=new)
        if path_of(answer) == "/security/":
            assert self._inside(player, before, minutes=5)
            assert player.password == self.person.password
            self._password_is(new)
            player.password = new
            self.person.end_sessions(keep=player.session)
            self.happened["password changed"] += 1
        else:
            self.wrong[f"password of {self.person.email}, {self.person.id}"] += 1

    def end_others(self, player: Player) -> None:
        before = player.due()
        answer = player.post("/security/sessions/end/", others="on")
        if path_of(answer) == "/security/":
            assert self._inside(player, before, minutes=10)
            self.person.end_sessions(keep=player.session)
            self.happened["others ended"] += 1

    def end_trust(self, player: Player) -> None:
        """Take the trust from all browsers of the account."""
        before = player.due()
        answer = player.post("/security/trusted-browsers/end/", all="on")
        if path_of(answer) == "/security/":
            assert self._inside(player, before, minutes=10)
            self.person.end_trust()
            self.happened["trust ended"] += 1

    def sign_out(self, player: Player) -> None:
        player.post("/sign-out/")
        if player.session:
            player.session.ended = True
            player.session = None

    def _serves(self, person: Person, app: App | None) -> bool:
        """Return whether an app is reauthentication: not where a passkey is asked for, and there is one."""
        return app is not None and (person.takes(app) or not person.taken)

    def _must_not_disable(self, answer: Any) -> bool:
        if self.person.required:
            assert answer.status_code == 422
            self.happened["disabling refused"] += 1
        return self.person.required

    def _is_by_another(self, player: Player, gone: UUID) -> None:
        """Hold that who has one device alone did not take the others away with it."""
        session = player.session
        assert session
        others = self.person.taken - {gone}
        by_recovery = session.recovery_at and session.is_recent(0, now(), recovery=True)
        assert not (others and session.proved == gone) or by_recovery

    def _without_factors(self, player: Player) -> None:
        assert player.session
        self.person.forget_factors()
        player.session.unverify()
        self.person.end_sessions(keep=player.session)
