"""A monitor: it has the token, and reads what it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.test import override_settings
from prometheus_client.parser import text_string_to_metric_families

from doorward.operations import readings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

TOKEN = "a token that a monitor has"


def with_token(token: str = TOKEN) -> override_settings:
    """Have the setting for a while."""
    return override_settings(DOORWARD=settings.DOORWARD.model_copy(update={"metrics_token": token}))


def told(client: Client) -> str:
    """Return what is told just now."""
    readings.forget()
    with with_token():
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield name, labels and value of each line."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value


def numbers(client: Client, name: str, **labels: str) -> list[float]:
    """Return the values that are told of a metric, of those that have these labels."""
    found: list[tuple[str, Any, float]] = list(samples(told(client)))
    return [value for one, has, value in found if one == name and labels.items() <= has.items()]


def number(client: Client, name: str, **labels: str) -> float:
    """Return the one value that is told of a metric with these labels."""
    [value] = numbers(client, name, **labels)
    return value
