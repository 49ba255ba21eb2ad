"""History exported without a trace: whoever asks, in whatever way, it is written down before the first byte."""

from __future__ import annotations

from pathlib import Path

import pytest

import doorward
from doorward.audit.events import ADOPTION_EXPORTED, HISTORY_EXPORTED, PEOPLE_EXPORTED
from doorward.audit.models import Event
from doorward.web.http.methods import METHODS
from tests.kit import browsers, people
from tests.whole.routes import ROUTES

pytestmark = pytest.mark.django_db

# Not written as they are, unknown, or never taken by a page.
ODD = (
    *("get", "Get", "head", "HEAd", "post", "pOST", "options", "put"),
    *("TRACE", "CONNECT", "PROPFIND", "COPY", "MOVE", "QUERY", "PURGE", "GETS", "G3T", "X" * 200),
)


@pytest.fixture
def everything(owner):
    """Return a browser of somebody who may see all that there is."""
    staff = people.make_administrator(
        people.provider(), email="nora@northline.example", name="Nora Whitfield",
        tabs={*people.ALL_TABS, "customers", "brands", "tabs"},
    )  # fmt: skip
    browser = browsers.browser_of(staff)
    assert browser.get("/").status_code == 200
    return browser


@pytest.mark.parametrize("method", ODD)
def test_no_page_runs_for_an_odd_method(everything, method):
    before = Event.objects.count()
    for route in ROUTES:
        answer = everything.generic(method, route.path(), b"", "application/x-www-form-urlencoded")
        assert answer.status_code in {405, 501}, (route.pattern, method)
        assert not answer.streaming, route.pattern
        assert len(answer.content) < 100
        if answer.status_code == 405:
            assert answer["Allow"] == "GET, HEAD, POST"
    assert Event.objects.count() == before


def exports():
    """Return how often the history says that something was taken along."""
    exported = (HISTORY_EXPORTED, PEOPLE_EXPORTED, ADOPTION_EXPORTED)
    return Event.objects.filter(type__in=exported).count()


@pytest.mark.one_database
def test_what_streams_is_written_down_first(everything):
    """GET alone streams, and by then it stands in the history; nothing else reads any of it."""
    streamed = []
    for route in ROUTES:
        for method in sorted(METHODS - {"POST"}):
            before = exports()
            answer = everything.generic(method, route.path())
            written = exports() - before
            if answer.streaming:
                # Nothing was read of it yet.
                assert (method, written) == ("GET", 1), route.pattern
                streamed.append(route.pattern)
                # A person has one at a time: the next one waits for this one's end.
                b"".join(answer.streaming_content)
            else:
                assert written == 0, (route.pattern, method)
    assert streamed == ["account/adoption.csv", "activity/export.csv", "customers/adoption.csv"]
    assert everything.post("/activity/export.csv").status_code == 405


def test_a_head_of_it_reads_nothing(owner, django_assert_max_num_queries):
    browser = browsers.browser_of(owner)
    browser.get("/")
    with django_assert_max_num_queries(3) as asked:
        answer = browser.head("/activity/export.csv")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    assert not any("audit_event" in query["sql"] for query in asked.captured_queries)
    assert not people.events(HISTORY_EXPORTED)


def test_one_place_streams():
    root = Path(doorward.__file__).parent
    places = [
        str(file.relative_to(root))
        for file in root.rglob("*.py")
        if "StreamingHttpResponse(" in file.read_text() or "FileResponse(" in file.read_text()
    ]
    assert places == ["web/http/streaming.py"]
