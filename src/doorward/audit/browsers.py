"""A browser and an address as people read them: 'Firefox on Windows', '203.0.113.x'.

A User-Agent is whatever its sender likes, and parsers give parts of it back: what is not a name below is
not said, so that nobody writes a word of their own into a page or a mail.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final

from django.utils.translation import gettext as _

from doorward.audit import browser_patterns

_BROWSERS: Final = frozenset(
    {
        *(
            "Chrome",
            "Chrome Mobile",
            "Chrome Mobile iOS",
            "Chrome Mobile WebView",
            "HeadlessChrome",
        ),
        *("Chromium", "Firefox", "Firefox Mobile", "Firefox iOS", "Safari", "Mobile Safari"),
        *("Mobile Safari UI/WKWebView", "Edge", "Edge Mobile", "IE", "Opera", "Opera Mobile"),
        *("Opera Mini", "Opera Touch", "Samsung Internet", "Vivaldi", "Brave", "DuckDuckGo Mobile"),
        *(
            "DuckDuckGo",
            "Yandex Browser",
            "UC Browser",
            "Epiphany",
            "Konqueror",
            "SeaMonkey",
            "Silk",
        ),
        *("Amazon Silk", "MIUI Browser", "Huawei Browser", "QQ Browser", "Whale", "curl", "Wget"),
        *("Python Requests", "Go-http-client"),
    }
)
_SYSTEMS: Final = frozenset(
    {
        *(
            "Windows",
            "Mac OS X",
            "Linux",
            "Android",
            "iOS",
            "Chrome OS",
            "Ubuntu",
            "Fedora",
            "Debian",
        ),
        *("FreeBSD", "OpenBSD", "NetBSD", "KaiOS", "Tizen", "HarmonyOS", "Windows Phone"),
    }
)


def in_words(user_agent: str) -> str:
    """Return a User-Agent in words, in the active language; it is the browser's own claim."""
    browser, system = _parts(user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("an unknown browser")


def name_of_browser(user_agent: str) -> str:
    """Return the browser's name alone, as it says of itself; empty: not known."""
    return _parts(user_agent)[0]


def approximate(address: str) -> str:
    """Return an address without what tells one machine of a network from another; empty: unknown."""
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
    browser, system = (
        named.family if (named := patterns.find(user_agent)) else ""
        for patterns in (browser_patterns.browsers(), browser_patterns.systems())
    )
    return browser if browser in _BROWSERS else "", system if system in _SYSTEMS else ""
