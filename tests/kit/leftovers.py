"""What a process of Doorward remembers, and which of it a test must not leave to the next.

All of it stands here: `tests/test_leftovers.py` fails for a cache or a container that does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doorward import environment
from doorward.accounts import changes
from doorward.applications import identity_headers
from doorward.applications import keys as signing_keys
from doorward.audit import browser_patterns, browsers, newest
from doorward.credentials.passkeys import possible
from doorward.credentials.password import breached, common_passwords, hashers
from doorward.credentials.totp import foreign
from doorward.customers import cached, colour
from doorward.kernel import host_spelling, lucide, memory, refusals
from doorward.kernel.crypto import sealing
from doorward.kernel.db import schema
from doorward.kernel.db.postgresql import base as postgresql_base
from doorward.kernel.db.postgresql import patience
from doorward.kernel.db.sqlite import base, journal
from doorward.kernel.metrics import counting
from doorward.kernel.ratelimit import rules, statements, throttle
from doorward.kernel.text import days, names
from doorward.notifications import rendering as mails
from doorward.operations import readings
from doorward.operations.evidence import pdf
from doorward.permissions import staff_scope
from doorward.policy import effective, series
from doorward.recovery import set_up_words
from doorward.signin import decoys
from doorward.web.administrators import listing
from doorward.web.fast import page_language
from doorward.web.help import rendering as guides
from doorward.web.home import pages as home
from doorward.web.http import (
    csp_nonce,
    readiness,
    rooms,
    server_clock,
    static_files,
    streaming,
    tracing,
)
from doorward.web.jump import places as jump_places
from doorward.web.kit import brandmark, forms, icons, jinja, offered, tab_bar, times
from doorward.web.profile import zones
from doorward.web.server import environ, rsgi

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from functools import _lru_cache_wrapper

# What depends on rows, on settings that tests change, or on what a browser never fetched.
FORGOTTEN: list[_lru_cache_wrapper[Any]] = [
    breached._service,
    home._cards,
    home._weak,
    jinja._language,
    jinja.languages,
    page_language._choose,
    readiness._nothing_left,
    decoys._usual,
    tab_bar._items,
    sealing._hash_key,
    identity_headers._signed,
]
CLEARED: list[MutableMapping[Any, Any] | list[Any]] = [
    sealing._ciphers,
    streaming._of,
    signing_keys._kept,
    environment._kept,
]
# Modules that forget by themselves, and what each of them has just now.
BY_THEMSELVES: list[tuple[Any, Callable[[], object]]] = [
    (cached, lambda: cached._kept),
    (server_clock, lambda: server_clock._last),
    (readiness, lambda: readiness._looked),
    (counting, lambda: counting._here),
    (readings, lambda: readings._read),
    (decoys, lambda: decoys._kept),
]

# What is the same whatever a test does. A statement is written once for each database, and a test
# that changes files or templates says so itself.
THE_SAME: list[object] = [
    refusals.by_code,
    # By the row and its sealed value.
    signing_keys._private,
    pdf._weasyprint,
    listing._attention_choices,
    set_up_words._list,
    rooms._room,
    # Whoever begins to trace stops it.
    tracing._here,
    rules.waits,
    postgresql_base._numbered,
    base._convert,
    brandmark._version,
    brandmark.write_stylesheet,
    breached._threads,
    browsers._parts,
    browser_patterns.browsers,
    browser_patterns.systems,
    memory._glibc,
    colour.make_accent,
    common_passwords._short_ones,
    csp_nonce._policy,
    environ._key,
    series.load,
    effective._merged,
    static_files.files,
    foreign._payload_class,
    guides._guide,
    hashers._hashing,
    host_spelling.ascii_host,
    host_spelling.clean_origin,
    host_spelling.split_netloc,
    icons.icon,
    lucide._archive,
    lucide.names,
    lucide.shapes,
    jinja._environment_of,
    jinja.remember,
    jinja.static,
    jump_places._need_of,
    mails._environment,
    names._written,
    forms._declared,
    forms._needed,
    forms._readers,
    changes.time_zones,
    possible.browser_makes_them,
    possible.is_number,
    listing._factor_choices,
    listing._sort_choices,
    listing._status_choices,
    newest._first_page,
    schema._known,
    throttle._count_row,
    statements.failing,
    statements.releasing,
    statements.reserving,
    statements.righting,
    statements.spending,
    statements.unspending,
    offered._need_of,
    times._clock,
    times._day,
    times._distance,
    days.locale_of,
    times._number,
    times._opening,
    sealing._keyed,
    staff_scope.of_columns,
    zones._grouped,
    # How long a thread waits; it is set anew for each request.
    patience._patience,
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
    for module, _has in BY_THEMSELVES:
        module.forget()
