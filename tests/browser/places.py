"""Every page of the portal, who sees it, and how to get there: nothing is left out (`test_pages`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Place:
    """A page: its route, its mark in `data-page`, who stands before it, and where.

    `path` may name one of the world's addresses in braces; `then` is what is done on the page to
    see it in another state.
    """

    route: str
    page: str
    who: str
    path: str
    then: Callable[[Visitor], None] | None = None
    status: int = 200


def press(name: str) -> Callable[[Visitor], None]:
    """Press a button."""

    def do(visitor: Visitor) -> None:
        visitor.page.get_by_role("button", name=name).first.click()

    return do


def send(button: str, /, **filled: str) -> Callable[[Visitor], None]:
    """Fill in fields by their names, without the browser's own checks, and send."""

    def do(visitor: Visitor) -> None:
        main = visitor.page.locator("main")
        visitor.page.evaluate("for (const form of document.forms) form.noValidate = true")
        with visitor.page.expect_navigation():
            for field, text in filled.items():
                main.locator(f"[name={field}]:not([type=hidden])").fill(text)
            if not filled.get("code", "").isdecimal():
                main.get_by_role("button", name=button, exact=True).first.click()

    return do


def window(name: str) -> Callable[[Visitor], None]:
    """Open one of the article's windows."""

    def do(visitor: Visitor) -> None:
        visitor.menu.get_by_role("link", name=name).click()
        expect(visitor.window).to_be_visible()

    return do


def menu(visitor: Visitor) -> None:
    """Open the account menu, with its languages."""
    visitor.menu.locator("summary").click()


def tabs(visitor: Visitor) -> None:
    """Open the tabs as a phone has them."""
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.page.locator(".fold").click()


def mark_all(visitor: Visitor) -> None:
    """Mark everybody."""
    visitor.page.locator("[data-check-all]").check()


def rehearse_all(visitor: Visitor) -> None:
    """Mark everybody, and rehearse what it would do to require it of them."""
    mark_all(visitor)
    press("Require 2FA")(visitor)


def without_cookies(visitor: Visitor) -> None:
    """Send a form whose cookie is gone."""
    visitor.context.clear_cookies()
    send("Sign in", email="a@b.example", password="x")(visitor)


def without_a_field(visitor: Visitor) -> None:
    """Send a form that has lost a field on its way."""
    visitor.page.evaluate("document.querySelector('main [name=password]').remove()")
    send("Sign in", email="a@b.example")(visitor)


def while_broken(visitor: Visitor) -> None:
    """Send a form while a table that it needs is away."""
    visitor.portal.ask("rename_table", old="kernel_attempt", new="hidden")
    try:
        send("Sign in", email="a@b.example", password="x")(visitor)
    finally:
        visitor.portal.ask("rename_table", old="hidden", new="kernel_attempt")
    meant(visitor, 500)


def too_many_fields(visitor: Visitor) -> None:
    """Open an address with more fields than any page of ours has."""
    visitor.go("/sign-in/?" + "a&" * 1001)
    meant(visitor, 400)


def meant(visitor: Visitor, status: int) -> None:
    """Take back the problem that this status is anywhere else."""
    [heard] = [problem for problem in visitor.problems if f"a status of {status}" in problem]
    visitor.problems.remove(heard)


