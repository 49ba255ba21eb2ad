"""Writes docs/permissions.md from `doorward.permissions.actions`; with --check only says whether it is current."""

from __future__ import annotations

import sys
from pathlib import Path

from doorward.permissions.actions import About, Action, Extent, Level, Managed
from doorward.sessions.reauthentication import OF_LEVEL

PAGE = Path(__file__).parent.parent / "docs" / "permissions.md"
HEAD = """# Who may do what

Made from `src/doorward/permissions/actions.py` by `make docs`; do not edit it here.

Every service that changes or exports something begins with `authorise(actor, Action.…)`, which reads the rights as
they are at that moment; `tests/whole/test_authorise.py` walks all of them. The operator at the console and the
background worker may do everything. Reauthentication is asked by pages, before they call the service.

Staff see all customers, those of some brands, or some customers by name: their scope. The last column says what of a
scope an action asks for; on behalf of a customer it is that customer. What is outside is not there (404).

Staff who manage a customer's portal do what the column *managing* says, in that portal and with the customer's yes to
changes; all else of a customer is never done by them, whatever they were let in for. They look at *Home*, *Account*,
*Adoption*, *Administrators*, a person and their history, and *Activity*, and nowhere else; applications open only where
the provider says so for them, with the yes to changes. What is marked *their own*
concerns their own session: they ask for it as staff. `tests/threats/test_managing_misused.py` tries every action and
every page.

| action | about | right | on behalf of a customer | managing | reauthentication | API scope | of staff with a scope |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""
ABOUT = {
    About.CUSTOMER: "one's own customer",
    About.PROVIDER: "what the provider keeps",
    About.SELF: "oneself",
    About.CONSOLE: "anybody, at the console",
}

MANAGED = {
    Managed.NEVER: "never",
    Managed.LOOK: "yes",
    Managed.CHANGE: "with a yes to changes",
    Managed.OWN: "their own",
}
EXTENT = {
    Extent.EVERYTHING: "all customers",
    Extent.BRAND: "this brand",
    Extent.CUSTOMER: "this customer",
    Extent.PERSON: "a colleague whose scope is no wider",
    Extent.PART: "what is in it",
}


def seconds(level: Level) -> str:
    found = OF_LEVEL[level]
    if found is None:
        return ""
    recovery = ", or a recovery code" if found.recovery_serves else ""
    return f"{found.seconds // 60} minutes{recovery}"


def managing(action: Action) -> str:
    if action is Action.MANAGE_CUSTOMER:
        return MANAGED[Managed.OWN]
    return "" if action.needs.about is About.CONSOLE else MANAGED[action.needs.managed]


def row(action: Action) -> str:
    needs = action.needs
    cells = (
        f"`{action.key}`",
        ABOUT[needs.about],
        " and ".join(tab.capitalize() for tab in (needs.tab, needs.also) if tab),
        "the provider's Customers tab" if needs.behalf else "",
        managing(action),
        seconds(needs.level),
        f"`{needs.scope}`" if needs.scope else "",
        EXTENT[needs.extent] if needs.about in {About.CUSTOMER, About.PROVIDER} else "",
    )
    return f"| {' | '.join(cells)} |\n"


def page() -> str:
    return HEAD + "".join(row(action) for action in Action)


def main(*, check: bool) -> int:
    if check:
        if PAGE.exists() and PAGE.read_text() == page():
            return 0
        print("docs/permissions.md is not current: run `make docs`.", file=sys.stderr)
        return 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
