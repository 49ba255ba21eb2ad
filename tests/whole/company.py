"""What a colleague with the Administrators tab does to the account, and to what the company asks."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from doorward.accounts.models import Administrator, LinkPurpose, PasswordDue, Status
from doorward.customers.models import Customer
from doorward.policy import versions
from doorward.policy.fields import Kinds
from tests.kit import people
from tests.whole.belongings import VETO
from tests.whole.moving import Moving
from tests.whole.players import Player, now, path_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from doorward.policy.versions import Owner
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
        asked["day"] = day_in(asked.pop("days"))
        fields = {"required_of": "everyone" if asked["required"] else "ticked"}
        fields |= {"from": f"{asked['day'] or ''}", "newcomer_days": "0", "kinds": kinds.value}
        fields |= {"trust_days": str(asked["trust_days"])}
        fields |= {"session_hours": "12", "idle_minutes": "30"}
        fields |= {"recovery_by": "colleague", "recovery_wait_hours": "0", "support_access": "ask"}
        owner = versions.policy_of_customer(company.id)
        answer = player.post("/account/", seen=_newest_of(owner), **fields)
        again = asked["required"] and company.would_open_grace_again(asked["day"], now())
        below = company.minimum and company.required and not asked["required"]
        if path_of(answer) != "/account/":
            refused = answer.status_code == 422
            self.happened["grace not opened again"] += again and refused
            self.happened["policy below the minimum refused"] += below and refused
            return
        assert player.name == "colleague"
        assert self._inside(player, before, minutes=10)
        assert not again
        assert not below
        company.ask(now(), **asked)
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
        before, owner = player.due(), versions.minimum_of_customer(company.id)
        fields = {"required_of": "everyone" if required else "nobody", "from": ""}
        fields |= {"newcomer_days": "0", "kinds": "any", "trust_days": "30"}
        fields |= {"session_hours": "24", "idle_minutes": "60"}
        fields |= {
            "recovery_by": "colleague",
            "recovery_wait_hours": "24",
            "support_access": "always",
        }
        page = f"/customers/{company.id}/minimum/"
        answer = player.post(page, seen=_newest_of(owner), **fields)
        minimum = asks_everybody(Customer.objects.get(id=company.id).minimum)
        own = company is player.person.company
        if minimum == company.minimum:
            refused = answer.status_code == 422 and own and company.minimum
            self.happened["minimum of one's own not lowered"] += refused
            return
        assert player.name == "staff"
        assert self._inside(player, before, minutes=10)
        assert required or not own, "one tab is no right over the provider's own people"
        company.ask_at_least(now(), required=minimum)
        self._end_trust_that_is_over()
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
        if until := person.company.grace_until:
            moments.add(until)
        if person.change:
            moments.add(person.change.asked_at + VETO)
        return sorted(one for one in moments if one > now())

    def _save(self, player: Player, *, required: bool, active: bool, email: str) -> None:
        fields = {"first_name": "Ines", "last_name": "Moreau", "phone": "", "tabs": "home"}
        fields |= {"require_2fa": "on"} if required else {}
        fields |= {"status": "active"} if active else {"status": "suspended", "confirm": "on"}
        player.post(f"/administrators/{self.person.id}/", email=email, **fields)


def day_in(days: int) -> date | None:
    """Return the day that is so many days off; None for none."""
    return (now() + timedelta(days=days)).date() if days else None


def asks_everybody(series: str) -> bool:
    """Return whether the newest version of a policy, or of a minimum, requires two factors of everybody."""
    written = json.loads(series or "[]")
    return bool(written) and written[-1]["values"].get("required_of") == "everyone"


def _newest_of(owner: Owner) -> str:
    """Return how far the series is, as the page has it that was just opened."""
    return str(versions.seen_of(owner))


def kinds_of(*, passkeys_only: bool) -> Kinds:
    return Kinds.PHISHING_RESISTANT if passkeys_only else Kinds.ANY
