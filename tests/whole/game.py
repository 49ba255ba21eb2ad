"""What players do once they are through, or try to; each deed is held against the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.administrators.models import Status
from doorward.mfa import recovery
from tests import support
from tests.whole.model import THROUGH
from tests.whole.players import Player, code, path_of, reset_links
from tests.whole.signing_in import WRONG, SigningIn

if TYPE_CHECKING:
    from uuid import UUID


class Game(SigningIn):
    """All deeds."""

    def disable(self, player: Player, which: str) -> None:
        before, person = player.due(self.now), self.person
        app, step = self._code(player, which)
        answer = player.post("/security/2fa/disable/", code=code(app, step) if app else WRONG)
        if before != THROUGH or not person.apps:
            return
        if person.required:
            assert answer.status_code == 422
            self.happened["disabling refused"] += 1
        elif self._judged(answer, right=which == "right" and app is not None):
            self._without_factors(player)
            self.happened["disabled"] += 1

    def remove_factor(self, player: Player, gone: UUID) -> None:
        before, person = player.due(self.now), self.person
        last = len(person.apps) == 1
        player.post(f"/security/factors/{gone}/", name="", remove="on")
        if gone in self.factor_ids():
            return
        assert self._inside(player, before, minutes=5, recovery=True)
        assert not (last and person.required)
        if last:
            self._without_factors(player)
        else:
            del person.apps[gone]
            person.end_sessions(keep=player.session)
        self.happened["factor removed"] += 1

    def make_new_codes(self, player: Player) -> None:
        before = player.due(self.now)
        player.post("/security/recovery-codes/")
        if recovery.unsaved(self.person.id) != self.person.shown:
            assert self._inside(player, before, minutes=5)
            self._shown()
            self.happened["new recovery codes"] += 1

    def prove_again(self, player: Player) -> None:
        before, by_code = player.due(self.now), bool(self.person.apps)
        app, step = self._code(player, "right")
        typed = {"code": code(app, step) if app else WRONG}
        if not by_code:
            typed = {"password": player.password}
        answer = player.post("/prove/", next="/", **typed)
        right = app is not None if by_code else player.password == self.person.password
        of = "codes" if by_code else f"password of {self.person.email}"
        if before == THROUGH and self._judged(answer, right=right, of=of):
            assert player.session
            if by_code:
                self._proved(player, app, step)
            else:
                player.session.password_at = self.now
            self.happened["proved again"] += 1

    def change_password(self, player: Player) -> None:
        before, new = player.due(self.now), self._new_password()
        answer = player.post("/profile/password/", current=player.password, password=new)
        if path_of(answer) == "/security/":
            assert self._inside(player, before, minutes=5)
            assert player.password == self.person.password
            player.password = self.person.password = new
            self.person.end_sessions(keep=player.session)
            self.happened["password changed"] += 1
        else:
            self.wrong[f"password of {self.person.email}"] += 1

    def reset_password(self, player: Player, *, again: bool) -> None:
        """With the newest link, or with all that there ever were: each works once."""
        mailed = reset_links(self.person)
        for path in mailed if again else mailed[:1]:
            player.open_link(path)
            new = self._new_password()
            answer = player.post("/password/reset/", password=new)
            if answer.status_code == 303:
                assert self.person.active
                assert path not in self.person.used_links
                self.person.used_links.add(path)
                self.person.end_sessions()
                player.begins(self.now, link=True)
                player.password = self.person.password = new
                self.happened["password reset"] += 1
            elif path in self.person.used_links:
                self.happened["link refused"] += 1

    def end_others(self, player: Player) -> None:
        before = player.due(self.now)
        answer = player.post("/security/sessions/end/", others="on")
        if path_of(answer) == "/security/":
            assert self._inside(player, before, minutes=10)
            self.person.end_sessions(keep=player.session)
            self.happened["others ended"] += 1

    def sign_out(self, player: Player) -> None:
        player.post("/sign-out/")
        if player.session:
            player.session.ended = True
            player.session = None

    def save_person(self, player: Player, *, required: bool, active: bool) -> None:
        """Save the account at the page of the Administrators tab."""
        before, person = player.due(self.now), self.person
        fields = {"first_name": "Ines", "last_name": "Moreau", "phone": "", "tabs": "home"}
        fields |= {"require_2fa": "on"} if required else {}
        fields |= {"status": "active"} if active else {"status": "suspended", "confirm": "on"}
        player.post(f"/administrators/{person.id}/", email=person.email, **fields)
        row = support.again_by_id(person.id)
        now_active = row.status == Status.ACTIVE
        if (row.require_2fa, now_active) == (person.required, person.active):
            return
        assert player.name == "colleague"
        assert self._inside(player, before, minutes=10)
        if person.active and not now_active:
            person.end_sessions()
        person.required, person.active = row.require_2fa, now_active
        self.happened["saved by the colleague"] += 1

    def end_sessions_of_person(self, player: Player) -> None:
        before, page = player.due(self.now), f"/administrators/{self.person.id}/"
        answer = player.post(f"{page}end-sessions/")
        if path_of(answer) == page:
            assert player.name == "colleague"
            assert self._inside(player, before, minutes=10)
            self.person.end_sessions()
            self.happened["ended by the colleague"] += 1

    def _without_factors(self, player: Player) -> None:
        assert player.session
        self.person.forget_factors()
        player.session.unprove()
        self.person.end_sessions(keep=player.session)

    def _new_password(self) -> str:
        self.passwords += 1
        return f"violet tractor waits for rain {self.passwords}"
