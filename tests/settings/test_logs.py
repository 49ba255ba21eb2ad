"""The log: one line an entry, whoever writes what into it, and no path."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.test import RequestFactory
from django.utils.log import log_response

from doorward.audit.actor import ClientInfo
from doorward.settings.logs import Json, OfRequest, Text


@pytest.fixture(params=[Text, Json])
def log(request):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    handler.addFilter(OfRequest())
    logger = logging.Logger("tests")  # noqa: LOG001 - of this test alone
    logger.addHandler(handler)
    return logger, stream


def test_an_entry_is_one_line_whatever_is_in_it(log):
    logger, stream = log
    logger.warning("somebody wrote %s", "a\nb\r\x1b[2J\u2028c")
    written = stream.getvalue()
    assert written.count("\n") == 1
    assert "\x1b" not in written
    assert "\r" not in written


def test_the_path_of_a_mailed_link_is_not_written(log):
    request = RequestFactory().get("/invitation/secret-token/")
    logger, stream = log
    logger.error("Internal Server Error: %s", request.path, extra={"request": request})
    assert "secret-token" not in stream.getvalue()
    assert "(no page)" in stream.getvalue()


def test_djangos_own_entries_have_no_path(caplog):
    request = RequestFactory().get("/invitation/secret-token/")
    caplog.handler.addFilter(OfRequest())
    from django.http import HttpResponseServerError  # noqa: PLC0415

    log_response(
        "%s: %s", "Failed", request.path, response=HttpResponseServerError(), request=request
    )
    assert "secret-token" not in caplog.text
    assert "Failed" in caplog.text


def test_what_somebody_sends_makes_a_line_and_no_traceback(log):
    logger, stream = log
    logger.name = "django.security.TooManyFieldsSent"
    try:
        raise TooManyFieldsSent("too many")  # noqa: TRY301 - it has to have a traceback
    except TooManyFieldsSent as error:
        logger.error(str(error), exc_info=error)  # noqa: TRY400 - as Django does
    assert "too many" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1
    assert "traceback" not in stream.getvalue().lower()


def test_an_entry_about_a_request_has_its_id(log):
    request: Any = RequestFactory().get("/")
    request.client = ClientInfo(request_id="5f0c")
    logger, stream = log
    logger.error("Failed", extra={"request": request})
    assert "5f0c" in stream.getvalue()


def failed(log, message):
    """Return what is written of an error with this message that another one led to."""
    logger, stream = log
    error = RuntimeError(message)
    error.__cause__ = ValueError(message)
    logger.error("It failed", exc_info=error)
    return stream.getvalue()


def test_the_values_of_a_row_are_not_in_a_traceback(log):
    said = failed(
        log,
        'duplicate key value violates "unique_email"\n'
        "DETAIL:  Key (email)=(nora@harbourbakery.example) already exists.\n"
        "CONTEXT:  of nora@harbourbakery.example",
    )
    assert "nora@" not in said
    assert "unique_email" in said
    assert "direct cause" in said


def test_a_traceback_forges_no_entry():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Text())
    logger = logging.Logger("tests")  # noqa: LOG001 - of this test alone
    logger.addHandler(handler)
    failed((logger, stream), "x\n2026-11-24T09:00:00 INFO doorward all is well\x1b[2J")
    first, *below = stream.getvalue().splitlines()
    assert first.endswith("ERROR tests It failed")
    assert all(line.startswith("  ") and "\x1b" not in line for line in below)


def test_json_is_json():
    record = logging.LogRecord("a", logging.INFO, "", 0, "said %s", ("this",), None)
    record.request_id = "5f0c"
    said = {"message": "said this", "request_id": "5f0c"}
    assert json.loads(Json().format(record)).items() >= said.items()