SIGN_IN = (
    Place("sign_in", "sign-in", "stranger", "/sign-in/?next=/security/"),
    Place(
        "sign_in", "sign-in", "stranger", "/sign-in/", send("Sign in", email="a@b.example"), 422
    ),
    Place("forgot", "forgot-password", "stranger", "/password/forgot/"),
    Place("forgot_sent", "forgot-password-sent", "stranger", "/password/forgot/sent/"),
    Place("reset_link", "reset-password", "stranger", "{reset}"),
    Place(
        "reset", "reset-password", "stranger", "{reset}", send("Set password", password="x"), 422
    ),
    Place("invitation_link", "invitation", "stranger", "{invitation}"),
    Place("invitation", "invitation", "stranger", "{invitation}"),
    Place("not_me_link", "not-me", "stranger", "{not_me}"),
    Place("not_me", "not-me", "stranger", "{not_me}"),
    Place("email_link", "confirm-e-mail", "stranger", "{email_new}"),
    Place("email", "confirm-e-mail", "stranger", "{email_old}"),
    Place("veto_link", "veto", "stranger", "{veto}"),
    Place("veto", "veto", "stranger", "{veto}"),
    Place("veto_done", "veto", "objected", "/veto/done/"),
    Place("second_address_link", "confirm-second-address", "stranger", "{second_address}"),
    Place("second_address_confirm", "confirm-second-address", "stranger", "{second_address}"),
    # Somebody is there, so there is no form (`tests/signin/test_first_member.py`).
    Place("first", "no-link", "stranger", "/first/", status=404),
    Place("first_link", "no-link", "stranger", "/first/AAAA/", status=404),
    Place("rescue", "no-link", "stranger", "/rescue/", status=404),
    Place("rescue_link", "no-link", "stranger", "/rescue/AAAA/", status=404),
    Place("reset_link", "no-link", "stranger", "/password/reset/AAAA/", status=404),
    Place("help", "help", "stranger", "/help/"),
    Place("guide", "help", "stranger", "/help/two-factor/"),
    Place("guide", "help", "stranger", "/help/lost-phone/"),
    Place("guide", "help", "stranger", "/help/for-account-administrators/"),
    Place("guide", "help", "stranger", "/help/for-support-staff/"),
    Place("nothing", "error-404", "stranger", "/there/is/nothing/here/", status=404),
    Place("nothing", "error-400", "stranger", "/sign-in/", too_many_fields, 400),
    Place("nothing", "error-405", "stranger", "/sign-out/", status=405),
    Place("nothing", "error-403", "stranger", "/sign-in/", without_cookies, 403),
    Place("nothing", "error-422", "stranger", "/sign-in/", without_a_field, 422),
    Place("nothing", "error-500", "stranger", "/sign-in/", while_broken, 500),
    Place("code", "sign-in-code", "at code", "/sign-in/code/"),
    Place(
        "code", "sign-in-code", "at code", "/sign-in/code/", send("Continue", code="000000"), 422
    ),
    Place("code", "sign-in-code", "at passkey", "/sign-in/code/"),
    Place("code_clock", "clock", "at code", "/sign-in/clock/"),
    Place("sign_in_help", "sign-in-help", "stranger", "/sign-in/help/"),
    Place("sign_in_help", "sign-in-help", "at code", "/sign-in/help/"),
    Place("sign_in_help", "sign-in-help", "at mailbox", "/sign-in/help/"),
    Place("sign_in_help", "sign-in-help", "at set-up", "/sign-in/help/"),
    Place("sign_in_wait", "sign-in-wait", "at code", "/sign-in/help/wait/"),
    Place("set_up_pass", "sign-in-pass", "at code", "/sign-in/pass/"),
    Place("set_up_pass", "sign-in-pass", "at code", "/sign-in/pass/",
        send("Continue", **{"pass": "abacus abdomen"}), 422),
    Place("take_back", "sign-in-take-back", "suspended device", "/sign-in/take-back/"),
    Place("recovery", "sign-in-recovery", "at code", "/sign-in/recovery/"),
    Place(
        "recovery", "sign-in-recovery", "at code", "/sign-in/recovery/",
        send("Continue", code="wrong"), 422,
    ),
    Place("code", "sign-in-code", "locked out", "/sign-in/code/"),
    Place("mailbox", "sign-in-mailbox", "at mailbox", "/sign-in/mailbox/"),
    Place(
        "mailbox", "sign-in-mailbox", "at mailbox", "/sign-in/mailbox/",
        send("Continue", code="00000000"), 422,
    ),
    Place("set_up", "sign-in-set-up", "at set-up", "/sign-in/set-up/"),
    Place(
        "set_up", "sign-in-set-up", "at set-up", "/sign-in/set-up/",
        send("Enable 2FA", code="000000"), 422,
    ),
    Place("recovery_codes", "recovery-codes", "at codes", "/sign-in/recovery-codes/"),
    Place(
        "recovery_codes", "recovery-codes", "at codes", "/sign-in/recovery-codes/",
        send("Continue"), 422,
    ),
    Place("set_password", "set-password", "at password", "/sign-in/password/"),
    Place(
        "set_password", "set-password", "at password", "/sign-in/password/",
        send("Set password", password="short"), 422,
    ),
)  # fmt: skip

