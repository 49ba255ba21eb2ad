"""PKCE is taken away, or made the plain kind that whoever reads the address can use: then there is no code at all."""

from __future__ import annotations

import pytest

from doorward.applications.models import Grant
from tests.kit.applications import Relying, answer_of, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("client_type", ["confidential", "public"])
@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 44},
        {"response_type": "code id_token"},
        {"response_type": "token"},
        {"response_mode": "fragment"},
    ],
)
def test_without_a_challenge_by_s256_there_is_no_code(owner, client_type, changes):
    give_tab(owner)
    application = make_application(client_type=client_type)
    secret = make_secret(application) if client_type == "confidential" else ""
    relying = Relying(application, secret)
    answer = answer_of(relying.ask(browser_of(owner), **changes))
    assert answer["error"] in {"invalid_request", "unsupported_response_type"}
    assert "code" not in answer
    assert not Grant.objects.exists()
