"""What belongs to a customer: every table of Doorward, how its rows are found, and which columns stay here.

Each table is in `TABLES` or in `NOBODYS`, which a test compares with all there are: an export forgets nothing, and what
deletes or restores a customer has the same list. Secrets, what secrets are recognised by, and what only the provider's
people see never leave in an export; a backup has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.db import models

from doorward.accounts.models import Administrator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `to_customer`: the way from a row to the customer's id; `secret`: the columns that never leave.

    `by_person`: it has the id of a person of theirs in that column, and no foreign key. `staffs`: the columns that only
    the provider's people see; `stays`: why none of it leaves.
    """

    model: str
    to_customer: str = ""
    secret: frozenset[str] = field(default_factory=frozenset)
    by_person: str = ""
    staffs: frozenset[str] = field(default_factory=frozenset)
    stays: str = ""

    @property
    def name(self) -> str:
        """The name of its file, without an ending: `accounts-administrator`."""
        return self.model.lower().replace(".", "-")

    def rows(self, customer_id: UUID, *, using: str | None = None) -> models.QuerySet[Any]:
        """Return a customer's rows; `using`: in another database, such as a backup."""
        model = apps.get_model(self.model)
        # The one manager that wants to know whose rows are asked for.
        all_rows = models.QuerySet[Any](model, using=using)
        if self.by_person:
            people = Administrator.objects.of(customer_id).using(using).values("id")
            return all_rows.filter(**{f"{self.by_person}__in": people})
        return all_rows.filter(**{self.to_customer: customer_id})

    def columns(self) -> tuple[str, ...]:
        """Return the columns that leave, in their order."""
        model = apps.get_model(self.model)
        names = (one.attname for one in model._meta.concrete_fields)  # noqa: SLF001 - Django's documented Meta API
        return tuple(name for name in names if name not in self.secret | self.staffs)


def _of_person(model: str, *secret: str) -> Table:
    return Table(model, "administrator__customer_id", frozenset(secret))


_IMPORT: Final = (
    "an import: of use while it goes on, with other systems' passwords and devices in it"
)
# What stands first is what others point to.
TABLES: Final = (
    Table("customers.Customer", "id"),
    Table(
        "accounts.Administrator",
        "customer_id",
        frozenset({"password"}),
        staffs=frozenset({"scope", "scope_ids"}),
    ),
    Table("customers.ThrowAway", "customer_id", stays="the mark of what the selftest made"),
    Table("customers.Note", "customer_id", stays="the provider's words among themselves"),
    Table("policy.PolicyVersion", "customer_id"),
    Table("policy.WavePause", "customer_id"),
    _of_person("accounts.PolicyException"),
    _of_person("accounts.EmailChange"),
    _of_person("accounts.MailedLink", "nonce"),
    # Where somebody was heading may have a word in it that lets in.
    _of_person(
        "sessions.Session",
        *("token_hash", "browser_hash", "saved_request", "next_path"),
        *("device_key", "bound_hash", "bound_before"),
    ),
    _of_person("credentials.Factor", "sealed", "last_step"),
    Table(
        "credentials.Passkey",
        "factor__administrator__customer_id",
        frozenset({"credential_id", "public_key"}),
    ),
    _of_person("credentials.UserHandle", "handle"),
    _of_person("credentials.RecoverySet", "sealed"),
    Table(
        "credentials.RecoveryCode",
        "set__administrator__customer_id",
        frozenset({"keyed_hash"}),
    ),
    _of_person("credentials.TrustedBrowser", "token_hash"),
    Table("credentials.SetUp", "session__administrator__customer_id", frozenset({"sealed"})),
    # What lets in at an application, and what it answers.
    _of_person("applications.Grant", "code_hash", "code_challenge", "nonce", "request_id"),
    Table(
        "applications.RefreshToken",
        "grant__administrator__customer_id",
        frozenset({"keyed_hash"}),
    ),
    _of_person("applications.SiteVisit", "state_hash", "code_hash", "cookie_hash"),
    Table("signin.MailboxProof", "session__administrator__customer_id", frozenset({"nonce"})),
    _of_person("recovery.RecoveryRequest"),
    _of_person("recovery.SetUpPass", "keyed_hash", "nonce"),
    _of_person("recovery.CallerCheck"),
    Table("rollout.TickRun", "customer_id"),
    Table("rollout.Tick", "run__customer_id"),
    # Of a minimum it is what the provider thinks about, and has told nobody.
    Table("rollout.KeptRehearsal", "customer_id", stays="of use to the portal alone, for a day"),
    _of_person("rollout.Reminder"),
    _of_person("rollout.AdoptionMail"),
    Table("managing.Managing", "customer_id"),
    Table("managing.Look", "managing__customer_id"),
    # It is in sums over customers: what brings a customer back notes it to be counted, and does not write it.
    Table("directory.Adoption", "customer_id"),
    Table("directory.AdoptionPoint", "customer_id"),
    # What they made of it is in the other tables.
    Table("importing.ImportRun", "customer_id", stays=_IMPORT),
    Table("importing.ImportPart", "run__customer_id", frozenset({"sealed"}), stays=_IMPORT),
    Table("importing.ImportLine", "run__customer_id", stays=_IMPORT),
    Table("importing.ColumnChoice", "customer_id", stays=_IMPORT),
    Table("notifications.Delivery", by_person="administrator_id"),
)
EXPORTED: Final = tuple(table for table in TABLES if not table.stays)
_SEALED: Final = "history: it goes along as it was sealed (`audit.customer_extract`)"
_EVERYBODYS: Final = "it is everybody's"
NOBODYS: Final[Mapping[str, str]] = {
    "accounts.FirstLink": "the installation's: nobody is there yet",
    "audit.Event": _SEALED,
    "audit.Batch": _SEALED,
    "audit.ErasedEvent": "what is left of customers who are not there any more",
    "audit.Repeated": "counted under a keyed hash; told by an event",
    "customers.Brand": "the provider's",
    "customers.BrandPicture": "the provider's",
    "customers.BrandCheck": "the provider's",
    "customers.Tab": "the provider's",
    "applications.Application": "the provider's",
    "applications.ClientSecret": "the provider's",
    "applications.Site": "the provider's",
    "applications.UsedAssertion": "a keyed hash, for minutes",
    "applications.SigningKey": "the installation's",
    "applications.PushedRequest": "what an application asked for, before it is known of whom",
    "kernel.SealedKey": "the installation's",
    "kernel.Heartbeat": "the worker's",
    "kernel.Attempt": "counted under a keyed hash",
    "credentials.ChallengePeriod": _EVERYBODYS,
    "credentials.AnsweredChallenge": "a keyed hash, for minutes",
    "directory.AdoptionDay": _EVERYBODYS,
    "directory.AdoptionSum": _EVERYBODYS,
    "directory.AdoptionDue": "what the worker has to count again",
    "signin.AskedLink": "what a stranger typed, sealed, for seconds",
    "rollout.ReminderSweep": "the worker's",
}
