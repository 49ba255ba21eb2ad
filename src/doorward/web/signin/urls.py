"""Addresses of signing in. They are contracts: people bookmark them, password managers know them."""

from django.urls import path

from doorward.web.signin import (
    clock,
    helping,
    links,
    passkeys,
    reauthentication,
    second_address,
    views,
)

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/passkey/", passkeys.sign_in_options, name="sign_in_passkey"),
    path("sign-in/code/", views.code, name="code"),
    path("sign-in/code/passkey/", passkeys.code_options, name="code_passkey"),
    path("sign-in/take-back/", helping.take_back, name="take_back"),
    path("sign-in/take-back/passkey/", helping.take_back_options, name="take_back_passkey"),
    path("sign-in/clock/", clock.at_sign_in, name="code_clock"),
    path("sign-in/recovery/", views.recover, name="recovery"),
    path("sign-in/mailbox/", views.verify_mailbox, name="mailbox"),
    path("sign-in/set-up/", views.set_up_factor, name="set_up"),
    path("sign-in/set-up/passkey/", passkeys.set_up_options, name="set_up_passkey"),
    path("sign-in/recovery-codes/", views.save_codes, name="recovery_codes"),
    path("sign-in/recovery-codes/text/", views.codes_as_text, name="recovery_codes_text"),
    path("sign-in/password/", views.set_password, name="set_password"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("prove/", reauthentication.reauthenticate, name="reauthenticate"),
    path("prove/passkey/", passkeys.reauthentication_options, name="reauthenticate_passkey"),
    path("prove/clock/", clock.at_proof, name="reauthenticate_clock"),
    path("prove/continue/", reauthentication.go_on_with_form, name="reauthenticate_continue"),
    path("password/forgot/", links.forgot, name="forgot"),
    path("password/forgot/sent/", links.forgot_sent, name="forgot_sent"),
    path("password/reset/", links.reset, name="reset"),
    path("password/reset/<str:token>/", links.open_link, name="reset_link"),
    path("invitation/", links.invitation, name="invitation"),
    path("invitation/<str:token>/", links.open_link, name="invitation_link"),
    path("e-mail/confirm/", links.confirm_email, name="email"),
    path("e-mail/confirm/<str:token>/", links.open_link, name="email_link"),
    path("second-address/confirm/", second_address.confirm, name="second_address_confirm"),
    path("second-address/confirm/<str:token>/", links.open_link, name="second_address_link"),
    path("not-me/", links.this_was_not_me, name="not_me"),
    path("not-me/<str:token>/", links.open_link, name="not_me_link"),
]