OWN = (
    Place("home", "home", "boss", "/"),
    Place("home", "home", "boss", "/", menu),
    Place("home", "home", "boss", "/", tabs),
    Place("home", "home", "boss", "/", window("Disable 2FA")),
    Place("home", "home", "newcomer", "/"),
    Place("home", "home", "newcomer", "/", window("Enable 2FA")),
    Place("home", "home", "recovered", "/"),
    Place("jump", "jump", "boss", "/jump/"),
    Place("jump", "jump", "staff", "/jump/?q=a"),
    Place("jump", "jump", "newcomer", "/jump/?q=nothing-of-the-kind"),
    Place("security", "security", "boss", "/security/"),
    Place("security", "security", "newcomer", "/security/"),
    Place("security", "security", "required", "/security/"),
    Place("security", "security", "recovered", "/security/"),
    Place("enable", "enable-2fa", "newcomer", "/security/2fa/enable/"),
    Place(
        "enable", "enable-2fa", "newcomer", "/security/2fa/enable/",
        send("Enable 2FA", code="000000"), 422,
    ),
    Place("disable", "disable-2fa", "boss", "/security/2fa/disable/"),
    Place("disable", "disable-2fa", "required", "/security/2fa/disable/"),
    Place("add_app", "add-app", "boss", "/security/2fa/add/"),
    Place("new_phone", "new-phone", "boss", "/security/new-phone/"),
    Place("new_phone", "new-phone", "recovered", "/security/new-phone/"),
    Place("new_phone_add", "new-phone-add", "boss", "/security/new-phone/add/"),
    Place("reauthenticate_clock", "clock", "boss", "/prove/clock/?next=/security/"),
    Place("security", "security", "with passkey", "/security/"),
    Place("add_app", "add-app", "with passkey", "/security/2fa/add/?passkey=on"),
    Place("disable", "disable-2fa", "with passkey", "/security/2fa/disable/"),
    Place("reauthenticate", "prove", "with passkey", "/prove/?next=/security/"),
    Place("factor", "factor", "boss", "{factor}"),
    Place("factor", "factor", "boss", "{factor}", send("Save", name=""), 422),
    Place("reauthenticate", "prove", "boss", "/prove/?next=/security/"),
    Place("reauthenticate", "prove", "newcomer", "/prove/?next=/security/"),
    Place("lost", "lost", "stranger", "/security/lost/"),
    Place("lost_device_link", "lost-device", "stranger", "{lost}"),
    Place("lost_device", "lost-device", "stranger", "{lost}"),
    Place("second_address_link", "confirm-second-address", "stranger", "{second}"),
    Place("second_address_confirm", "confirm-second-address", "stranger", "{second}"),
    Place("lost_done", "lost-done", "stranger", "/security/lost/done/"),
    Place("profile", "profile", "boss", "/profile/"),
    Place("profile", "profile", "boss", "/profile/", send("Save changes", first_name="", last_name=""), 422),
    Place("password", "change-password", "newcomer", "/profile/password/"),
)  # fmt: skip

