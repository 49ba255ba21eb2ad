"""What the settings alone tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.kernel.host_spelling import is_loopback
from doorward.operations.checks.finding import Finding, advice, fine, unfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.environment.fields import Environment


def look(environment: Environment, *, debug: bool) -> Iterator[Finding]:
    """Return a finding for each setting that decides about production."""
    yield _https(environment)
    yield _proxies(environment)
    yield _bind(environment)
    yield _workers(environment)
    yield _metrics(environment)
    yield _anchor(environment)
    yield _debug(environment, debug=debug)


def _https(environment: Environment) -> Finding:
    if environment.https:
        return fine(
            "https",
            "People use https: cookies are Secure and __Host-, and browsers keep to it (HSTS, a year).",
        )
    return unfit(
        "https",
        f"People use {environment.origin}, without TLS: passwords and codes can be read on the way, "
        "cookies are not Secure, and there is no HSTS.",
        "Put a proxy with a certificate in front, and set DOORWARD_PUBLIC_URL=https://….",
    )


def _proxies(environment: Environment) -> Finding:
    trusted = environment.trusted_proxies
    if everybody := [network for network in trusted if network.prefixlen == 0]:
        return unfit(
            "proxies",
            f"Everybody is trusted as a proxy ({everybody[0]}): anybody can choose the address that "
            "limits count and history names.",
            "Name the proxy's own addresses in DOORWARD_TRUSTED_PROXIES.",
        )
    if environment.https and not trusted:
        return unfit(
            "proxies",
            "TLS ends at a proxy, and none is trusted: everybody seems to come from its address, so "
            "one guesser makes everybody wait, and the history shows no real address.",
            "Set DOORWARD_TRUSTED_PROXIES to the address that the proxy connects from.",
        )
    named = ", ".join(map(str, trusted)) or "nobody"
    return fine("proxies", f"X-Forwarded-For is believed from {named}.")


def _bind(environment: Environment) -> Finding:
    if not environment.https or is_loopback(environment.host):
        return fine("bind", f"Doorward listens on {environment.bind}.")
    return advice(
        "bind",
        f"Doorward listens on {environment.bind}: anyone who reaches that port bypasses the proxy and TLS.",
        "Bind it to loopback (DOORWARD_BIND), or let a firewall admit only the proxy.",
    )


def _workers(environment: Environment) -> Finding:
    if environment.workers > 1:
        return fine("workers", f"{environment.workers} processes answer requests.")
    return advice(
        "workers",
        "One process answers requests: while it restarts, nobody is answered.",
        "Set DOORWARD_WORKERS to 2 or more.",
    )


def _metrics(environment: Environment) -> Finding:
    if environment.metrics_token:
        return fine("metrics", "A monitor with the token may read /metrics.")
    return advice(
        "metrics",
        "There is no /metrics: mail that is not sent goes unnoticed until somebody misses it.",
        "Set DOORWARD_METRICS_TOKEN, and have a monitor look at it.",
    )


def _anchor(environment: Environment) -> Finding:
    if environment.anchor_file.name or environment.anchor_email:
        return fine("anchor", "The newest head of the sealed history is also kept elsewhere.")
    return advice(
        "anchor",
        "The heads of the sealed history are in the database alone: anyone who can write to it can rewrite "
        "all of it.",
        "Set DOORWARD_ANCHOR_FILE to a file on another machine's disk, or DOORWARD_ANCHOR_EMAIL.",
    )


def _debug(environment: Environment, *, debug: bool) -> Finding:
    if environment.demo:
        return unfit(
            "debug",
            "This is a demonstration: everybody may read its mail.",
            "Remove DOORWARD_DEMO.",
        )
    if debug:
        return unfit(
            "debug",
            "Django's debug pages are on: an error shows settings and variables to anybody.",
            "Set DJANGO_SETTINGS_MODULE to doorward.settings.django, where DEBUG is False.",
        )
    return fine("debug", "No debug pages, no demonstration.")
