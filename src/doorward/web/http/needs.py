"""Each view says what it is for: `@needs(…)` what it asks of a session, `@serves(…)` which step it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from doorward.gate.requirement import Need, Step
from doorward.permissions.actions import Managed

if TYPE_CHECKING:
    from collections.abc import Callable

View = TypeVar("View", bound="Callable[..., Any]")

_MARK = "doorward_declaration"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a view is for. `post` is what changing something asks, where that is more.

    `through`: with `step`, runs also where nothing is due.
    `any_host`: for machines: answers whatever the Host header says, even nothing, and needs neither brand
    nor session, so that it answers without a database, too.
    `old_forms`: does what it does for a form of an older page of this browser, too: signing out must not
    wait until a page was loaded again.
    """

    need: Need | None = None
    post: Need | None = None
    step: Step | None = None
    through: bool = False
    any_host: bool = False
    old_forms: bool = False

    def need_for(self, method: str | None) -> Need:
        """Return what a request of this method asks."""
        need = self.need or Need.THROUGH
        if method in {"GET", "HEAD"}:
            return need
        if self.post is not None:
            return self.post
        # Whoever may look does not change anything by that.
        return replace(need, managed=Managed.NEVER) if need.managed is Managed.LOOK else need


def needs(
    need: Need, *, post: Need | None = None, any_host: bool = False, old_forms: bool = False
) -> Callable[[View], View]:
    """Declare what a view asks of a session."""
    return _mark(Declaration(need=need, post=post, any_host=any_host, old_forms=old_forms))


def serves(step: Step, *, through: bool = False) -> Callable[[View], View]:
    """Declare that a view is the page of a step; `through`: and of people who are through."""
    return _mark(Declaration(step=step, through=through))


def declared(view: Callable[..., Any]) -> Declaration | None:
    """Return a view's declaration; None: nobody gets in."""
    found: Declaration | None = getattr(view, _MARK, None)
    return found


def _mark(declaration: Declaration) -> Callable[[View], View]:
    def mark(view: View) -> View:
        if declared(view) is not None:
            raise TypeError(f"{view.__name__} declares twice what it is for")
        setattr(view, _MARK, declaration)
        return view

    return mark
