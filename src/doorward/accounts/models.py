"""People's accounts, the browsers they are signed in with, and the links that were mailed to them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from doorward.audit.actor import Who
from doorward.audit.naming import full_name
from doorward.customers.models import Customer, CustomerKind
from doorward.customers.scoping import Scoped
from doorward.customers.tabs import ADMINISTRATORS
from doorward.kernel.text import names
from doorward.permissions.staff_scope import Reach, Scope, of_columns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID


class Status(models.TextChoices):
    """Only somebody active gets in."""

    INVITED = "invited", _("Invited")
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    REMOVED = "removed", _("Removed")


# Who can sign in, or will: only they are counted, and shown by what narrows a list. Nothing is asked of the suspended.
ACTIVE_OR_INVITED = (Status.ACTIVE, Status.INVITED)


class PasswordDue(models.TextChoices):
    """Why a new password must be set (row 8 of the gate); empty: it need not."""

    NO = "", ""
    BREACHED = "breached", _("Your password is known from a break-in elsewhere.")
    NOT_ME = "not_me", _("Somebody else knew the old password.")
    TAKEN_OVER = (
        "taken_over",
        _("Your password comes from the system used before, and is too weak here."),
    )
    TOO_SHORT = "too_short", _("Without two-factor sign-in a password needs 15 characters.")


class MailProblem(models.TextChoices):
    """Why no mail reaches the person's mailbox, as far as its server said; empty: nothing is known of it."""

    NO = "", ""
    NO_MAILBOX = "no_mailbox", _("no such mailbox")
    FULL = "full", _("the mailbox is full")
    REFUSED = "refused", _("the mail server does not accept it")
    NOT_MADE = "not_made", _("the message could not be created")
    TOO_LONG = "too_long", _("it could not be delivered for three days")


_NARROWED = ("status", "require_2fa", "standing")


class Standing(models.IntegerChoices):
    """What a person's factors come to, from the least protected on.

    By the better kind of what they have. `APP` and `PASSKEY`: it is one device, and there are no recovery codes, so
    that who loses it is locked out; with another device or with codes it is the `…_BACKED` one above it.
    """

    NONE = 0
    # Wrong codes disabled all of them, or all were said to be lost.
    LOCKED = 1
    APP = 2
    APP_BACKED = 3
    PASSKEY = 4
    PASSKEY_BACKED = 5


ONE_DEVICE = frozenset({Standing.APP, Standing.PASSKEY})


