"""What an application is made of: each choice is one of those there are, whoever sends it."""

from __future__ import annotations

import pytest

from doorward.applications.models import Application
from doorward.kernel.errors import ChoiceInvalid, FieldsRefused
from tests.kit.applications import make_application

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_type", "trusted"),
        ("subject_type", "email"),
        ("algorithm", "none"),
        ("algorithm", "HS256"),
        ("required_acr", "urn:other"),
        ("scopes", frozenset({"profile", "admin"})),
        ("scopes", frozenset({"openid profile"})),
    ],
)
def test_what_there_is_not_is_refused_and_nothing_is_made(field, value):
    with pytest.raises(FieldsRefused) as caught:
        make_application(**{field: value})
    [(at, refused)] = caught.value.fields.items()
    assert (at, type(refused)) == (field, ChoiceInvalid)
    assert not Application.objects.exists()


def test_openid_is_always_among_its_scopes_in_their_order():
    made = make_application(scopes=frozenset({"tabs", "email"}))
    assert made.scopes == ["openid", "email", "tabs"]
