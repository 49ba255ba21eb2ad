"""What is refused of customers, brands, hosts and tabs: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


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


class NumberInvalid(Refusal):
    """Not a whole number from 0 to `maximum`."""

    sentence = _("Type a whole number from 0 to %(maximum)s.")
    field = "position"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class TooManyTabs(Refusal):
    """The provider has as many tabs as there may be (`maximum`)."""

    sentence = _("There are already %(maximum)s tabs, and no more can be added. Remove one first.")

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class LogoInvalid(Refusal):
    """Not a PNG picture, or one whose sides are longer than `maximum` pixels."""

    sentence = _("Choose a PNG image whose sides have at most %(maximum)s pixels.")
    field = "logo"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class LogoTooLarge(Refusal):
    """A picture of more than `maximum` KiB."""

    sentence = _("Choose an image of at most %(maximum)s KB.")
    field = "logo"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class ProviderStaysActive(Refusal):
    """The provider's own customer can be neither suspended nor closed."""

    sentence = _("This is the provider itself: it can be neither suspended nor closed.")
    field = "status"