class Administrator(AbstractBaseUser):
    """A person with an account in one customer's portal.

    `email_folded` is what e-mails are compared by; `name_search` and `name_sort` are made by `kernel/text/names.py`
    from the last name and the first; `tabs` holds the keys of the tabs that the
    person may use, each with a space on both sides, so that the gate reads them with the person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # The indexes below begin with it.
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, db_index=False)
    email = models.CharField(max_length=254)
    email_folded = models.CharField(max_length=320, unique=True)
    # Longer than the base class has it: hashes of other systems are kept (`credentials/password/hash_formats.py`).
    password = models.CharField(max_length=255)
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60)
    # Where their notifications go as well; empty: nowhere (`second_address.py`).
    second_email = models.CharField(max_length=254, default="")
    name_search = models.CharField(max_length=names.LONGEST_SEARCH_KEY)
    name_sort = models.CharField(max_length=names.LONGEST_SORT_KEY)
    phone = models.CharField(max_length=40, default="")
    language = models.CharField(max_length=10, default="")
    time_zone = models.CharField(max_length=40, default="UTC")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.INVITED)
    require_2fa = models.BooleanField(default=False)
    is_primary = models.BooleanField(default=False)
    # As long as all tabs together: the provider has up to `own_tabs.MOST_TABS`.
    tabs = models.TextField(default="")
    # Of the provider's people: which customers they are there for, as `permissions/staff_scope.py` has it. Of others it
    # says nothing. Ids, so that the gate reads them with the person; one of what is gone leads nowhere.
    scope = models.CharField(max_length=10, default=Reach.ALL.value)
    scope_ids = models.TextField(default="", blank=True)
    security_version = models.PositiveIntegerField(default=1)
    password_long = models.BooleanField(default=False)
    # When a mailed link set it; None: its owner did, signed in.
    password_by_link_at = models.DateTimeField(null=True)
    password_due = models.CharField(
        max_length=10, choices=PasswordDue.choices, default="", blank=True
    )
    # Of the newest message to `email`: `undelivered.py` writes it.
    mail_problem = models.CharField(
        max_length=10, choices=MailProblem.choices, default="", blank=True
    )
    # When a mail to `email` was last shown to have arrived; None: this address never showed it.
    email_proved_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField()
    # When they accepted the invitation for the first time: days for newcomers are counted from it.
    joined_at = models.DateTimeField(null=True)
    # When their tabs were changed after policy or minimum had become due of them: grace is not given again.
    due_since = models.DateTimeField(null=True)
    # Until when the policy does not ask them; the exception is a row of its own.
    excepted_until = models.DateTimeField(null=True)
    # 0 to 99: in which wave a new requirement reaches them (`policy/waves.py`).
    wave_share = models.PositiveSmallIntegerField(default=0)
    # Lists and numbers of 50,000 people cannot look at each one's factors and sessions: `credentials/standing.py` keeps
    # the one, `sessions/issuing.py` the other.
    standing = models.PositiveSmallIntegerField(choices=Standing.choices, default=Standing.NONE)
    last_signed_in_at = models.DateTimeField(null=True)
    # Whom no mail reaches, as far as their mail server said.
    unreachable = models.GeneratedField(
        expression=models.Case(
            models.When(mail_problem="", then=models.Value(False)),  # noqa: FBT003
            default=models.Value(True),  # noqa: FBT003
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # Whose password another system hashed, until their first right sign-in.
    password_taken_over = models.GeneratedField(
        expression=models.Case(
            models.When(password__startswith="taken_over$", then=models.Value(True)),  # noqa: FBT003, S106
            default=models.Value(False),  # noqa: FBT003
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # Who has the Administrators tab: by it they are found among all others.
    looks_after = models.GeneratedField(
        expression=models.Case(
            models.When(tabs__contains=f" {ADMINISTRATORS} ", then=models.Value(True)),  # noqa: FBT003
            default=models.Value(False),  # noqa: FBT003
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    # Not the base class's.
    last_login = None

    USERNAME_FIELD = "email_folded"
    objects = Scoped()

    class Meta:
        indexes: ClassVar = [
            # One for each order of the list, with all that it can be narrowed to: a page far down is found in the
            # index alone.
            models.Index(fields=["customer", "name_sort", "id", *_NARROWED], name="people_by_name"),
            models.Index(
                fields=["customer", "email_folded", "id", *_NARROWED], name="people_by_email"
            ),
            models.Index(
                fields=["customer", "last_signed_in_at", "id", *_NARROWED],
                name="people_by_last_sign_in",
            ),
            # In which a customer's people are gone through page by page.
            models.Index(fields=["customer", "id"], name="people_in_pages"),
            # All that counting people looks at.
            models.Index(fields=["customer", *_NARROWED], name="people_counted"),
            models.Index(
                fields=["customer", "-is_primary", "name_sort", "id"],
                name="people_who_look_after",
                condition=models.Q(looks_after=True),
            ),
            models.Index(
                fields=["id"],
                name="people_password_taken_over",
                condition=models.Q(password_taken_over=True),
            ),
            models.Index(
                fields=["customer", "name_sort", "id", "status"],
                name="people_unreachable",
                condition=models.Q(unreachable=True),
            ),
        ]

    @property
    def full_name(self) -> str:
        """Both names as they are read."""
        return full_name(self.first_name, self.last_name, self.email)

    @property
    def email_confirmed(self) -> bool:
        """Whether a mail to this address was answered: by a link that was used, or a code that was typed."""
        return self.email_proved_at is not None

    @property
    def tab_keys(self) -> frozenset[str]:
        """The keys of the tabs this person may use."""
        return frozenset(self.tabs.split())

    @property
    def staff_scope(self) -> Scope:
        """Which customers they are there for; wants `customer` at hand. Of a customer's own people: none."""
        if self.customer.kind != CustomerKind.PROVIDER:
            return Scope.NOTHING
        return of_columns(self.scope, self.scope_ids)

    @property
    def brand_id(self) -> UUID:
        """The brand of their portal; wants `customer` at hand."""
        return self.customer.brand_id

    @staticmethod
    def name_columns(*, first_name: str, last_name: str) -> dict[str, Any]:
        """Return the columns of a person's names: all that is ever written of one."""
        written = {"first_name": first_name, "last_name": last_name}
        return written | names.columns(last_name, first_name)

    def who(self) -> Who:
        """Return the person as history names them; wants `customer` at hand."""
        return Who(
            id=self.id,
            name=self.full_name,
            email=self.email,
            customer_id=self.customer_id,
            customer_name=self.customer.name,
        )