COMPANY = (
    Place("account", "account", "boss", "/account/"),
    Place("account_adoption", "account-adoption", "boss", "/account/adoption/"),
    Place("account_evidence", "account-evidence", "boss", "/account/evidence/"),
    Place("second_address", "second-address", "boss", "/profile/second-address/"),
    Place(
        "account", "account", "boss", "/account/",
        send("Rehearse", session_hours="25", reason="The auditors ask for it"), 422,
    ),
    Place("account_rehearsal", "rehearsal", "boss", "/account/", press("Rehearse")),
    Place("activity", "activity", "boss", "/activity/"),
    Place("activity", "activity", "boss", "/activity/?q=nobody-at-all"),
    Place("activity_export", "activity-export", "boss", "/activity/export/"),
    Place("support", "support", "boss", "/support/"),
    Place("caller_check", "caller-check", "boss", "/support/caller-check/"),
    Place("customer_caller_check", "customer-caller-check", "staff", "{customer}caller-check/"),
    Place(
        "customer_caller_check_running", "customer-caller-check", "staff",
        "{customer}caller-check/00000000-0000-0000-0000-000000000000/",
    ),
    Place("customer_manage", "customer-manage", "staff", "{managed}"),
    Place("managings", "managings", "boss", "/managing/"),
    Place("managing", "managing", "boss", "{managing}"),
    Place("home", "home", "managing", "/"),
    Place("administrators", "administrators", "managing", "/administrators/"),
    Place("managing_over", "managing-over", "managing over", "/managing/over/"),
    Place("customer_help", "customer-help", "staff", "{customer_asked}help/"),
    Place("customer_help", "customer-help", "staff", "{customer_asked}help/",
        send("Continue", email="nobody@at-all.example"), 422),
    Place("customer_help_person", "customer-help-person", "staff", "{support_lost}"),
    Place("customer_help_person", "customer-help-person", "staff", "{support_refused}"),
    Place("customer_request", "customer-request", "staff", "{support_request}"),
    Place("request", "request", "boss", "{request_of_support}"),
    Place("help", "help", "boss", "/help/"),
    Place("administrators", "administrators", "boss", "/administrators/"),
    Place("administrators", "administrators", "boss", "/administrators/", mark_all),
    Place("administrators", "administrators", "boss", "/administrators/?q=nobody-at-all"),
    Place("administrators_add", "administrator-add", "boss", "/administrators/add/"),
    Place(
        "administrators_add", "administrator-add", "boss", "/administrators/add/",
        send("Send the invitation"), 422,
    ),
    *(
        Place("administrator", "administrator", "boss", f"{{person_{state}}}")
        for state in ("active", "long", "invited", "suspended", "moving", "me")
    ),
    Place("administrator", "administrator", "boss", "{person_invited}", press("Revoke invitation")),
    Place("administrator", "administrator", "boss", "{person_active}", send("Suspend"), 422),
    Place("administrator_history", "administrator-history", "boss", "{person_active}history/"),
    Place("administrator_exception", "exception", "boss", "{person_active}exception/"),
    Place("administrators_rehearsal", "rehearsal", "boss", "/administrators/", rehearse_all),
    Place("administrators_run", "administrators-run", "boss", "{run}"),
    Place("administrators_run", "administrators-run", "boss", "{run_stopped}"),
    Place("administrator_help", "administrator-help", "boss", "{person_lost}help/"),
    Place("request_pass", "set-up-pass", "boss", "{person_lost}help/",
        send("Suspend the devices and show the pass", how="I called back at the number that I had.")),
    Place("requests", "requests", "boss", "/requests/"),
    Place("request", "request", "boss", "{request}"),
    Place("administrators", "error-403", "newcomer", "/administrators/", status=403),
)  # fmt: skip

