"""What a process of Doorward remembers, and which of it a test must not leave to the next.

All of it stands here: `tests/test_leftovers.py` fails for a cache or a container that does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doorward.administrators import (
    breached_passwords,
    common_passwords,
    hashers,
    own_profile,
    sessions,
    signing_in,
)
from doorward.audit import browsers, newest
from doorward.config import environ, rsgi
from doorward.core import attempts, colour, hosts
from doorward.customers import cached
from doorward.mfa import facts, passkeys
from doorward.notices import rendering as mails
from doorward.safe import schema, throttle, vault
from doorward.safe.sqlite import journal
from doorward.web import (
    brandmark,
    csp,
    files,
    icons,
    jinja,
    language,
    readiness,
    server_clock,
    tabbar,
    tabs,
    times,
    under_way,
)
from doorward.web import passkeys as passkey_pages
from doorward.web.administrators import listing
from doorward.web.help import rendering as guides
from doorward.web.home import pages as home
from doorward.web.profile import zones

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from functools import _lru_cache_wrapper

# What depends on rows, on settings that tests change, or on what a browser never fetched.
FORGOTTEN: list[_lru_cache_wrapper[Any]] = [
    breached_passwords._service,
    home._cards,
    jinja._language,
    jinja.languages,
    language._choose,
    readiness._nothing_left,
    signing_in._nobody,
    tabs._items,
    vault._fingerprint_key,
]
CLEARED: list[MutableMapping[Any, Any]] = [vault._ciphers, under_way._of]
BY_THEMSELVES: list[tuple[Any, str]] = [
    (cached, "_kept"),
    (server_clock, "_last"),
    (readiness, "_looked"),
]

# What is the same whatever a test does. A statement is written once for each database, and a test
# that changes files or templates says so itself.
THE_SAME: list[object] = [
    attempts.waits,
    brandmark._version,
    brandmark.write_stylesheet,
    breached_passwords._threads,
    browsers._parts,
    colour.make_accent,
    common_passwords._short_ones,
    csp._policy,
    environ._key,
    facts._effective,
    files.files,
    guides._guide,
    hashers._hashing_thread,
    hosts.ascii_host,
    hosts.clean_origin,
    hosts.split_netloc,
    icons._archive,
    icons._shapes,
    icons.icon,
    jinja._environment_of,
    jinja.remember,
    jinja.static,
    mails._environment,
    own_profile.time_zones,
    passkey_pages._is_number,
    listing._factor_choices,
    listing._sort_choices,
    listing._status_choices,
    newest._first_page,
    passkeys._shown,
    schema._known,
    sessions._step_up,
    tabbar._width,
    throttle._count_row,
    throttle._failing,
    throttle._releasing,
    throttle._reserving,
    throttle._righting,
    throttle._spending,
    throttle._unspending,
    times._clock,
    times._day,
    times._distance,
    times._locale_of,
    vault._keyed,
    zones._grouped,
    # Each file that was opened has its lock as long as the process lives; no two tests have one file.
    journal._held,
    # No test asks it for a page in its own process.
    rsgi.application,
]


def forget() -> None:
    """Be as a process that has just begun."""
    for cache in FORGOTTEN:
        cache.cache_clear()
    for container in CLEARED:
        container.clear()
    for module, _name in BY_THEMSELVES:
        module.forget()