def tabs_text(keys: Iterable[str]) -> str:
    """Return the column's text for a set of tab keys: sorted, a space on both sides of each."""
    ordered = sorted(set(keys))
    return f" {' '.join(ordered)} " if ordered else ""


class LinkPurpose(models.TextChoices):
    """What a mailed link does."""

    INVITATION = "invitation"
    RESET = "reset"
    EMAIL_NEW = "email_new"
    EMAIL_OLD = "email_old"
    NOT_ME = "not_me"
    SECOND_ADDRESS = "second"
    VETO = "veto"
    LOST = "lost"
    # Printed at the console, and never mailed.
    RESCUE = "rescue"


class MailedLink(models.Model):
    """A link that works once. Its token is an HMAC over this row, whose nonce is sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    purpose = models.CharField(max_length=12, choices=LinkPurpose.choices)
    administrator = models.ForeignKey(Administrator, on_delete=models.CASCADE)
    nonce = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    # What it is about, where the purpose wants that: a change of e-mail, a factor.
    about = models.UUIDField(null=True)
    # When its holder asked for another one, since it had run out.
    asked_at = models.DateTimeField(null=True)
    # The account's e-mail when it was made, where undoing goes back to it; or the second address that it confirms.
    email = models.CharField(max_length=254, default="")


class FirstLink(models.Model):
    """The link that makes the first of the provider's people: printed by a start while nobody is there, one at most.

    Of its token only a keyed hash is here (`first_link.py`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # The same in every row, so that there is one.
    only = models.BooleanField(default=True, unique=True)
    keyed_hash = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class PolicyException(models.Model):
    """An exception of one person from what their customer's policy asks of them: why, until when, by whom.

    While it runs, `excepted_until` of the person says the same to the gate. `ended_at`: ended by somebody or by time,
    or replaced by another one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    administrator = models.ForeignKey(Administrator, on_delete=models.CASCADE)
    reason = models.CharField(max_length=300)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    made_by = models.UUIDField(null=True)
    made_by_name = models.CharField(max_length=200, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["administrator"],
                condition=models.Q(ended_at__isnull=True),
                name="one_open_exception",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["ends_at"],
                name="exception_to_end",
                condition=models.Q(ended_at__isnull=True),
            ),
        ]


class EmailChange(models.Model):
    """A change of e-mail on its way: what still has to be confirmed, and from when it may hold.

    `not_before` is set for a change by a colleague: it waits for the old address's word or time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    administrator = models.ForeignKey(Administrator, on_delete=models.CASCADE)
    email = models.CharField(max_length=254)
    old_email = models.CharField(max_length=254)
    by_colleague = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["administrator"],
                condition=models.Q(closed_at__isnull=True),
                name="one_open_email_change",
            ),
        ]