STAFF = (
    Place("home", "home", "staff", "/"),
    Place("customers", "customers", "staff", "/customers/"),
    Place("customers_add", "customer-add", "staff", "/customers/add/"),
    Place("imports", "imports", "staff", "/customers/import/"),
    Place("imports", "imports", "staff", "/customers/import/", send("Read the file", customer="Nobody at all"), 422),
    Place("import", "import", "staff", "{import}"),
    Place("import", "import", "staff", "{import_rehearsed}"),
    Place("import", "import", "staff", "{import_stopped}"),
    Place("import", "import", "staff", "{import_done}"),
    Place(
        "customers_add", "customer-add", "staff", "/customers/add/", send("Add the customer"), 422
    ),
    Place("customer", "customer", "staff", "{customer}"),
    Place("customer", "customer", "staff", "{customer_closed}"),
    Place("customer_history", "customer-history", "staff", "{customer}history/"),
    Place("customer_delete", "customer-delete", "staff", "{customer}delete/"),
    Place("customer_delete", "customer-delete", "staff", "{customer_closed}delete/"),
    Place("customer_minimum", "minimum", "staff", "{customer_minimum}"),
    Place(
        "customer_minimum", "minimum", "staff", "{customer_minimum}",
        send("Rehearse", trust_days="31"), 422,
    ),
    Place("customer_minimum_rehearsal", "rehearsal", "staff", "{customer_minimum}", press("Rehearse")),
    Place("customers_adoption", "customers-adoption", "staff", "/customers/adoption/"),
    Place("brands", "brands", "staff", "/brands/"),
    Place("brands_add", "brand-add", "staff", "/brands/add/"),
    Place("brand", "brand", "staff", "{brand}"),
    Place("brand_contact", "brand-contact", "staff", "{brand}contact/de/"),
    Place("brand_findings", "brand-findings", "staff", "{brand}findings/"),
    Place("brand_minimum", "minimum", "staff", "{brand_minimum}"),
    Place("brand_minimum_rehearsal", "rehearsal", "staff", "{brand_minimum}", press("Rehearse")),
    Place("brand_change_logo", "brand-logo", "staff", "{brand}logo/"),
    Place("tabs", "tabs", "staff", "/tabs/"),
    Place("tabs_add", "tab-add", "staff", "/tabs/add/"),
    Place("tab", "tab", "staff", "{tab}"),
    Place("tab_words", "tab-words", "staff", "{tab}words/de/"),
    Place("tab_application", "application", "staff", "{application}"),
    Place("tab_application_try", "application-try", "staff", "{application}try/", press("Show")),
    Place("tab_site", "site", "staff", "{tab}site/"),
    Place("tab_site", "site", "staff", "{site}"),
    Place("tab_site_try", "site-try", "staff", "{site}try/", press("Show")),
    Place("oidc_logout", "logout", "staff", "/oidc/logout/"),
    Place("oidc_authorize", "denied", "staff", "{denied}", status=403),
    Place("oidc_authorize", "another", "staff", "{another}"),
)  # fmt: skip

PLACES = (*SIGN_IN, *OWN, *COMPANY, *STAFF)

# Routes that show no page of their own, and why.
FILES = (
    "brand_css brand_icon favicon brand_logo brand_logo_dark brand_picture_icon brand_accent brand_picture "
    "tabs_icons robots"
)
MACHINES = (
    "healthz readyz metrics doorward_host security_txt change_password passkey_endpoints sign_in_passkey "
    "take_back_passkey code_passkey set_up_passkey make_passkey new_phone_passkey reauthenticate_passkey "
    "disable_passkey bind_device renew_device forward_auth forward_auth_start site_sign_in site_sign_out "
    "oidc_configuration oidc_jwks oidc_par oidc_token oidc_userinfo oidc_introspect oidc_revoke"
)
DOWNLOADS = (
    "recovery_codes_text activity_csv account_adoption_csv customers_adoption_csv account_rehearsal_csv "
    "administrators_rehearsal_csv administrators_run_csv import_csv"
)
ONLY_FORMS = (
    "managing_agree managing_end managing_no_changes managing_leave managing_changes customer_manage_begin "
    "customer_manage_take_back "
    "language stay sign_out new_codes end_sessions end_trusted administrator_password_link "
    "administrator_resend account_policy_withdraw account_waves customer_minimum_withdraw brand_minimum_withdraw "
    "brand_check_host administrator_revoke administrator_end_sessions customer_invite administrator_exception_end "
    "request_agree request_who account_rehearse administrators_require customer_minimum_rehearse "
    "brand_minimum_rehearse customer_resend tab_remove tab_move administrators_run_stop administrators_run_go_on "
    "account_adoption_mail customers_adoption_mail customer_minimum_waves brand_minimum_waves "
    "customer_undelete customer_note customer_note_remove import_begin import_stop import_go_on "
    "import_invite import_discard tab_application_secret tab_application_secret_shown "
    "tab_application_secret_remove tab_application_remove tab_site_remove oidc_logout_confirm"
)
ON_THE_WAY = "reauthenticate_continue"  # sends itself on; `test_keyboard` and `test_proving` see it
OF_DEMO = "demo_mail demo_mail_message demo_mail_html demo_behind"  # the demonstration's alone; `tests/demo` reads them
NO_PAGES = frozenset(f"{FILES} {MACHINES} {DOWNLOADS} {ONLY_FORMS} {ON_THE_WAY} {OF_DEMO}".split())
