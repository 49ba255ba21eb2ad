"""Addresses of the provider's tabs."""

from django.urls import path

from doorward.web.provider import (
    adoption,
    application,
    application_try,
    brand_check,
    brands,
    caller_check,
    customer_life,
    customers,
    imports,
    manage,
    minimum_rehearsals,
    minimums,
    support,
    tabs,
)

urlpatterns = [
    path("customers/", customers.list_, name="customers"),
    path("customers/adoption/", adoption.page, name="customers_adoption"),
    path("customers/adoption/mail/", adoption.mail, name="customers_adoption_mail"),
    path("customers/adoption.csv", adoption.download, name="customers_adoption_csv"),
    path("customers/add/", customers.add, name="customers_add"),
    path("customers/import/", imports.list_, name="imports"),
    path("customers/import/<uuid:import_id>/", imports.run, name="import"),
    path("customers/import/<uuid:import_id>/begin/", imports.begin, name="import_begin"),
    path("customers/import/<uuid:import_id>/stop/", imports.stop, name="import_stop"),
    path("customers/import/<uuid:import_id>/go-on/", imports.go_on, name="import_go_on"),
    path("customers/import/<uuid:import_id>/invite/", imports.invite, name="import_invite"),
    path("customers/import/<uuid:import_id>/discard/", imports.discard, name="import_discard"),
    path("customers/import/<uuid:import_id>/export.csv", imports.table, name="import_csv"),
    path("customers/<uuid:customer_id>/", customers.edit, name="customer"),
    path(
        "customers/<uuid:customer_id>/caller-check/",
        caller_check.begin,
        name="customer_caller_check",
    ),
    path(
        "customers/<uuid:customer_id>/caller-check/<uuid:check_id>/",
        caller_check.running,
        name="customer_caller_check_running",
    ),
    path("customers/<uuid:customer_id>/delete/", customer_life.delete, name="customer_delete"),
    path(
        "customers/<uuid:customer_id>/undelete/", customer_life.undelete, name="customer_undelete"
    ),
    path("customers/<uuid:customer_id>/history/", customer_life.history, name="customer_history"),
    path("customers/<uuid:customer_id>/notes/", customer_life.add_note, name="customer_note"),
    path(
        "customers/<uuid:customer_id>/notes/<uuid:note_id>/remove/",
        customer_life.remove_note,
        name="customer_note_remove",
    ),
    path("customers/<uuid:customer_id>/help/", support.find, name="customer_help"),
    path(
        "customers/<uuid:customer_id>/help/<uuid:person_id>/",
        support.ask,
        name="customer_help_person",
    ),
    path(
        "customers/<uuid:customer_id>/requests/<uuid:request_id>/",
        support.show,
        name="customer_request",
    ),
    path("customers/<uuid:customer_id>/invite/", customers.invite, name="customer_invite"),
    path(
        "customers/<uuid:customer_id>/resend-invitation/<uuid:person_id>/",
        customers.resend_invitation,
        name="customer_resend",
    ),
    path("customers/<uuid:customer_id>/manage/", manage.page, name="customer_manage"),
    path("customers/<uuid:customer_id>/manage/begin/", manage.begin, name="customer_manage_begin"),
    path(
        "customers/<uuid:customer_id>/manage/take-back/",
        manage.take_back,
        name="customer_manage_take_back",
    ),
    path(
        "customers/<uuid:customer_id>/minimum/",
        minimums.of_customer,
        name="customer_minimum",
    ),
    path(
        "customers/<uuid:customer_id>/minimum/waves/",
        minimums.go_on_of_customer,
        name="customer_minimum_waves",
    ),
    path(
        "customers/<uuid:customer_id>/minimum/withdraw/",
        minimums.withdraw_of_customer,
        name="customer_minimum_withdraw",
    ),
    path(
        "customers/<uuid:customer_id>/minimum/rehearsal/",
        minimum_rehearsals.rehearse_of_customer,
        name="customer_minimum_rehearse",
    ),
    path(
        "customers/<uuid:customer_id>/minimum/rehearsal/<uuid:rehearsal_id>/",
        minimum_rehearsals.of_customer,
        name="customer_minimum_rehearsal",
    ),
    path("brands/", brands.list_, name="brands"),
    path("brands/add/", brands.add, name="brands_add"),
    path("brands/accent.css", brands.accent, name="brand_accent"),
    path("brands/<uuid:brand_id>/", brands.edit, name="brand"),
    path(
        "brands/<uuid:brand_id>/minimum/waves/",
        minimums.go_on_of_brand,
        name="brand_minimum_waves",
    ),
    path("brands/<uuid:brand_id>/minimum/", minimums.of_brand, name="brand_minimum"),
    path(
        "brands/<uuid:brand_id>/minimum/withdraw/",
        minimums.withdraw_of_brand,
        name="brand_minimum_withdraw",
    ),
    path(
        "brands/<uuid:brand_id>/minimum/rehearsal/",
        minimum_rehearsals.rehearse_of_brand,
        name="brand_minimum_rehearse",
    ),
    path(
        "brands/<uuid:brand_id>/minimum/rehearsal/<uuid:rehearsal_id>/",
        minimum_rehearsals.of_brand,
        name="brand_minimum_rehearsal",
    ),
    path("brands/<uuid:brand_id>/check/", brands.check_host, name="brand_check_host"),
    path("brands/<uuid:brand_id>/findings/", brand_check.page, name="brand_findings"),
    path("brands/<uuid:brand_id>/contact/<slug:slug>/", brands.contact, name="brand_contact"),
    path("brands/<uuid:brand_id>/logo/", brands.logo, name="brand_change_logo"),
    path("brands/<uuid:brand_id>/pictures/<slug:name>", brands.picture, name="brand_picture"),
    path("tabs/", tabs.list_, name="tabs"),
    path("tabs/add/", tabs.add, name="tabs_add"),
    path("tabs/icons/", tabs.icons, name="tabs_icons"),
    path("tabs/<uuid:tab_id>/", tabs.edit, name="tab"),
    path("tabs/<uuid:tab_id>/application/", application.edit, name="tab_application"),
    path("tabs/<uuid:tab_id>/application/try/", application_try.try_it, name="tab_application_try"),
    path(
        "tabs/<uuid:tab_id>/application/secret/",
        application.new_secret,
        name="tab_application_secret",
    ),
    path(
        "tabs/<uuid:tab_id>/application/secret/<uuid:secret_id>/remove/",
        application.remove_secret,
        name="tab_application_secret_remove",
    ),
    path(
        "tabs/<uuid:tab_id>/application/remove/", application.remove, name="tab_application_remove"
    ),
    path("tabs/<uuid:tab_id>/move/", tabs.move, name="tab_move"),
    path("tabs/<uuid:tab_id>/words/<slug:slug>/", tabs.words, name="tab_words"),
    path("tabs/<uuid:tab_id>/remove/", tabs.remove, name="tab_remove"),
]
