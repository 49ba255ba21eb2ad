"""What is in an evidence pack: its tables, in the order in which the report has them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy

from doorward.operations.evidence.people import people_rows
from doorward.operations.evidence.tables import (
    Table,
    exception_rows,
    help_rows,
    refused_rows,
    support_rows,
)
from doorward.operations.evidence.versions import version_rows

if TYPE_CHECKING:
    from doorward.operations.evidence.people import Numbers


_POLICIES: Final = Table(
    file="policies.csv",
    title=gettext_lazy("What was asked"),
    says=gettext_lazy(
        "The versions of the policy and of the provider's minimums that held in the period. Of several, the "
        "strictest holds, field by field."
    ),
    none=gettext_lazy(
        "There was no version: two factors were required of those alone who were ticked."
    ),
    columns=(
        gettext_lazy("Whose"),
        gettext_lazy("No."),
        gettext_lazy("What it asks"),
        gettext_lazy("Saved by"),
        gettext_lazy("Reason"),
        gettext_lazy("From"),
        gettext_lazy("Until"),
    ),
    widths=(12, 5, 33, 15, 15, 10, 10),
    times=frozenset({5, 6}),
    rows=version_rows,
)
_EXCEPTIONS: Final = Table(
    file="exceptions.csv",
    title=gettext_lazy("Exceptions"),
    says=gettext_lazy("Whom the policy did not ask for a while, why, and who decided so."),
    none=gettext_lazy("There were none."),
    columns=(
        gettext_lazy("Person"),
        gettext_lazy("Reason"),
        gettext_lazy("Made by"),
        gettext_lazy("From"),
        gettext_lazy("Until"),
        gettext_lazy("Ended"),
    ),
    widths=(24, 32, 17, 9, 9, 9),
    times=frozenset({3, 4, 5}),
    rows=exception_rows,
)
_HELP: Final = Table(
    file="help-after-a-loss.csv",
    title=gettext_lazy("Resets, and help after a loss"),
    says=gettext_lazy(
        "Whose factors were replaced with somebody's help: who asked for it, how they made sure, who agreed."
    ),
    none=gettext_lazy("Nobody was helped."),
    columns=(
        gettext_lazy("Person"),
        gettext_lazy("Way"),
        gettext_lazy("Asked by"),
        gettext_lazy("How it was made sure"),
        gettext_lazy("Asked"),
        gettext_lazy("Agreed to by"),
        gettext_lazy("Agreed"),
        gettext_lazy("Outcome"),
    ),
    widths=(17, 9, 16, 18, 8, 15, 8, 9),
    times=frozenset({4, 6}),
    rows=help_rows,
)
_SUPPORT: Final = Table(
    file="support-access.csv",
    title=gettext_lazy("What the provider did here"),
    says=gettext_lazy(
        "Everything that the provider's people, or the operator at the command line, did at this customer, and "
        "what was done on somebody's behalf."
    ),
    none=gettext_lazy("Nothing."),
    columns=(
        gettext_lazy("Time"),
        gettext_lazy("By"),
        gettext_lazy("On behalf of"),
        gettext_lazy("What"),
        gettext_lazy("Details"),
        gettext_lazy("Outcome"),
    ),
    widths=(9, 19, 17, 33, 14, 8),
    times=frozenset({0}),
    rows=support_rows,
)
_REFUSED: Final = Table(
    file="refused-sign-ins.csv",
    title=gettext_lazy("Failed and refused sign-ins"),
    says=gettext_lazy("Wrong passwords and codes, and what somebody had no right to."),
    none=gettext_lazy("There were none."),
    columns=(
        gettext_lazy("Time"),
        gettext_lazy("Outcome"),
        gettext_lazy("What"),
        gettext_lazy("Details"),
        gettext_lazy("Address"),
    ),
    widths=(10, 9, 43, 22, 16),
    times=frozenset({0}),
    rows=refused_rows,
    shown=100,
)


def _people(numbers: Numbers) -> Table:
    return Table(
        file="people.csv",
        title=gettext_lazy("Who had to, and who did"),
        says=gettext_lazy(
            "Everybody as they stand at the moment when this pack was made. What changed before is in the history."
        ),
        none=gettext_lazy("There is nobody."),
        columns=(
            gettext_lazy("Name"),
            gettext_lazy("E-mail"),
            gettext_lazy("Status"),
            gettext_lazy("Tabs"),
            gettext_lazy("Required by"),
            gettext_lazy("Required from"),
            gettext_lazy("Second factor"),
            gettext_lazy("Set up"),
            gettext_lazy("Has what is required"),
            gettext_lazy("Last sign-in"),
        ),
        widths=(12, 17, 8, 14, 9, 8, 10, 8, 7, 7),
        times=frozenset({5, 7, 9}),
        rows=partial(people_rows, numbers=numbers),
    )


def tables(numbers: Numbers) -> tuple[Table, ...]:
    """Return the tables; `numbers` has been counted when the people were read."""
    return (_POLICIES, _people(numbers), _EXCEPTIONS, _HELP, _SUPPORT, _REFUSED)
