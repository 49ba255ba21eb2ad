"""What players do with mailed links: a forgotten password, and another e-mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts import email_change, mailed_links
from doorward.accounts.events import EMAIL_CHANGE_ASKED, EMAIL_CHANGED
from doorward.accounts.models import EmailChange, LinkPurpose, MailedLink
from doorward.credentials.trusted_browsers import trust as trusted_browsers_trust
from doorward.notifications.mailboxes import deliveries_of
from tests.kit import people
from tests.whole.belongings import Change, Letter
from tests.whole.model import THROUGH, Session
from tests.whole.players import Player, now
from tests.whole.with_passkeys import WithPasskeys

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.events import EventType

CONFIRM = "/e-mail/confirm/"
OF_A_CHANGE = (LinkPurpose.EMAIL_NEW, LinkPurpose.EMAIL_OLD)


class Moving(WithPasskeys):
    """Deeds in which mail counts."""

    def ask_for_link(self, player: Player) -> None:
        player.post("/password/forgot/", email=self.person.email)
        people.answer_asked()
        self._mail()

    def reset_password(self, player: Player, *, again: bool) -> None:
        """With the newest link, or with all that there ever were: each works once."""
        mailed = [one for one in player.letters() if one.purpose is LinkPurpose.RESET]
        for letter in mailed if again else mailed[:1]:
            player.open_link(letter.path)
            new = self._new_password()
            answer = player.post("/password/reset/", password=new)
            if answer.status_code == 303:
                assert self.person.active
                assert not letter.dead
                self._password_is(new)
                self.person.end_sessions()
                player.begins(link=True)
                player.password = new
                self.happened["password reset"] += 1
            elif letter.dead:
                self.happened["reset link refused"] += 1

    def this_was_not_me(self, player: Player) -> None:
        """Take the account back with the newest letter that offers it, and with one that must be dead."""
        mine = [one for one in player.letters() if one.purpose is LinkPurpose.NOT_ME]
        for letter in [one for one in mine if one.dead][:1] + mine[:1]:
            works = not letter.dead and now() < letter.until
            player.open_link(letter.path)
            new = self._new_password()
            answer = player.post("/not-me/", password=new)
            assert (answer.status_code == 303) == works, (
                "what the owner may undo, nobody takes away"
            )
            if works:
                self._taken_back(player, letter, new)
            else:
                self.happened["not me refused"] += 1

    def _taken_back(self, player: Player, letter: Letter, new: str) -> None:
        person = self.person
        person.forget_factors()
        self._password_is(new)
        self._close()
        # What was mailed before to another mailbox stays good: a thief has such letters, too.
        older = {
            one for one in person.letters[: person.letters.index(letter)] if one.to != letter.to
        }
        kept = {one for one in older if one.purpose is LinkPurpose.NOT_ME and not one.dead}
        person.kill_letters(*LinkPurpose)
        for one in kept:
            one.dead = False
        person.email = letter.to
        person.end_sessions()
        player.password = new
        if person.active:
            player.begins(link=True)
        self.happened["taken back" if person.active else "taken back while suspended"] += 1

    def ask_for_email(self, player: Player) -> None:
        """Ask for another e-mail of the account at its own profile."""
        before = player.due()
        wanted = self._new_address(player.name)
        names = {"first_name": "Ines", "last_name": "Moreau", "phone": ""}
        player.post("/profile/", email=wanted, language="en", time_zone="Europe/Berlin", **names)
        if self._asked_for(wanted, by_colleague=False):
            assert self._inside(player, before, minutes=5)

    def answer_email(self, player: Player, *, at_new: bool = True, stop: bool = False) -> None:
        """Answer with the newest link that reached this player, and with one that should be dead."""
        before = player.session if player.due() == THROUGH else None
        purpose = LinkPurpose.EMAIL_NEW if at_new else LinkPurpose.EMAIL_OLD
        mine = [one for one in player.letters() if one.purpose is purpose]
        for letter in [one for one in mine if one.dead][:1] + mine[:1]:
            player.open_link(letter.path)
            answer = player.post(CONFIRM, **({"stop": "on"} if stop else {}))
            if answer.status_code != 303:
                self.happened["e-mail link refused"] += letter.dead
                continue
            assert not letter.dead
            letter.dead = True
            self._answered(letter, stop=stop, keep=before)

    def let_the_worker_work(self) -> None:
        """Let pass what takes effect by time, as each minute does."""
        email_change.apply_due(now=now())
        trusted_browsers_trust.forget(now=now())
        self._end_trust_that_is_over()
        change = self.person.change
        if change and change.by_colleague and change.is_ready(now()):
            self.happened["e-mail changed by time"] += 1
            self._moved(change, keep=None)

    def _end_trust_that_is_over(self) -> None:
        """Let what holds no more not hold again when the policy is set back."""
        for player in self.players.values():
            for trust in player.person.trusts:
                trust.follow(player.person.company.trust_days)
                trust.ended = not trust.holds(player.person, now())

    def _asked_for(self, wanted: str, *, by_colleague: bool) -> bool:
        """Return whether the portal waits for this new e-mail, and hold who was told of it."""
        if not EmailChange.objects.filter(email=wanted).exists():
            return False
        self._close()
        old = self.person.email
        self.person.change = Change(old, wanted, by_colleague, now())
        self._mail()
        assert self._told(EMAIL_CHANGE_ASKED) == {old, wanted}
        self.happened["e-mail asked for"] += 1
        return True

    def _answered(self, letter: Letter, *, stop: bool, keep: Session | None) -> None:
        change = letter.about
        assert change
        assert not change.closed
        if stop:
            self._close()
            self.happened["e-mail stopped"] += 1
            return
        if letter.purpose is LinkPurpose.EMAIL_NEW:
            change.confirmed = True
        else:
            change.agreed = True
        if change.is_ready(now()):
            self._moved(change, keep=keep)

    def _moved(self, change: Change, *, keep: Session | None) -> None:
        self._close()
        self.person.email = change.new
        self.person.kill_letters(LinkPurpose.RESET)
        self.person.end_sessions(keep=keep)
        assert self._told(EMAIL_CHANGED) == {change.old, change.new}
        self._mail()
        self.happened["e-mail changed"] += 1

    def _close(self) -> None:
        """Let the change that is on its way, and its links, be good for nothing."""
        if self.person.change:
            self.person.change.closed = True
        self.person.change = None
        self.person.kill_letters(*OF_A_CHANGE)

    def _told(self, event_type: EventType) -> set[str]:
        newest = people.events(event_type, subject_id=self.person.id)[-1]
        return {one.address for one in deliveries_of(newest, now=now())}

    def _mail(self) -> None:
        """Let the letters that were not sent yet reach their mailboxes."""
        person, purposes = self.person, (LinkPurpose.RESET, LinkPurpose.NOT_ME, *OF_A_CHANGE)
        rows = MailedLink.objects.filter(administrator_id=person.id, purpose__in=purposes)
        there = {one.path for one in person.letters}
        for row in rows.order_by("created_at", "purpose"):
            change = person.change if row.purpose in OF_A_CHANGE else None
            is_new = row.purpose == LinkPurpose.EMAIL_NEW
            to = change.new if change and is_new else row.email or person.email
            purpose = LinkPurpose(row.purpose)
            letter = Letter(mailed_links.path(row), to, purpose, change, until=row.expires_at)
            if letter.path not in there:
                person.letters.append(letter)

    def _password_is(self, new: str) -> None:
        """Note a new password, and what somebody who knew the old one may have begun."""
        self.person.password, self.person.password_due = new, False
        self.person.kill_letters(LinkPurpose.RESET)
        if self.person.change and not self.person.change.by_colleague:
            self._close()

    def _new_address(self, reader: str) -> str:
        self.made += 1
        # The last part of the person's id: no two of all examples have the same.
        address = f"{reader}{self.made}.{_mark(self.person.id)}@mail.example"
        self.person.readers[address] = {reader}
        return address


def _mark(id: UUID) -> str:
    return id.hex[-12:]
