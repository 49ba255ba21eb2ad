"""The box for a code: it takes what people do to it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from doorward.credentials.totp import rules

CODE_PAGE = "/sign-in/code/"


@pytest.fixture
def ines(portal):
    return portal.person().has_app()


@pytest.fixture
def at_code(visitor, ines):
    visitor.is_half_way(ines).go(CODE_PAGE)
    visitor.sees("sign-in-code")
    visitor.waits_for_drawing()
    return visitor


def sent(visitor):
    """Gather the forms that are sent from now on."""
    found = []
    visitor.page.on(
        "request", lambda request: found.append(request) if request.method == "POST" else None
    )
    return found


def box(visitor):
    return visitor.page.locator("input.otp")


@pytest.mark.parametrize("pattern", ["{0} {1}", "{0}-{1}", " {0}\u2009{1} ", "{0}\u2013{1}\n"])
def test_a_code_is_pasted_with_spaces_and_dashes(at_code, ines, pattern):
    code = ines.code()
    at_code.page.evaluate(
        "text => navigator.clipboard.writeText(text)", pattern.format(code[:3], code[3:])
    )
    box(at_code).focus()
    at_code.page.keyboard.press("Control+V")
    at_code.sees("home")


@pytest.mark.parametrize("pattern", ["{0} {1}", "{0}-{1}"])
def test_without_scripts_spaces_and_dashes_do_not_matter_either(portal, visit, ines, pattern):
    visitor = visit(java_script_enabled=False)
    visitor.is_half_way(ines).go(CODE_PAGE)
    code = ines.code()
    visitor.gives_code(pattern.format(code[:3], code[3:]))
    visitor.sees("home")


def test_the_cursor_is_in_it_and_the_sixth_digit_sends_it_once(at_code, ines):
    forms = sent(at_code)
    expect(box(at_code)).to_be_focused()
    at_code.page.keyboard.type(ines.code())
    at_code.sees("home")
    assert len(forms) == 1


def test_enter_right_after_the_sixth_digit_sends_nothing_more(at_code, ines):
    forms = sent(at_code)
    at_code.page.keyboard.type(ines.code())
    at_code.page.keyboard.press("Enter")
    at_code.sees("home")
    assert len(forms) == 1


def test_pressed_twice_without_scripts_it_is_counted_once(portal, visit, ines):
    visitor = visit(java_script_enabled=False)
    visitor.is_half_way(ines).go(CODE_PAGE)
    box(visitor).fill(ines.code())
    visitor.button("Continue").dblclick(no_wait_after=True)
    # The first answer has the session's new identifier. Where the browser gives that answer up for the
    # second press, which it does once in a while, it has none and begins again.
    either = 'main:is([data-page="home"], [data-page="sign-in"])'
    expect(visitor.page.locator(either)).to_be_visible()
    assert "second_step_failed" not in ines.events
    assert ines.events.count("signed_in") == 1


def test_letters_are_not_sent_by_themselves(at_code):
    forms = sent(at_code)
    at_code.page.keyboard.type("12a456")
    expect(box(at_code)).to_have_value("12a456")
    assert forms == []


def test_a_wrong_code_says_so_and_what_usually_helps(portal, somewhere, ines):
    somewhere.is_half_way(ines).go(CODE_PAGE)
    somewhere.gives_code(ines.phone.wrong_code())
    somewhere.hears("Codes change every 30 seconds")
    expect(box(somewhere)).to_have_value("")
    expect(box(somewhere)).to_be_focused()
    somewhere.gives_code(ines.code())
    somewhere.sees("home")


def test_after_the_third_it_says_how_to_recover_and_whom_to_call(somewhere, ines):
    somewhere.is_half_way(ines).go(CODE_PAGE)
    for number in range(3):
        expect(somewhere.page.get_by_text("Still not working?")).to_have_count(0)
        somewhere.gives_code(f"00000{number}")
        somewhere.hears("Codes change")
    expect(somewhere.page.get_by_text("Still not working?")).to_be_visible()
    expect(somewhere.page.locator("main")).to_contain_text("+44 20 7946 0123")
    somewhere.page.locator("main .button", has_text="Use a recovery code").click()
    somewhere.sees("sign-in-recovery")


def test_after_too_many_it_counts_down_and_then_lets_one_try(portal, at_code, ines):
    statuses = []
    at_code.page.on(
        "response",
        lambda response: (
            statuses.append(response.status) if response.request.method == "POST" else None
        ),
    )
    for number in range(6):
        at_code.gives_code(f"00000{number}")
    assert statuses == [422] * 5 + [429]
    left = at_code.page.locator("[data-left]")
    expect(left).to_be_visible()
    first = left.inner_text()
    assert re.fullmatch(r"0:(30|2\d)", first)
    expect(left).not_to_have_text(first)
    assert left.inner_text() < first
    portal.ask("forget_failures", email=ines.email)
    at_code.gives_code(ines.code())
    at_code.sees("home")


def test_the_wait_over_it_says_that_one_can_try_again(portal, visitor, ines):
    visitor.is_half_way(ines)
    visitor.takes_the_clock()
    visitor.go(CODE_PAGE)
    for number in range(6):
        visitor.gives_code(f"00000{number}")
    expect(visitor.page.locator("[data-left]")).to_be_visible()
    visitor.page.clock.run_for(31_000)
    expect(visitor.page.locator("[data-over]")).to_be_visible()
    expect(visitor.page.locator(".toasts")).to_contain_text("You can try again now.")


def test_the_back_button_leads_on(portal, somewhere, ines):
    somewhere.signs_in(ines)
    somewhere.sees("home")
    somewhere.page.go_back()
    somewhere.page.reload()
    somewhere.sees("home")


def test_reloading_after_a_wrong_code_asks_for_a_code(somewhere, ines):
    somewhere.is_half_way(ines).go(CODE_PAGE)
    somewhere.gives_code(ines.phone.wrong_code())
    somewhere.hears("Codes change")
    somewhere.page.reload()
    somewhere.sees("sign-in-code")
    somewhere.go(CODE_PAGE)
    somewhere.gives_code(ines.code())
    somewhere.sees("home")


def test_in_two_tabs_the_second_goes_on_where_the_first_passed(somewhere, ines):
    somewhere.is_half_way(ines).go(CODE_PAGE)
    first = somewhere.page
    second = somewhere.another_tab()
    second.goto(CODE_PAGE)
    code = ines.code()
    somewhere.gives_code(code)
    somewhere.sees("home")
    somewhere.page = second
    somewhere.gives_code(code)
    somewhere.sees("home")
    assert "second_step_failed" not in ines.events
    first.reload()


def test_a_used_code_is_refused_in_another_browser(somewhere, elsewhere, ines):
    code = ines.code()
    for visitor in (somewhere, elsewhere):
        visitor.is_half_way(ines).go(CODE_PAGE)
        visitor.gives_code(code)
    somewhere.sees("home")
    elsewhere.sees("sign-in-code")
    elsewhere.hears("used")


def test_a_session_that_ended_before_the_code_says_so(portal, somewhere, ines):
    somewhere.is_half_way(ines).go(CODE_PAGE)
    portal.ask("age_sessions", email=ines.email, minutes=24 * 60)
    somewhere.gives_code(ines.code())
    somewhere.sees("sign-in")


# --- where a secret is set up ---------------------------------------------------------------------


def test_the_picture_stays_the_same_on_reload_and_in_two_tabs(portal, somewhere):
    ines = portal.person()
    somewhere.is_signed_in_as(ines).go("/security/2fa/enable/")
    before = somewhere.opens_set_up().secret
    somewhere.page.reload()
    assert somewhere.opens_set_up().secret == before
    somewhere.page = somewhere.another_tab()
    somewhere.go("/security/2fa/enable/")
    assert somewhere.opens_set_up().secret == before


def test_a_wrong_code_at_set_up_keeps_the_picture(portal, somewhere):
    ines = portal.person()
    somewhere.is_signed_in_as(ines).go("/security/2fa/enable/")
    phone = somewhere.opens_set_up()
    somewhere.gives_code(phone.wrong_code(), "Enable 2FA")
    somewhere.hears("Codes change every 30 seconds")
    assert somewhere.opens_set_up().secret == phone.secret
    assert ines.state["factors"] == 0
    somewhere.gives_code(phone.code(), "Enable 2FA")
    somewhere.sees("recovery-codes")


def test_a_phone_whose_clock_is_off_is_told_by_how_much(portal, somewhere):
    ines = portal.person()
    somewhere.is_signed_in_as(ines).go("/security/2fa/enable/")
    phone = somewhere.opens_set_up()
    late = rules.step_at(datetime.now(tz=UTC)) - 10
    somewhere.gives_code(rules.code_at(phone.secret, late), "Enable 2FA")
    somewhere.hears(re.compile("5 minutes"))


def test_after_ten_minutes_another_secret_is_shown(portal, somewhere):
    ines = portal.person()
    somewhere.is_signed_in_as(ines).go("/security/2fa/enable/")
    before = somewhere.opens_set_up()
    portal.ask("age_set_up", email=ines.email, minutes=10.1)
    somewhere.gives_code(before.code(), "Enable 2FA")
    somewhere.page.locator("[role=alert]").wait_for()
    assert somewhere.opens_set_up().secret != before.secret
    assert ines.state["factors"] == 0
