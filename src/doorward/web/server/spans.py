"""Spans of OpenTelemetry's SDK, sent by OTLP over HTTP from each worker.

They are begun in the worker, after its fork: a thread sends them, and threads are not there after a fork. What waits
to be sent is bounded, and what is more is dropped; a receiver that is slow or gone keeps neither a page nor the end
waiting. Two spans cost 0.2 ms of CPU, where *Home* costs 0.5: it is for whoever looks for something.
"""

from __future__ import annotations

import logging
from threading import Thread, local
from typing import TYPE_CHECKING, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

import doorward
from doorward.web.http import tracing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.web.http.tracing import Traced

_PATH: Final = "/v1/traces"
MOST_WAITING: Final = 2048
AT_ONCE: Final = 512
EVERY_MILLISECONDS: Final = 2000
# How long a receiver may take for one batch, and how long the end waits for the last one.
SECONDS: Final = 3
END_SECONDS: Final = 1.0
_FAILED: Final = 500


def start(endpoint: str, *, headers: Mapping[str, str] | None = None, share: float = 1.0) -> None:
    """Make spans of this share of this process's requests, and send them there with these headers, which are secret."""
    # A receiver that is gone would be said at each batch.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    tracing.begin(Spans(endpoint, headers=headers or {}, share=share))


class _Ids(RandomIdGenerator):
    """A trace has the id of its request, which is on the page of an error, in the log and in history."""

    def __init__(self) -> None:
        self.request = local()

    def generate_trace_id(self) -> int:
        """Return the id of the request that is told by this thread."""
        return int(self.request.id, 16)


class Spans:
    """Makes two spans a request, and has them sent."""

    def __init__(self, endpoint: str, *, headers: Mapping[str, str], share: float) -> None:
        """Begin the thread that sends."""
        exporter = OTLPSpanExporter(
            endpoint=f"{endpoint}{_PATH}", headers=dict(headers), timeout=SECONDS
        )
        self._ids = _Ids()
        self._provider = TracerProvider(
            # All that an environment may say is left out: settings are Doorward's own.
            sampler=TraceIdRatioBased(share),
            resource=Resource(
                {"service.name": "doorward", "service.version": doorward.__version__}
            ),
            shutdown_on_exit=False,
            id_generator=self._ids,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=MOST_WAITING,
                schedule_delay_millis=EVERY_MILLISECONDS,
                max_export_batch_size=AT_ONCE,
            )
        )
        self._tracer = self._provider.get_tracer("doorward", doorward.__version__)

    def tell(self, traced: Traced) -> None:
        """Make the spans of a request that was answered."""
        self._ids.request.id = traced.request_id
        # Where somebody else's trace says that it goes on here is not looked at: anybody can say so.
        span = self._tracer.start_span(
            "request", kind=SpanKind.SERVER, attributes=traced.said, start_time=traced.began
        )
        if traced.gated is not None:
            gate = self._tracer.start_span(
                "gate",
                context=set_span_in_context(span),
                attributes=traced.gate_said,
                start_time=traced.gated.began,
            )
            gate.end(traced.gated.ended)
        if int(traced.said["http.response.status_code"]) >= _FAILED:
            span.set_status(Status(StatusCode.ERROR))
        span.end(traced.ended)

    def stop(self) -> None:
        """Send what waits, unless that takes too long."""
        ending = Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(END_SECONDS)
