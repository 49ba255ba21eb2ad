"""What the protocols compute, by the examples of their documents."""

from doorward.applications.protocol import challenge_of


def test_the_challenge_of_a_verifier():
    """RFC 7636, appendix B."""
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )
