"""The demonstration's people: one a line, in the order in which they were added."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from doorward.customers.tabs import BUILT_IN, OF_STAFF
from doorward.demo.data.companies import (
    COMPANIES,
    HARBOUR,
    KESTREL,
    LINDHOLM,
    MILL,
    NORTHLINE,
    SAKURA,
)

# 15 characters and more, so that it may stand alone; everybody has it.
PASSWORD: Final = "seven-quiet-lanterns"  # noqa: S105 - of a portal that is thrown away

# For whom the support asks for help after a loss, and who of it does.
HAS_LOST: Final = "amara.diallo@kestrel-logistics.example"
SEES_A_BRAND: Final = "chidi.eze@northline.example"
ASKS: Final = "nora.whitfield@northline.example"
# Puts applications and sites behind the sign-in.
SETS_UP: Final = ASKS

# name | time zone | language of pages and mails (empty: the browser's) | tabs | state
# tabs: `all` built-in ones, `staff` all the provider's, else what comes on top of home and support.
# state: app, required (ticked by a colleague), locked (its app disabled), invited, suspended, new (never here).
_LINES: Final = {
    NORTHLINE: """
        Nora Whitfield | Europe/London | en | staff | app required primary
        Petra Nováková | Europe/Prague | | customers activity | app
        Oskar Brandt | Europe/Berlin | de | tabs activity | app required
        Chidi Eze | Africa/Lagos | en | customers brands | required
        Liam Byrne | Europe/Dublin | en | activity |
        Grace Lindley | Europe/London | en | customers | app suspended
        Yara Haddad | Europe/London | en | customers | invited""",
    HARBOUR: """
        Ines Moreau | Europe/Paris | en | all phone-system reports billing | primary
        Samuel Osei | Africa/Accra | en | all phone-system reports | app
        Tomasz Król | Europe/Warsaw | en | phone-system reports | required
        Aiko Tanaka | Asia/Tokyo | en | reports first-steps | app required
        Marta Silva | Europe/Lisbon | | billing account | app
        Hannah Schulz | Europe/Berlin | de | phone-system | app
        Giorgos Pappas | Europe/Athens | en | phone-system |
        Emma Lindqvist | Europe/Stockholm | en | reports | app
        Noah Okafor | Africa/Lagos | en | phone-system | suspended
        Priya Raman | Asia/Kolkata | en | reports billing | app required
        Jack Donnelly | Europe/Dublin | en | phone-system |
        Zeynep Aydın | Europe/Istanbul | | phone-system | required
        Mateo Vargas | America/Bogota | en | first-steps |
        Chloé Lambert | Europe/Paris | | activity reports | app
        Ahmed El-Sayed | Africa/Cairo | en | phone-system |
        Ivana Horvat | Europe/Zagreb | en | phone-system | app
        Daniel Kim | Asia/Seoul | en | reports |
        Sofia Rossi | Europe/Rome | en | phone-system | suspended
        Ruben de Vries | Europe/Amsterdam | de | phone-system | app
        Freya Olsen | Europe/Copenhagen | en | reports |
        Kwame Mensah | Africa/Accra | en | phone-system first-steps | new
        Lucía Ortega | America/Mexico_City | | billing | app
        Lena Fischer | Europe/Berlin | de | first-steps | invited
        Piotr Wójcik | Europe/Warsaw | en | phone-system | invited""",
    KESTREL: """
        Mona Eriksen | Europe/Oslo | en | all phone-system billing | app primary
        Jonas Weber | Europe/Berlin | de | all phone-system |
        Viktor Hansen | Europe/Copenhagen | en | phone-system | locked
        Amara Diallo | Africa/Dakar | | phone-system | app
        Thomas Becker | Europe/Vienna | de | reports | required
        Saoirse Kelly | Europe/Dublin | en | phone-system |
        Mehmet Kaya | Europe/Berlin | de | phone-system | app
        Olivia Grant | America/New_York | en | billing account |
        Ravi Menon | Asia/Kolkata | en | reports | app required
        Katja Virtanen | Europe/Helsinki | en | phone-system | suspended
        Leo Marchetti | Europe/Rome | | phone-system |
        Bianca Pop | Europe/Bucharest | en | phone-system | invited""",
    LINDHOLM: """
        Elsa Lindholm | Europe/Stockholm | en | all phone-system billing | primary
        Anders Berg | Europe/Stockholm | en | all reports | app required
        Klara Vogel | Europe/Berlin | de | phone-system | app
        Mikkel Sørensen | Europe/Copenhagen | en | phone-system |
        Birgit Haas | Europe/Zurich | de | billing | required
        Yusuf Demir | Europe/Berlin | de | phone-system |
        Ida Nyström | Europe/Stockholm | en | first-steps | new
        Stefan Kowalski | Europe/Warsaw | en | phone-system | invited""",
    SAKURA: """
        Hiroshi Sato | Asia/Tokyo | en | all phone-system | app primary
        Yuki Nakamura | Asia/Tokyo | en | all reports | app
        Claudia Neumann | Europe/Berlin | de | phone-system | app
        Felix Krause | Europe/Berlin | de | phone-system |
        Mei Suzuki | Asia/Tokyo | en | billing | app
        Anton Richter | Europe/Berlin | de | phone-system |
        Sarah Cohen | America/New_York | en | reports | app
        Kenji Mori | Asia/Tokyo | en | phone-system | invited""",
    MILL: """
        Duncan Ross | Europe/London | en | all phone-system billing | app primary
        Ailsa Munro | Europe/London | en | phone-system |
        Bertrand Colas | Europe/Paris | | reports | app
        Una McBride | Europe/London | en | first-steps | new""",
}
_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody of the demonstration."""

    company: str
    first_name: str
    last_name: str
    email: str
    time_zone: str
    language: str
    tabs: frozenset[str]
    state: frozenset[str]


def cast() -> list[Figure]:
    """Return everybody, customer by customer; the first of each is its primary administrator."""
    domains = {company.name: company.domain for company in COMPANIES}
    return [
        _actor(company, domains[company], line)
        for company, lines in _LINES.items()
        for line in lines.strip().splitlines()
    ]


def _actor(company: str, domain: str, line: str) -> Figure:
    name, zone, language, tabs, state = (part.strip() for part in line.split("|"))
    first, _, last = name.partition(" ")
    return Figure(
        company=company,
        first_name=first,
        last_name=last,
        email=f"{_plain(first)}.{_plain(last)}@{domain}",
        time_zone=zone,
        language=language,
        tabs=frozenset(_tabs(tabs.split())),
        state=frozenset(state.split()),
    )


def _tabs(words: list[str]) -> set[str]:
    keys = {"home", "support", *words} - {"all", "staff"}
    if "all" in words:
        keys |= set(BUILT_IN)
    if "staff" in words:
        keys |= set(BUILT_IN + OF_STAFF)
    return keys


def _plain(name: str) -> str:
    """Return a name as it stands in an e-mail: small ASCII letters."""
    spread = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return "".join(letter for letter in spread if letter.isascii() and letter not in " '")
