"""Every metric of Doorward: its name, what it says, and all values that its labels ever have.

docs/metrics.md is made from it, `/metrics` tells nothing else, and alerts and board are held to it. So a label can
never have anything of a person, a customer, a brand or an address in it. Names follow Prometheus' conventions (*Metric
and label naming*): the unit is the end of the name, and what only grows ends with `_total`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Labels = tuple[str, ...]


class Kind(StrEnum):
    """How Prometheus reads it. Counters and histograms are counted by processes; gauges are read when asked for."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True, eq=False)
class Metric:
    """One metric. `labels`: each label with all of its values; `buckets`: of a histogram, upper bounds in seconds."""

    name: str
    kind: Kind
    help: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    buckets: tuple[float, ...] = ()

    @cached_property
    def series(self) -> dict[Labels, int]:
        """All values of its labels together, each with the place of its first number among the metric's own."""
        return {values: place * self._each for place, values in enumerate(self._values())}

    @cached_property
    def width(self) -> int:
        """How many numbers it takes: for each series one, or one a bucket, one above them all and their sum."""
        return len(self.series) * self._each

    @property
    def _each(self) -> int:
        return len(self.buckets) + 2 if self.buckets else 1

    def _values(self) -> Iterator[Labels]:
        return product(*self.labels.values())


