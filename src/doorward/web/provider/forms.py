"""The forms of these tabs, as they were typed, and what they ask the services for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import get_language

from doorward.accounts.services import Details, NewAdministrator
from doorward.customers import tab_audience
from doorward.customers.brands import BrandDetails
from doorward.customers.contact import Contact, own
from doorward.customers.models import CustomerStatus, PictureKind, TabAudience
from doorward.customers.own_tabs import TabDetails, TabWords
from doorward.customers.services import CustomerChange
from doorward.customers.tabs import built_in
from doorward.kernel.errors import ChoiceInvalid

if TYPE_CHECKING:
    from doorward.customers.models import Brand, Customer, Tab
    from doorward.sessions.context import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandForm(BrandDetails):
    """A brand: what the service wants is what is typed."""

    hosts: str
    support_email: str
    support_phone: str
    support_url: str
    support_hours: str
    terms_url: str
    privacy_url: str
    legal_url: str
    email_from: str
    is_default: bool

    @classmethod
    def of(cls, brand: Brand) -> BrandForm:
        """Return the form as it is first shown."""
        names = cls.__dataclass_fields__
        values = {name: getattr(brand, name) for name in names if name != "hosts"}
        return cls(**values, hosts="\n".join(brand.hosts))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactForm(Contact):
    """What a brand says in one language alone."""

    support_email: str
    support_phone: str
    support_url: str
    support_hours: str
    terms_url: str
    privacy_url: str
    legal_url: str

    @classmethod
    def of(cls, brand: Brand, language: str) -> ContactForm:
        """Return the form as it is first shown."""
        return cls(**asdict(own(brand, language)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewForm:
    """Whether a brand's form is only to be shown as it would look."""

    preview: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HostForm:
    """A host name to be confirmed."""

    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckForm:
    """A look at a brand's host names and sender: which key signs its mail, if that is known."""

    selector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureForm:
    """Beside the file, which has the name of its kind: which picture, and whether it is to go."""

    kind: str
    remove: bool

    def chosen(self) -> PictureKind:
        """Return the kind that was chosen. Raises `ChoiceInvalid`."""
        if self.kind not in PictureKind:
            raise ChoiceInvalid(field="kind")
        return PictureKind(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class TabForm(TabDetails):
    """A tab that is there. `show`: nothing is to be saved, only shown; `find`: what icons are looked for."""

    description: str
    icon: str
    new_window: bool
    audience: str
    brands: frozenset[str]
    customers: str
    find: str = ""
    show: bool

    @classmethod
    def of(cls, tab: Tab) -> TabForm:
        """Return the form as it is first shown."""
        chosen = frozenset(tab.audience_ids)
        to_customers = tab.audience == TabAudience.CUSTOMERS
        return cls(
            icon=tab.icon,
            new_window=tab.new_window,
            audience=tab.audience,
            brands=frozenset() if to_customers else chosen,
            customers="\n".join(tab_audience.names_of(tab.audience, chosen))
            if to_customers
            else "",
            title=tab.title,
            description=tab.description,
            url=tab.url,
            show=False,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TabWordsForm(TabWords):
    """What a tab is called in one language."""

    title: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceForm:
    """Before which tab another one is to stand, by its id; empty: behind all."""

    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTabForm(TabForm):
    """A tab to be added."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomerForm:
    """A customer to be added."""

    name: str
    brand: str

    @property
    def brand_id(self) -> UUID:
        """The brand that was chosen. Raises `ChoiceInvalid`."""
        try:
            return UUID(self.brand)
        except ValueError as error:
            raise ChoiceInvalid(field="brand") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerForm(NewCustomerForm):
    """A customer that is there."""

    status: str
    confirm: bool
    typed: str = ""

    @classmethod
    def of(cls, customer: Customer) -> CustomerForm:
        """Return the form as it is first shown."""
        return cls(
            name=customer.name,
            brand=str(customer.brand_id),
            status=customer.status,
            confirm=False,
        )

    def change(self) -> CustomerChange:
        """Make what the service wants. Raises `ChoiceInvalid`."""
        if self.status not in CustomerStatus:
            raise ChoiceInvalid(field="status")
        return CustomerChange(
            name=self.name,
            brand_id=self.brand_id,
            status=CustomerStatus(self.status),
            confirmed=self.confirm,
            typed=self.typed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteForm:
    """A customer that is to be deleted for good: its name."""

    typed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteForm:
    """A note about a customer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteForm:
    """Somebody who will look after a customer, with all built-in tabs."""

    email: str
    first_name: str
    last_name: str
    language: str = ""

    def somebody(self, customer: Customer, *, is_primary: bool, me: Person) -> NewAdministrator:
        """Make what the service wants."""
        return NewAdministrator(
            email=self.email,
            details=Details(first_name=self.first_name, last_name=self.last_name),
            tabs=frozenset(built_in(customer)),
            is_primary=is_primary,
            language=self.language or get_language() or "",
            time_zone=me.time_zone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportForm:
    """Beside the file: whether it has people or customers, and into which customer these people go."""

    kind: str
    customer: str
    invite: bool
    # Only so that what is wrong with the file stands there.
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsForm:
    """What each column is, as its number and a field, like `3:email`."""

    column: frozenset[str]

    def of(self, many: int) -> list[str]:
        """Return the field of each column. Raises `ChoiceInvalid`."""
        fields: dict[str, str] = {}
        for one in self.column:
            number, _, field = one.partition(":")
            fields[number] = field
        try:
            return [fields[str(number)] for number in range(many)]
        except KeyError as error:
            raise ChoiceInvalid from error
