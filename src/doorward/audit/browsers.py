"""A browser and an address as people read them: 'Firefox on Windows', '203.0.113.x'."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from django.utils.translation import gettext as _
from ua_parser import parse

from doorward.audit.origin import CONSOLE, WORKER


def in_words(user_agent: str) -> str:
    """Give a User-Agent in words, in the active language; it is the browser's own claim.

    'the command line' for the console, 'the portal itself' for the background worker.
    """
    if user_agent == CONSOLE.origin.browser:
        return _("the command line")
    if user_agent == WORKER.origin.browser:
        return _("the portal itself")
    browser, system = _parts(user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("an unknown browser")


def name_of_browser(user_agent: str) -> str:
    """Give the browser's name alone, as it says of itself; empty: not known."""
    return _parts(user_agent)[0]


def approximate(address: str) -> str:
    """Give an address without what tells one machine of a network from another; empty: unknown."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, IPv6Address):
        groups = parsed.exploded.split(":")[:3]
        return ":".join(f"{int(group, 16):x}" for group in groups) + ":…"
    return parsed.exploded.rpartition(".")[0] + ".x"


@lru_cache(maxsize=512)
def _parts(user_agent: str) -> tuple[str, str]:
    found = parse(user_agent)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    return browser, system