def _labels(**labels: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType(labels)


class Outcome(StrEnum):
    """How a request was answered. Waiting is 429."""

    ANSWERED = "answered"
    REFUSED = "refused"
    WAITING = "waiting"
    FAILED = "failed"


class SignIn(StrEnum):
    """How a sign-in, or a step of it, ended. Who has to wait was not looked at."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    WAITING = "waiting"


class Mail(StrEnum):
    """What came of one try to send a mail. Refused: by the mailbox, for good."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    DROPPED = "dropped"


class Device(StrEnum):
    """What came of a session's device. Refused: the session's cookie came from elsewhere."""

    BOUND = "bound"
    RENEWED = "renewed"
    REFUSED = "refused"


# What lets somebody in, or is refused: `with` in the history of a sign-in.
WITH: Final = ("password", "app", "passkey", "recovery_code", "trusted_browser", "mailbox")
# Rooms are the folders of `web`, and `signon`; files, what leads nowhere, and what stands elsewhere.
FILES, NOWHERE, ELSEWHERE = "files", "nowhere", "elsewhere"
ROOMS: Final = (
    *("account", "activity", "administrators", "frame", "help", "home", "jump", "machines"),
    *("managing", "profile", "provider", "security", "signin", "signon", "support"),
    *(FILES, NOWHERE, ELSEWHERE),
)

SIGN_INS: Final = Metric(
    "doorward_sign_ins_total",
    Kind.COUNTER,
    "Sign-ins that were completed, by what let in; and steps that failed or had to wait.",
    _labels(outcome=tuple(SignIn), factor=WITH),
)
DEVICES: Final = Metric(
    "doorward_device_bound_sessions_total",
    Kind.COUNTER,
    "Sessions that were bound to their device, renewals of their cookies, and requests that came without the device.",
    _labels(outcome=tuple(Device)),
)
FACTORS_LOCKED: Final = Metric(
    "doorward_factors_locked_total",
    Kind.COUNTER,
    "People of whom a factor was disabled after too many wrong attempts.",
)
REQUESTS: Final = Metric(
    "doorward_requests_total",
    Kind.COUNTER,
    "Requests by the room of their page and how they were answered: refused is 4xx, waiting 429, failed 5xx.",
    _labels(room=ROOMS, outcome=tuple(Outcome)),
)
REQUEST_SECONDS: Final = Metric(
    "doorward_request_seconds",
    Kind.HISTOGRAM,
    "How long answers took to make, by the room of their page.",
    _labels(room=ROOMS),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
MAILS: Final = Metric(
    "doorward_mails_total",
    Kind.COUNTER,
    "Tries of this node's worker to send a mail: sent, tried again later, refused for good, no longer wanted.",
    _labels(outcome=tuple(Mail)),
)
WORKER_FAILURES: Final = Metric(
    "doorward_worker_failures_total",
    Kind.COUNTER,
    "Rounds and tasks of this node's worker that failed; the log says which.",
)
# What is counted, in the order of its places in memory.
COUNTED: Final = (
    *(SIGN_INS, DEVICES, FACTORS_LOCKED, REQUESTS, REQUEST_SECONDS, MAILS, WORKER_FAILURES),
)

VERSION: Final = "version"
INFO: Final = Metric(
    "doorward_info", Kind.GAUGE, "1, with the version of this node.", _labels(**{VERSION: ()})
)
DELIVERIES: Final = Metric(
    "doorward_deliveries",
    Kind.GAUGE,
    "Mails that are due or were given up; ten thousand at most are counted.",
    _labels(state=("due", "given_up")),
)
OLDEST_DUE: Final = Metric(
    "doorward_oldest_due_seconds",
    Kind.GAUGE,
    "How long what waits longest has been due: a mail, or an event that nobody was told of yet.",
)
EVENTS_WAITING: Final = Metric(
    "doorward_events_waiting",
    Kind.GAUGE,
    "Events the worker has not looked at yet; ten thousand at most are counted.",
)
WORKER_RUNNING: Final = Metric(
    "doorward_worker_running",
    Kind.GAUGE,
    "1 while a worker, on whatever node, keeps saying that it runs.",
)
WORKER_SILENT: Final = Metric(
    "doorward_worker_silent_seconds",
    Kind.GAUGE,
    "Since when no worker has said that it runs; not there where none ever did.",
)
WORKER_ROUND: Final = Metric(
    "doorward_worker_round_age_seconds",
    Kind.GAUGE,
    "Since when no worker has looked at all that was due; not there where none ever did.",
)
SESSIONS: Final = Metric(
    "doorward_sessions_open",
    Kind.GAUGE,
    "Browsers that are signed in and were used within the last hour; a hundred thousand at most are counted.",
)
SEAL_AGE: Final = Metric(
    "doorward_history_seal_age_seconds",
    Kind.GAUGE,
    "When events were sealed last; it grows while nothing happens, and is not there before the first seal.",
)
UNSEALED: Final = Metric(
    "doorward_history_unsealed_seconds",
    Kind.GAUGE,
    "How old the oldest event is that is not sealed yet; 0 where all are.",
)
BACKUP_AGE: Final = Metric(
    "doorward_backup_age_seconds",
    Kind.GAUGE,
    "How old the last good backup is that this node knows of; not there where it knows of none.",
)
BACKUP_OVERDUE: Final = Metric(
    "doorward_backup_overdue",
    Kind.GAUGE,
    "1 where the worker's last good backup is older than twice its interval, or there is none, else 0; not there where "
    "no DOORWARD_BACKUP_DIR is set.",
)
DATABASE_UP: Final = Metric(
    "doorward_database_up",
    Kind.GAUGE,
    "1 while the database answers, else 0; then all that is read from it is missing.",
)
DATABASE_SECONDS: Final = Metric(
    "doorward_database_seconds",
    Kind.GAUGE,
    "How long the database took to answer the smallest question, the way to it included.",
)
PEOPLE: Final = Metric(
    "doorward_people",
    Kind.GAUGE,
    "People by the better kind of their second factor, without those who were removed; from the sums of adoption.",
    _labels(factor=("none", "app", "passkey")),
)
LOCKED_NOW: Final = Metric(
    "doorward_factors_locked",
    Kind.GAUGE,
    "Factors that are disabled just now after too many wrong attempts.",
)
CUSTOMERS: Final = Metric(
    "doorward_customers",
    Kind.GAUGE,
    "Customers by their status; the provider is one.",
    _labels(status=("active", "suspended", "closed")),
)
DISK_FREE: Final = Metric(
    "doorward_disk_free_bytes",
    Kind.GAUGE,
    "Room that is left for Doorward on the disk of its data folder.",
)
DISK_SIZE: Final = Metric(
    "doorward_disk_size_bytes", Kind.GAUGE, "The size of the disk of the data folder."
)
STATE: Final = (
    *(INFO, DELIVERIES, OLDEST_DUE, EVENTS_WAITING, WORKER_RUNNING, WORKER_SILENT, WORKER_ROUND),
    *(SESSIONS, SEAL_AGE, UNSEALED, BACKUP_AGE, BACKUP_OVERDUE),
    *(DATABASE_UP, DATABASE_SECONDS),
    *(PEOPLE, LOCKED_NOW, CUSTOMERS, DISK_FREE, DISK_SIZE),
)

ALL: Final = (*COUNTED, *STATE)
