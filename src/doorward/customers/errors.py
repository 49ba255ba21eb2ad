"""What is refused of customers, brands, hosts and tabs: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import PictureRefused, Refusal, _


class CustomerNameTaken(Refusal):
    """Another customer has this name."""

    sentence = _("Another customer has this name.")
    field = "name"


class ColourInvalid(Refusal):
    """This is not a colour as `#rgb` or `#rrggbb`."""

    sentence = _("Type a colour like #2b50e0.")
    field = "accent"


class RightMissing(Refusal):
    """This protects people whom only holders of the Administrators tab have a right over."""

    sentence = _(
        "This protects people, so it also requires the right to the Administrators tab. Ask somebody who has it."
    )


class HostTaken(Refusal):
    """Another brand has this host name."""

    sentence = _("Another brand has one of these host names.")
    field = "hosts"


class HostIsSite(Refusal):
    """At this host name is the site behind a tab: it would see the portal's cookies."""

    sentence = _(
        "At one of these host names is the site of a tab: it would see the portal's cookies."
    )
    field = "hosts"


class HostNotConfirmed(Refusal):
    """A host name did not show that it is this portal; each reason is a class of its own."""

    sentence = _("This host name is not confirmed.")
    field = "host"


class HostUnknown(HostNotConfirmed):
    """The name system knows no address of this name."""

    sentence = _(
        "DNS has no address for this name yet. Create its record, and wait until it is visible everywhere."
    )


class HostPrivate(HostNotConfirmed):
    """The name leads into a private network, which is asked only where a setting allows it."""

    sentence = _(
        "This name leads to a private address, which is not contacted. If the portal is "
        "inside your network, set DOORWARD_PRIVATE_HOSTS, or create the TXT record."
    )


class HostSilent(HostNotConfirmed):
    """Nobody answers under this name, or not in time."""

    sentence = _(
        "Nobody answered at this name in time. Check its DNS record, the proxy and the firewall."
    )


class HostCertificate(HostNotConfirmed):
    """Who answers has no certificate for this name that browsers would take."""

    sentence = _("The server has no valid certificate for this name. Give the proxy one.")


class HostIsAnothers(HostNotConfirmed):
    """Somebody answers, and it is not this portal under this name."""

    sentence = _(
        "Another server answers at this name. Point it to this portal, and have the proxy pass on the Host header."
    )


class TabKeyInvalid(Refusal):
    """A tab's key has small letters, digits and dashes, and is none of the built-in tabs'."""

    sentence = _("Use small letters, digits and dashes. The names of the built-in tabs are taken.")
    field = "key"


class TabKeyTaken(Refusal):
    """Another tab has this key."""

    sentence = _("Another tab has this key.")
    field = "key"


class TooManyCustomersNamed(Refusal):
    """A tab is for more customers than a list by name should have."""

    sentence = _(
        "Name at most %(maximum)s customers. More of them are better a brand of their own."
    )
    field = "customers"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class AddressNotSecure(Refusal):
    """A tab leads to where others can read or change what is shown."""

    sentence = _(
        "The address must begin with https://, so that nobody on the way can read or change what it shows."
    )
    field = "url"


class TabsChanged(Refusal):
    """The tab beside which another one was to stand is no more."""

    sentence = _(
        "Somebody else has just removed the tab next to it. Nothing was moved: look at the new order and try again."
    )
    field = "before"


class IconUnknown(Refusal):
    """There is no such icon in the set."""

    sentence = _("There is no icon of this name. Choose one of those shown, or search for another.")
    field = "icon"


class TabCustomerUnknown(Refusal):
    """No customer has this name."""

    sentence = _(
        "There is no customer called “%(name)s”. Type each name as in the list of customers."
    )
    field = "customers"

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class NobodyChosen(Refusal):
    """A tab is for some brands or customers, and none of them is named."""

    sentence = _("Choose at least one, or every customer.")
    field = "audience"


class TooManyTabs(Refusal):
    """The provider has as many tabs as there may be (`maximum`)."""

    sentence = _("There are already %(maximum)s tabs, and no more can be added. Remove one first.")

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class PictureTooLarge(PictureRefused):
    """A file of more than `maximum` KiB."""

    sentence = _("Choose an image of at most %(maximum)s KB.")

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class NameNotTyped(Refusal):
    """The name of the customer was not typed, or another one."""

    sentence = _("Type the name of the customer as it stands there.")
    field = "typed"


class NotClosed(Refusal):
    """Only a closed customer is deleted."""

    sentence = _("Only a closed customer can be deleted for good. Close it first.")


class ExportFirst(Refusal):
    """Nothing is deleted before all that the customer owns was exported, after it was closed."""

    sentence = _(
        "Export everything that this customer owns first. An export from before it was closed is not enough."
    )


class NoDeletion(Refusal):
    """The customer is not to be deleted, so there is nothing to take back."""

    sentence = _("Nobody has asked for this customer to be deleted.")


class DeletionBegun(Refusal):
    """The customer is being deleted: part of it is gone."""

    sentence = _("This customer is being deleted. It is too late to change anything.")


class NoteMissing(Refusal):
    """A note says nothing."""

    sentence = _("Type a note.")
    field = "text"


class ProviderStaysActive(Refusal):
    """The provider's own customer can be neither suspended nor closed."""

    sentence = _("This is the provider itself: it can be neither suspended nor closed.")
    field = "status"


class UnknownTab(Refusal):
    """There is no such tab, or not for this customer."""

    sentence = _("There is no such tab.")
    field = "tabs"
