"""What is refused of applications: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class RedirectMissing(Refusal):
    """Without an address people cannot come back."""

    sentence = _("Type at least one address.")
    field = "redirect_uris"


class RedirectInvalid(Refusal):
    """An address that no code is sent to."""

    sentence = _(
        "Type whole addresses like https://app.example.com/callback, one per line, without * and #. "
        "Addresses with http:// are only for this very machine."
    )
    field = "redirect_uris"


class TooManyAddresses(Refusal):
    """More than `maximum` addresses."""

    sentence = _("Type at most %(maximum)s addresses.")

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class KeysInvalid(Refusal):
    """No set of public keys."""

    sentence = _(
        "Paste a JSON Web Key Set with RSA or EC public keys, without anything private in it."
    )
    field = "keys"


class ApplicationThere(Refusal):
    """The tab has an application already."""

    sentence = _("This tab has an application already.")


class NoSecretNeeded(Refusal):
    """A public client cannot keep a secret."""

    sentence = _("This application cannot keep a secret, so it has none.")


class TooManySecrets(Refusal):
    """It has two already: the one that is used, and the one that it is changed for."""

    sentence = _("There are already two secrets. Remove the one that is no longer used first.")


class SecretMade(Refusal):
    """The same button once more, or a page that shows a secret a second time."""

    sentence = _(
        "This secret is already made, and is shown only once. If you do not have it, remove it and make another."
    )


class SecretsStay(Refusal):
    """A client that has secrets cannot become one that keeps none."""

    sentence = _("Remove its secrets first: an application like this has none.")
    field = "client_type"


class NobodyToTry(Refusal):
    """Nobody has that e-mail, here or at any customer."""

    sentence = _("Nobody has this e-mail.")
    field = "email"


class AlreadyAnswered(Refusal):
    """A request to sign in was answered before: somebody went back in their browser."""

    sentence = _("You have already been sent on from here. Open the application once more.")


class SiteThere(Refusal):
    """The tab has a site already: it is one or the other."""

    sentence = _("This tab has a site that is already behind the sign-in.")


class SiteAddressInvalid(Refusal):
    """No address that a proxy can stand in front of."""

    sentence = _(
        "Type an address like https://wiki.example.com, without a path. "
        "Addresses with http:// are only for this very machine."
    )
    field = "origin"


class SiteIsPortal(Refusal):
    """At this host name the portal itself answers: its cookies would be the site's."""

    sentence = _("The portal itself answers at this name. A site needs a host name of its own.")
    field = "origin"


class SiteTaken(Refusal):
    """Another tab's site has this address."""

    sentence = _("The site of another tab has this address.")
    field = "origin"


class SiteHostTaken(Refusal):
    """Another tab's site is at this host, behind another port: each would see the other's cookie."""

    sentence = _(
        "The site of another tab has this host name. Browsers send its cookies to all ports: "
        "each site needs a name of its own."
    )
    field = "origin"


class HandOverRefused(Refusal):
    """A code for a site that is over, was used, or is another browser's."""

    sentence = _("This took too long, or was begun in another browser. Open the page once more.")
