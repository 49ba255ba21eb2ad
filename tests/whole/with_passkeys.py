"""What players do with passkeys: their own, copies, others', answers that were heard on the way."""

from __future__ import annotations

import copy
import json
import secrets
from typing import Any

from doorward.credentials.events import PASSKEY_COUNTER
from doorward.credentials.passkeys.queries import handle_of
from tests.kit import people
from tests.kit.passkeys import ORIGIN
from tests.kit.softkey import UP, UV, SoftKey, b64
from tests.whole.belongings import Key
from tests.whole.model import CODE, PROVE, SET_UP, SIGN_IN, THROUGH
from tests.whole.players import Player, now
from tests.whole.signing_in import SigningIn

DISABLE = "/security/2fa/disable/"
ELSEWHERE = "https://portal.northwind.evil.example"
UNREADABLE = "{}"


class WithPasskeys(SigningIn):
    """Signing in, where a passkey is one of the ways."""

    def _second_step(self, player: Player, *, trusts: bool) -> None:
        if player.keys:
            self.passkey(player, "right", trusts=trusts)
        else:
            self.code(player, "right", trusts=trusts)

    def _set_up(self, player: Player) -> None:
        if player.person.in_grace(now()):
            self.put_off(player)
        elif player.person.company.passkeys_only:
            self.set_up_passkey(player, "right", verifies=True)
        else:
            self.set_up(player, right=True)

    def passkey(
        self, player: Player, which: str, *, verifies: bool = True, trusts: bool = False
    ) -> None:
        """Return a passkey's answer as the second step."""
        before, mark = player.due(), player.trust_mark
        told, key = self._answer(player, CODE, which, verifies=verifies)
        box = {"trust": "on"} if trusts else {}
        answer = player.post(CODE, credential=told, **box)
        if before == CODE and self._accepted(player, answer, told, key):
            assert key
            key.verified = key.verified or verifies
            self._trusts(player, key, mark, asks=trusts)

    def passkey_alone(self, player: Player, which: str, *, verifies: bool) -> None:
        """Sign in with a passkey and no password: it must have verified its user, now and before."""
        before = player.due()
        told, key = self._answer(player, SIGN_IN, which, verifies=verifies)
        answer = player.post(SIGN_IN, credential=told, next="")
        if before != SIGN_IN:
            assert answer.status_code == 303
            return
        right = key if key and key.verified and verifies and player.person.active else None
        if key and not key.verified and verifies:
            self.happened["unverified passkey alone"] += 1
        if self._accepted(player, answer, told, right, begins=True):
            self.happened["signed in by a passkey alone"] += 1

    def set_up_passkey(self, player: Player, which: str, *, verifies: bool) -> None:
        """Make a passkey; `taken`: with the id of one that there is, `replayed`: an answer of before."""
        path, may = self._set_up_page(player)
        options = "/sign-in/set-up/passkey/" if path == SET_UP else "/security/2fa/passkey/"
        asked = self._asked(player, options)
        assert (asked is not None) == may
        if asked is None:
            return
        device = SoftKey(flags=UP | UV if verifies else UP)
        if which == "taken" and player.person.keys:
            [known, *_] = player.person.keys[0].devices.values()
            device.credential_id = known.credential_id
        told = device.create(asked, ORIGIN)
        if which == "replayed" and player.person.answers:
            told = player.person.answers[-1]
        answer = player.post(path, credential=told)
        right = which == "right" or (which == "taken" and not player.person.keys)
        right = right or (which == "replayed" and not player.person.answers)
        if self._judged(player, answer, right=right, of="registration"):
            key = Key({player.name: device}, seen=device.sign_count, verified=verifies)
            player.person.answers.append(told)
            self._added(player, key)
            self._proved(player, key)

    def copy_passkey(self, player: Player, key: Key) -> None:
        """Let a player have what is on somebody's device: from here on each copy counts for itself."""
        [original, *_] = key.devices.values()
        key.devices.setdefault(player.name, copy.copy(original))

    def _accepted(
        self, player: Player, answer: Any, told: str, key: Key | None, *, begins: bool = False
    ) -> bool:
        """Hold what became of an answer against the passkey by which it is right (None: by none)."""
        if not self._judged(player, answer, right=key is not None, of="passkey"):
            return False
        assert key
        if begins:
            player.begins(passkey=True)
        player.person.answers.append(told)
        self._proved(player, key)
        self._counted(player, key)
        return True

    def _counted(self, player: Player, key: Key) -> None:
        """Hold that a count that did not go up is told of: a copy is at work, which cannot be refused."""
        person, shown = player.person, key.devices[player.name].sign_count
        if shown <= key.seen:
            person.alarms += 1
            self.happened["copy told of"] += 1
        key.seen = max(key.seen, shown)
        told = people.events(PASSKEY_COUNTER, subject_id=person.id)
        assert len(told) == person.alarms

    def _answer(
        self, player: Player, page: str, which: str, *, verifies: bool = True
    ) -> tuple[str, Key | None]:
        """Return an answer for a page, and the passkey by which it is right; None: it must be refused."""
        flags = UP | UV if verifies else UP
        asked = self._asked(player, f"{page}passkey/")
        if which == "right":
            key = next(iter(player.keys), None)
            if asked is None or key is None:
                return UNREADABLE, None
            return key.devices[player.name].get(asked, ORIGIN, flags=flags), key
        told = self._wrong_answer(player, page, which, asked or self._made_up())
        self.happened[f"passkey {which}" if told else "passkey unreadable"] += 1
        return told or UNREADABLE, None

    def _wrong_answer(
        self, player: Player, page: str, which: str, asked: dict[str, Any]
    ) -> str | None:
        """Return an answer that is not to be taken; None: there is none of this sort."""
        person = player.person
        device = next((one for key in person.keys for one in key.devices.values()), None)
        if which == "foreign":
            # Good for another account, and says that it were this one's.
            owner = {"user_handle": handle_of(person.id)} if page == SIGN_IN else {}
            return player.stray.get(asked, ORIGIN, **owner)
        if which == "replayed":
            return person.answers[-1] if person.answers else None
        if device is None:
            return None
        if which == "forged":
            parts = {"id": device.credential_id, "user_handle": device.user_handle}
            return SoftKey(rp_id=device.rp_id).get(asked, ORIGIN, **parts)
        if which == "phished":
            return device.get(asked, ELSEWHERE)
        return self._overheard(player, page)

    def _overheard(self, player: Player, page: str) -> str | None:
        """Return an answer that was right in another browser, or on another page of this one."""
        for other in self.players.values():
            there = {THROUGH: PROVE}.get(other.due(), other.due())
            if other is player:
                there = DISABLE if page == PROVE else PROVE
            asked = self._asked(other, f"{there}passkey/") if other.keys else None
            if asked and other.person is player.person:
                return other.keys[0].devices[other.name].get(asked, ORIGIN)
        return None

    def _asked(self, player: Player, path: str) -> dict[str, Any] | None:
        """Ask for options as the page's script does; None: they are not given."""
        answer = player.post(path)
        return json.loads(answer.content) if answer.status_code == 200 else None

    def _made_up(self) -> dict[str, Any]:
        return {"challenge": b64(secrets.token_bytes(72))}
