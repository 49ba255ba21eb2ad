"""A trusted browser spares the second step where the policy allows it, and nothing else, to nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.test import Client

from doorward.credentials.models import Factor
from tests.kit import codes as kit_codes
from tests.kit import people, policies

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator


def allow(person: Administrator, days: int = 30, **values: Any) -> None:
    policies.ask(person.customer_id, trust_days=days, **values)


def give_password(client: Client, person: Administrator, password: str = people.PASSWORD) -> str:
    """Sign in with the password; return where a page of the portal leads to then."""
    client.post("/sign-in/", {"email": person.email, "password": password, "next": ""})
    answer = client.get("/security/")
    return answer.headers.get("Location", "through")


def trusting(person: Administrator, *, days: int = 30) -> Client:
    """Return a browser in which the second step was done once, with the box ticked; signed out again."""
    allow(person, days)
    if not Factor.objects.filter(administrator=person).exists():
        kit_codes.enable_app(person)
    client = Client(HTTP_USER_AGENT=people.CHROME)
    assert give_password(client, person) == "/sign-in/code/"
    answer = client.post("/sign-in/code/", {"code": kit_codes.next_code(person), "trust": "on"})
    assert answer.status_code == 303
    assert client.get("/security/").status_code == 200
    client.post("/sign-out/")
    return client
