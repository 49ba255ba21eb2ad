"""Time zones as a list to choose from: regions, and cities in the reader's language."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from babel import Locale, UnknownLocaleError
from babel.dates import get_timezone_location
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from doorward.accounts.changes import time_zones
from doorward.kernel.text import names
from doorward.web.kit.fields import Option

if TYPE_CHECKING:
    from collections.abc import Sequence

REGIONS: Final = {
    "Africa": gettext_lazy("Africa"),
    "America": gettext_lazy("America"),
    "Antarctica": gettext_lazy("Antarctica"),
    "Arctic": gettext_lazy("Arctic"),
    "Asia": gettext_lazy("Asia"),
    "Atlantic": gettext_lazy("Atlantic"),
    "Australia": gettext_lazy("Australia"),
    "Europe": gettext_lazy("Europe"),
    "Indian": gettext_lazy("Indian Ocean"),
    "Pacific": gettext_lazy("Pacific"),
}
UTC: Final = "UTC"


def zone_options(chosen: str) -> list[Option]:
    """Return all zones as options, grouped by region, with the one that is chosen."""
    language = get_language() or "en"
    groups = _grouped(language)
    known = {name for _region, zones in groups for name, _city in zones}
    other = [(name, name) for name in dict.fromkeys((UTC, chosen)) if name and name not in known]
    every = [*groups, (_("Other"), other)]
    return [
        Option(name, city, selected=name == chosen, group=region)
        for region, zones in every
        for name, city in zones
    ]


@lru_cache(maxsize=8)
def _grouped(language: str) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    locale = _locale(language)
    by_region: dict[str, list[tuple[str, str]]] = {region: [] for region in REGIONS}
    for name in _listed():
        region = name.partition("/")[0]
        if region in by_region:
            city = get_timezone_location(name, locale=locale, return_city=True)
            by_region[region].append((name, city.replace("/", " – ").replace("_", " ")))
    return [
        (str(REGIONS[region]), sorted(zones, key=lambda zone: names.sort_key(zone[1])))
        for region, zones in by_region.items()
        if zones
    ]


def _listed() -> list[str]:
    """Return the zones that the time zone database lists for countries, without its old names."""
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return sorted({row[2] for row in rows} & time_zones())


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")
