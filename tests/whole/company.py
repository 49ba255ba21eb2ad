"""What a colleague with the Administrators tab does to the account, and to what the company asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doorward.accounts.models import Administrator, LinkPurpose, PasswordDue, Status
from doorward.customers.models import Customer
from doorward.policy.rules import Kinds
from tests.kit import people
from tests.whole.belongings import VETO
from tests.whole.moving import Moving
from tests.whole.players import Player, now, path_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.whole.model import Company


class InTheCompany(Moving):
    """Deeds of a colleague, which a thief in the account tries too."""

    def save_person(self, player: Player, *, required: bool, active: bool) -> None:
        """Save the account at the page of the Administrators tab."""
        before, person = player.due(), self.person
        self._save(player, required=required, active=active, email=person.email)
        row = people.again_by_id(person.id)
        now_active = row.status == Status.ACTIVE
        if (row.require_2fa, now_active) == (person.ticked, person.active):
            return
        assert player.name == "colleague"
        assert self._inside(player, before, minutes=10)
        if person.active and not now_active:
            person.end_sessions()
            # What was begun in the account stops with it; what its owner may undo does not.
            person.kill_letters(*set(LinkPurpose) - {LinkPurpose.NOT_ME})
            self._close()
        person.ticked, person.active = row.require_2fa, now_active
        self.happened["saved by the colleague"] += 1

    def move_person(self, player: Player, *, to: str) -> None:
        """Ask for another e-mail of the account, which one of the players reads."""
        before, person = player.due(), self.person
        wanted = self._new_address(to)
        self._save(player, required=person.ticked, active=person.active, email=wanted)
        if self._asked_for(wanted, by_colleague=True):
            assert player.name == "colleague"
            assert self._inside(player, before, minutes=5)
            self.happened["e-mail asked for by the colleague"] += 1

    def save_policy(self, player: Player, **asked: Any) -> None:
        """Save what the company asks of all, at the Account tab."""
        before, company = player.due(), self.person.company
        kinds = kinds_of(passkeys_only=asked["passkeys_only"])
        fields = {"require_2fa": "on"} if asked["required"] else {}
        fields |= {"grace_days": str(asked["grace_days"]), "kinds": kinds.value}
        fields |= {"trust_days": str(asked["trust_days"])}
        answer = player.post("/account/", session_hours="12", idle_minutes="30", **fields)
        again = company.would_open_grace_again(asked["grace_days"], now())
        if path_of(answer) != "/account/":
            self.happened["grace not opened again"] += again and answer.status_code == 422
            return
        assert player.name == "colleague"
        assert self._inside(player, before, minutes=10)
        assert not again
        if asked["required"] and company.grace_from is None and not company.minimum:
            company.grace_from = now()
        # What the provider's minimum holds is not in the form.
        for name, value in (
            asked | ({"required": company.required} if company.minimum else {})
        ).items():
            setattr(company, name, value)
        self._end_trust_that_is_over()
        self.happened["policy saved"] += 1

    def end_sessions_of_person(self, player: Player) -> None:
        before, page = player.due(), f"/administrators/{self.person.id}/"
        answer = player.post(f"{page}end-sessions/")
        if path_of(answer) == page:
            assert player.name == "colleague"
            assert self._inside(player, before, minutes=10)
            self.person.end_sessions()
            self.happened["ended by the colleague"] += 1

    def save_minimum(self, player: Player, company: Company, *, required: bool) -> None:
        """Save the provider's minimum for a company, at the Customers tab: for its own people, too."""
        before, row = player.due(), Customer.objects.get(id=company.id)
        fields = {"name": row.name, "brand": str(row.brand_id), "status": row.status}
        fields |= {"floor_require_2fa": "on"} if required else {}
        answer = player.post(f"/customers/{company.id}/", **fields)
        row.refresh_from_db()
        own = company is player.person.company
        if row.floor_require_2fa == company.minimum:
            refused = answer.status_code == 422 and own and company.minimum
            self.happened["minimum of one's own not lowered"] += refused
            return
        assert player.name == "staff"
        assert self._inside(player, before, minutes=10)
        assert required or not own, "one tab is no right over the provider's own people"
        company.minimum = row.floor_require_2fa
        self.happened["minimum saved"] += 1

    def rename(self, player: Player, name: str) -> None:
        """Take another name, perhaps a colleague's."""
        first, last = name.split()
        names = {"first_name": first, "last_name": last, "phone": ""}
        email = player.person.email
        answer = player.post(
            "/profile/", email=email, language="en", time_zone="Europe/Berlin", **names
        )
        self.happened["renamed"] += path_of(answer) == "/profile/"

    def break_in(self) -> None:
        """Let the account's password become known from a break-in elsewhere, as its sign-in finds out."""
        rows = Administrator.objects.everywhere().filter(id=self.person.id)
        rows.update(password_due=PasswordDue.BREACHED)
        self.person.password_due = True

    def ends(self) -> list[datetime]:
        """Return when, from now on, something is over by time: a grace, a trust, the time of a veto."""
        person = self.person
        moments = {trust.until for trust in person.trusts if not trust.ended}
        if person.company.grace_until:
            moments.add(person.company.grace_until)
        if person.change:
            moments.add(person.change.asked_at + VETO)
        return sorted(one for one in moments if one > now())

    def _save(self, player: Player, *, required: bool, active: bool, email: str) -> None:
        fields = {"first_name": "Ines", "last_name": "Moreau", "phone": "", "tabs": "home"}
        fields |= {"require_2fa": "on"} if required else {}
        fields |= {"status": "active"} if active else {"status": "suspended", "confirm": "on"}
        player.post(f"/administrators/{self.person.id}/", email=email, **fields)


def kinds_of(*, passkeys_only: bool) -> Kinds:
    return Kinds.PHISHING_RESISTANT if passkeys_only else Kinds.ANY
