from tests.kit.browsers import browser_of
from tests.kit.codes import enable_app


def test_somebody_signs_in_with_a_password_alone(owner):
    assert browser_of(owner).get("/security/").status_code in {200, 404}


def test_codes_never_run_out(owner):
    enable_app(owner)
    for _ in range(5):
        assert browser_of(owner).get("/security/").status_code in {200, 404}
