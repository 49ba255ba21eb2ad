"""What a monitor reads, in the text format of Prometheus: what was counted, and how things are.

Nothing in it is about a person. prometheus-client writes the format; it is imported when a monitor first asks, so that
nobody else pays for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doorward.kernel.metrics import counting
from doorward.kernel.metrics.declared import COUNTED, STATE, Kind, Metric
from doorward.operations import readings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from doorward.operations.readings import Reading

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def write_metrics(*, now: datetime) -> bytes:
    """Return all numbers as they are now."""
    from prometheus_client import generate_latest  # noqa: PLC0415 - see above

    return generate_latest(_Collector(readings.take(now=now)))


class _Collector:
    """What the library asks for when it writes: a registry of our own, with nothing of the process in it."""

    def __init__(self, read: Iterable[Reading]) -> None:
        self._read = list(read)

    def collect(self) -> Iterator[Any]:
        """Yield the families of numbers."""
        for metric in COUNTED:
            yield _counted(metric)
        for metric in STATE:
            found = [(labels, value) for one, labels, value in self._read if one is metric]
            if found:
                yield _gauge(metric, found)


def _counted(metric: Metric) -> Any:  # noqa: ANN401 - a family, of whichever kind
    from prometheus_client.core import (  # noqa: PLC0415
        CounterMetricFamily,
        HistogramMetricFamily,
    )

    totals = counting.counts().totals(metric)
    if metric.kind is Kind.COUNTER:
        family = CounterMetricFamily(metric.name, metric.help, labels=list(metric.labels))
        for labels, [number] in totals.items():
            family.add_metric(list(labels), number)
        return family
    histogram = HistogramMetricFamily(metric.name, metric.help, labels=list(metric.labels))
    for labels, [*numbers, seconds] in totals.items():
        so_far = [sum(numbers[: place + 1]) for place in range(len(numbers))]
        bounds = [*map(str, map(float, metric.buckets)), "+Inf"]
        buckets = list(zip(bounds, so_far, strict=True))
        histogram.add_metric(list(labels), buckets, sum_value=seconds)
    return histogram


def _gauge(metric: Metric, found: Iterable[tuple[tuple[str, ...], float]]) -> Any:  # noqa: ANN401
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

    family = GaugeMetricFamily(metric.name, metric.help, labels=list(metric.labels))
    for labels, value in found:
        family.add_metric(list(labels), value)
    return family
