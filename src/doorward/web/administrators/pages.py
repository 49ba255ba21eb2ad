"""What the pages of this tab show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward.web.kit.forms import NOTHING, Wrong

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.accounts.models import Status
    from doorward.recovery.queries import Listed
    from doorward.web.kit.fields import Field
    from doorward.web.kit.history import HistoryPage
    from doorward.web.kit.support_visits import Visit
    from doorward.web.kit.tags import Tag


@dataclass(frozen=True, slots=True)
class Line:
    """One person in the list; who was removed has no address."""

    id: str
    name: str
    email: str
    active: bool
    address: str
    is_me: bool
    factors: tuple[Tag, ...]
    tabs: str
    status: Tag
    last_signed_in: datetime | None
    mail: Tag | None = None
    domain: Tag | None = None
    exception: Tag | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column that sorts: its address, and the direction it has now ('': none)."""

    href: str
    direction: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """What the list says of two factors that are required of many, and where that is shown."""

    text: str
    link: str
    address: str
    tone: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """The list, its filters and where it goes on. `require`: where two factors are required of those it finds."""

    summary: str
    address: str
    require: str
    found: int
    q: str
    factor: str
    factors: list[tuple[str, str]]
    status: str
    statuses: list[tuple[str, str]]
    attention: str
    attentions: list[tuple[str, str]]
    sort: str
    sorts: list[tuple[str, str]]
    heads: dict[str, Head]
    lines: tuple[Line, ...]
    count: str
    previous: str | None
    next: str | None
    empty: str
    error: str = ""
    run: RunLine | None = None


@dataclass(frozen=True, slots=True)
class AddPage:
    """The form for somebody new. `kept_tabs`: the rights that are given whatever is ticked."""

    fields: dict[str, Field]
    wrong: Wrong
    kept_tabs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What a dangerous change asks once: to which status, what will happen, the verb."""

    status: str
    title: str
    text: str
    verb: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A change of e-mail on its way."""

    email: str
    confirmed: bool
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person: what they are, the form, and what else can be done."""

    id: UUID
    name: str
    email: str
    status: Status
    status_tag: Tag
    factors: tuple[Tag, ...]
    last_signed_in: datetime | None
    is_me: bool
    fields: dict[str, Field]
    # Rights that are sent as they are, whatever is ticked.
    kept_tabs: tuple[str, ...]
    # The fields, and what else of the page, that are only to be read: `read_only_parts.py`.
    locked: frozenset[str]
    kept_tick: bool
    may_change: bool
    pending: Pending | None
    browsers: int
    # What they are signed in to from there.
    applications: tuple[str, ...]
    email_warning: str
    invited_until: datetime | None
    # Somebody invited to whom no invitation was ever mailed: they were imported.
    never_invited: bool = False
    mail_refused: str = ""
    # When somebody invited asked for a new invitation, since theirs had run out.
    asked_at: datetime | None = None
    # Whether an exception from the policy can be made, and until when one runs.
    may_be_excepted: bool = False
    excepted_until: datetime | None = None
    taken_over: Tag | None = None
    wrong: Wrong = NOTHING
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class ExceptionPage:
    """The form of an exception. `impossible`: why none can be made; `repeated`: that there were others before."""

    name: str
    address: str
    fields: dict[str, Field]
    runs_until: datetime | None
    repeated: str
    impossible: str
    wrong: Wrong


@dataclass(frozen=True, slots=True)
class HelpPage:
    """Somebody is to be helped. `second`: another colleague has to agree; `impossible`: why it cannot be done."""

    id: UUID
    name: str
    phone: str
    second: bool
    impossible: str = ""
    how: str = ""
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class PassPage:
    """A set-up pass, shown once. Secret."""

    name: str
    words: tuple[str, ...]
    digits: str
    until: datetime


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """The requests of a customer's people."""

    requests: list[Listed]
    visits: tuple[Visit, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One request."""

    listed: Listed
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """Somebody's history, and the address of their page."""

    name: str
    address: str
    history: HistoryPage
