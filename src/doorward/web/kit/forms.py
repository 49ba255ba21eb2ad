"""Forms of all rooms: each is declared as a dataclass, read in one way, and refused at its fields.

What a field takes is its annotation:

    @dataclass(frozen=True, slots=True, kw_only=True)
    class PersonForm:
        email: str                  # the one value, as it was typed; missing: the form is not one of ours
        language: str = ""          # may be missing
        require_2fa: bool           # a box: ticked is `on`, absent is not
        tabs: frozenset[str]        # boxes, or a list: any number of values

A form is what was typed; services clean it, once, and refuse it. Django's own forms would cost a tenth of a page
(decision 0082).
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.contrib import messages

from doorward.kernel.errors import FieldsRefused, MustWait, NotFound
from doorward.kernel.refusals import sentence, wait_of
from doorward.web.http import posted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.kernel.errors import Refusal
    from doorward.web.http.requests import Request

F = TypeVar("F")
G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a form: a sentence by field; `above` the form what belongs to none; seconds to `wait`."""

    fields: Mapping[str, str] = field(default_factory=dict)
    above: str = ""
    wait: int = 0

    def __bool__(self) -> bool:
        """Return whether anything is."""
        return bool(self.fields or self.above or self.wait)

    def at(self, name: str) -> tuple[str, ...]:
        """Return what is wrong with a field."""
        return (self.fields[name],) if name in self.fields else ()


NOTHING: Final = Wrong()


def read(request: Request, form: type[F]) -> F:
    """Return what was posted. Raises `FieldMissing`, which answers 422."""
    kind: Any = form
    typed: F = kind(**{name: take(request, name) for name, take in _readers(kind).items()})
    return typed


def read_either(request: Request, first: type[F], second: type[G]) -> F | G:
    """Return which of two forms at one address was posted: the first where its fields came. Raises `FieldMissing`."""
    return read(request, second) if is_bare(request, first) else read(request, first)


def is_bare(request: Request, *forms: type) -> bool:
    """Return whether nothing of these forms came: they waited for reauthentication, which keeps no secrets."""
    return not any(_needed(form) & request.POST.keys() for form in forms)


def blank(form: type[F], **given: Any) -> F:  # noqa: ANN401 - the form's own fields
    """Return a form as it is first shown: nothing typed, nothing ticked, but what is given."""
    empty = {"str": "", "bool": False, "frozenset[str]": frozenset[str]()}
    declared: Any = form
    return form(**{name: empty[kind] for name, kind, _ in _declared(declared)} | given)


def wrong(refusal: Refusal | None, form: type | None = None) -> Wrong:
    """Return what a refusal says of a form: at the fields that it belongs to, else above; without a form, all of it.

    Raises `NotFound` again: what is gone has no page to say it on.
    """
    if refusal is None:
        return NOTHING
    _raise_if_gone(refusal)
    names = {name for name, _, _ in _declared(form)} if form else set()
    each = refusal.fields.values() if isinstance(refusal, FieldsRefused) else (refusal,)
    at = {one.field: sentence(one) for one in each if one.field in names}
    # Of who only has to wait the page counts the seconds instead.
    others = [sentence(one) for one in each if one.field not in names and type(one) is not MustWait]
    return Wrong(fields=at, above=" ".join(others), wait=wait_of(refusal) or 0)


def say_refused(request: Request, refusal: Refusal) -> None:
    """Say on the next page why something was not done. Raises `NotFound` again: the next page would not be there."""
    _raise_if_gone(refusal)
    messages.error(request, sentence(refusal))


def _raise_if_gone(refusal: Refusal) -> None:
    """Leave what is gone to the gate, which answers 404 in one place."""
    if isinstance(refusal, NotFound):
        raise refusal


def _several(request: Request, name: str) -> frozenset[str]:
    return frozenset(request.POST.getlist(name))


_READERS: Final = {
    ("str", True): posted.field,
    ("str", False): posted.optional,
    ("bool", True): posted.ticked,
    ("frozenset[str]", True): _several,
}


@cache
def _declared(form: Any) -> tuple[tuple[str, str, bool], ...]:  # noqa: ANN401 - any dataclass
    """Return name, annotation and whether it must be there, of each field."""
    return tuple((one.name, str(one.type), one.default is MISSING) for one in fields(form))


@cache
def _readers(form: Any) -> dict[str, Any]:  # noqa: ANN401
    return {name: _READERS[kind, needed] for name, kind, needed in _declared(form)}


@cache
def _needed(form: Any) -> frozenset[str]:  # noqa: ANN401
    return frozenset(name for name, kind, needed in _declared(form) if needed and kind == "str")
