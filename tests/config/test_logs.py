"""The log: one line an entry, whoever writes what into it, and no path."""

from __future__ import annotations

import io
import json
import logging

import pytest
from django.test import RequestFactory
from django.utils.log import log_response

from doorward.config.logs import Json, Text, WithoutPath


@pytest.fixture(params=[Text, Json])
def log(request):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    handler.addFilter(WithoutPath())
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
    caplog.handler.addFilter(WithoutPath())
    from django.http import HttpResponseServerError  # noqa: PLC0415

    log_response(
        "%s: %s", "Failed", request.path, response=HttpResponseServerError(), request=request
    )
    assert "secret-token" not in caplog.text
    assert "Failed" in caplog.text


def test_json_is_json():
    record = logging.LogRecord("a", logging.INFO, "", 0, "said %s", ("this",), None)
    record.status = 200
    assert (
        json.loads(Json().format(record)).items() >= {"message": "said this", "status": 200}.items()
    )
