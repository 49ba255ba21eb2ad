"""Puts sites behind tabs in a data folder, to which everybody there gets the right.

Run as a process of its own, as the portal is: `python -m tests.installing.filling TAB=ORIGIN …`.
"""

from __future__ import annotations

import sys

from doorward.cli.base import set_up_django


def main(*behind: str) -> None:
    """Make the tabs and their sites, for everybody who is there."""
    set_up_django()
    # ruff: noqa: PLC0415 - models are there once Django is set up
    from django.utils import timezone

    from doorward.accounts.models import Administrator
    from doorward.applications import sites
    from doorward.audit.actor import CONSOLE
    from doorward.customers import own_tabs

    keys = ["home"]
    for one in behind:
        key, _, origin = one.partition("=")
        details = own_tabs.TabDetails(title=key.title(), url=origin)
        tab = own_tabs.add(key, details, actor=CONSOLE)
        of_site = sites.SiteDetails(origin=origin)
        sites.add(tab.id, of_site, actor=CONSOLE, now=timezone.now())
        keys.append(key)
    people = Administrator.objects.everywhere()
    people.update(tabs=f" {' '.join(keys)} ", first_name="Zoë", last_name="Mill")


if __name__ == "__main__":
    main(*sys.argv[1:])
