"""What a refusal is, and those that belong to no subject.

A function returns the thing asked for or raises one of these. Each is declared once, in the `errors.py` of its subject:
its name, the sentence that people read on a page and at the console, the short `reason` that history gives, and the
`field` of a form that it belongs to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def _(text: str) -> str:
    """Mark a text for translation; whoever shows it translates it. This subject knows no framework."""
    return text


class Refusal(Exception):
    """Something was asked for that a rule forbids. `data` has what the sentence needs: numbers and names.

    `code` is stable (pages, logs, events and the command line use it), and is made of the name. `sentence` speaks to
    whoever is refused, `reason` says it in history, in a few words.

    `field` is what has to be typed or chosen differently, by its name in a form or an API; empty: none in particular,
    so that a page says it above the form. Whoever raises it may name another one: a text can be too long anywhere.
    """

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = _("That is not possible.")
    reason: ClassVar[str] = ""
    field: str = ""

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        cls.reason = cls.__dict__.get("reason", "")

    def __init__(self, *, field: str = "", **data: str | int) -> None:
        super().__init__(self.code)
        self.data = data
        if field:
            self.field = field


def all_refusals(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Return every refusal that is declared in the subjects that are loaded."""
    yield base
    for kind in base.__subclasses__():
        yield from all_refusals(kind)


class MustWait(Refusal):
    """Too many failures. `seconds` until the next try is looked at."""

    sentence = _("Too many attempts. Please wait before the next one.")
    reason = _("too many attempts, had to wait")

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.seconds = seconds


class TooManyMails(MustWait):
    """The budget of mails is used up: of the mailbox, of who acts, or of their customer."""

    sentence = _("Too many mails were requested in a short time. Please wait before the next one.")
    field = "email"


class OnlyKnownBrowsers(MustWait):
    """Wrong passwords without end: no wait helps, only a browser that is known, or a reset by mail.

    `seconds`: what a machine is told to wait, which does not know better.
    """

    sentence = _(
        "There were too many wrong passwords for this e-mail. Sign in with a browser that "
        "you used before, or set a new password by mail."
    )


class EmailInvalid(Refusal):
    """This cannot be an e-mail address that mail reaches."""

    sentence = _("Type an e-mail like name@example.com.")
    field = "email"


class NameMissing(Refusal):
    """A name is needed and none was given."""

    sentence = _("Type a name.")
    field = "name"


class NameInvalid(Refusal):
    """A name with an `@` in it, which would pass for an e-mail."""

    sentence = _("A name cannot have an @ in it.")
    field = "name"


class TextInvalid(Refusal):
    """Control characters, line breaks, or characters that turn the direction of writing or are not seen."""

    sentence = _("This contains characters that are not allowed.")


class TextTooLong(Refusal):
    """More characters than `maximum`."""

    sentence = _("Use at most %(maximum)s characters.")


class ConfirmationMissing(Refusal):
    """What was asked for has to be confirmed first."""

    sentence = _("Please confirm what will happen.")
    field = "confirm"


class ChoiceInvalid(Refusal):
    """None of the values that can be chosen."""

    sentence = _("Choose one from the list.")


class NotFound(Refusal):
    """There is no such thing, or it belongs to another customer."""

    sentence = _("This no longer exists.")


class AlreadyRemoved(NotFound):
    """It was removed before, by a second press or by somebody else, and is nobody else's.

    Who catches it says so, and leads back; uncaught it is `NotFound`.
    """

    sentence = _("This was already removed.")


class FieldsRefused(Refusal):
    """Several fields of a form were looked at; `fields` says of each that is wrong why."""

    sentence = _("Nothing has been saved yet. Please check the highlighted fields.")

    def __init__(self, fields: Mapping[str, Refusal]) -> None:
        super().__init__()
        self.fields = dict(fields)
        for name, refusal in self.fields.items():
            refusal.field = name


class HostInvalid(Refusal):
    """This cannot be the name of a host; an address with a port, a path or numbers only is none."""

    sentence = _(
        "Type host names like portal.example.com, one per line, without https:// and without a port."
    )
    field = "hosts"


class AddressInvalid(Refusal):
    """This is no address that a page may link to."""

    sentence = _("Type an address like https://www.example.com/page.")
    field = "url"


class PictureRefused(Refusal):
    """A picture that is not taken; each reason is a class of its own."""

    sentence = _("This image cannot be used.")
    field = "kind"


class PictureInvalid(PictureRefused):
    """Nothing that can be read as a picture, whatever it is called."""

    sentence = _("This file cannot be read as an image. Choose a PNG, WebP or JPEG.")


class PictureIsDrawing(PictureRefused):
    """An SVG, which is a document and can have programs in it."""

    sentence = _(
        "SVG files can contain programs, so they are not accepted. Save the drawing as a PNG, "
        "200 pixels high or more, and choose that."
    )


class PictureAnimated(PictureRefused):
    """A picture that moves."""

    sentence = _("Choose an image that does not move.")


class PictureTooManyPixels(PictureRefused):
    """A side longer than `side` pixels, or more than `maximum` pixels in all."""

    sentence = _(
        "Choose an image with at most %(maximum)s million pixels, and with no side longer than %(side)s pixels."
    )

    def __init__(self, side: int, maximum: int) -> None:
        super().__init__(side=side, maximum=maximum)


class PictureTooSmall(PictureRefused):
    """A side shorter than `least` pixels."""

    sentence = _("Choose an image with at least %(least)s pixels in each direction.")

    def __init__(self, least: int) -> None:
        super().__init__(least=least)


def refusal_of(asked: Callable[[], object]) -> Refusal | None:
    """Return what refuses this, as a page asks before it offers it; None: nothing does."""
    try:
        asked()
    except Refusal as refusal:
        return refusal
    return None
