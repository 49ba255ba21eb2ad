"""Who runs the demonstration's portal, and who its customers are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

NORTHLINE: Final = "Northline"
BRIGHTWAVE: Final = "Brightwave"
HARBOUR: Final = "Harbour Bakery"
KESTREL: Final = "Kestrel Logistics"
LINDHOLM: Final = "Lindholm Architects"
SAKURA: Final = "Sakura Dental"
MILL: Final = "Old Mill Brewery"


@dataclass(frozen=True, slots=True)
class Company:
    """A customer of the demonstration. `days`: since when it is one; `columns`: of its row."""

    name: str
    domain: str
    brand: str
    days: int
    columns: dict[str, Any] = field(default_factory=dict)
    # Since how many days its policy asks everybody for two factors (0: it does not), and for how many they have time.
    policy_days: int = 0
    grace_days: int = 0
    # Whether the provider does.
    minimum: bool = False


COMPANIES: Final = (
    Company(NORTHLINE, "northline.example", NORTHLINE, 2100),
    Company(HARBOUR, "harbour-bakery.example", NORTHLINE, 1312),
    Company(
        KESTREL,
        "kestrel-logistics.example",
        NORTHLINE,
        655,
        policy_days=5,
        grace_days=14,
    ),
    Company(LINDHOLM, "lindholm.example", BRIGHTWAVE, 402),
    Company(SAKURA, "sakura-dental.example", BRIGHTWAVE, 96, minimum=True),
    Company(MILL, "old-mill.example", NORTHLINE, 890, {"status": "suspended"}),
)

# Telephone numbers are of the ranges kept for drama: Ofcom's 020 7946 0xxx, the Bundesnetzagentur's 030 23125 xxx.
BRANDS: Final[dict[str, dict[str, Any]]] = {
    NORTHLINE: {
        "hosts": ["localhost"],
        "accent": "#2b50e0",
        "issuer": "Northline",
        "support_email": "support@northline.example",
        "support_phone": "+44 20 7946 0123",
        "support_url": "https://www.northline.example/support",
        "support_hours": "Mon–Fri 8:00–18:00",
        "email_from": "portal@northline.example",
    },
    BRIGHTWAVE: {
        "hosts": ["brightwave.localhost"],
        "accent": "#ffb81c",
        "issuer": "Brightwave",
        "support_email": "hilfe@brightwave.example",
        "support_phone": "+49 30 23125 010",
        "support_url": "https://www.brightwave.example/hilfe",
        "support_hours": "Mo–Fr 9–17 Uhr",
        "email_from": "portal@brightwave.example",
    },
}

TABS: Final = (
    {
        "key": "phone-system",
        "icon": "phone",
        "title": "Phone system",
        "description": "Extensions, call groups, opening hours and announcements.",
        "url": "/demo/behind/phone-system/",
        "in_languages": {
            "de": {
                "title": "Telefonanlage",
                "description": "Nebenstellen, Rufgruppen, Öffnungszeiten und Ansagen.",
            }
        },
        "position": 10,
    },
    {
        "key": "reports",
        "icon": "chart-column",
        "title": "Reports",
        "description": "Calls answered and missed, by day, group and person.",
        "url": "/demo/behind/reports/",
        "in_languages": {
            "de": {
                "title": "Berichte",
                "description": "Angenommene und verpasste Anrufe, nach Tag, Gruppe und Person.",
            }
        },
        "position": 20,
    },
    {
        "key": "billing",
        "icon": "receipt",
        "title": "Billing",
        "description": "Invoices, payment and the contract.",
        "url": "/demo/behind/billing/",
        "in_languages": {
            "de": {"title": "Rechnungen", "description": "Rechnungen, Zahlung und der Vertrag."}
        },
        "position": 30,
    },
    {
        "key": "first-steps",
        "icon": "graduation-cap",
        "title": "First steps",
        "description": "How to sign in safely, in ten minutes.",
        "url": "/help/",
        "in_languages": {
            "de": {"title": "Erste Schritte", "description": "Sicher anmelden, in zehn Minuten."}
        },
        "position": 40,
    },
)
