"""What is recorded of applications: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorward.audit.events import EventType, Group

APPLICATION_ADDED = EventType(
    "application_added",
    group=Group.ACCOUNT,
    icon="app-window",
    sentence=_("%(actor)s let the application of a tab sign people in."),
)

APPLICATION_CHANGED = EventType(
    "application_changed",
    group=Group.ACCOUNT,
    icon="app-window",
    sentence=_("%(actor)s changed the application of a tab."),
)

APPLICATION_REMOVED = EventType(
    "application_removed",
    group=Group.ACCOUNT,
    icon="app-window",
    sentence=_("%(actor)s no longer lets the application of a tab sign people in."),
    tone="warn",
)

CLIENT_SECRET_MADE = EventType(
    "client_secret_made",
    group=Group.ACCOUNT,
    icon="key-round",
    sentence=_("%(actor)s made a secret for an application."),
)

CLIENT_SECRET_REMOVED = EventType(
    "client_secret_removed",
    group=Group.ACCOUNT,
    icon="key-round",
    sentence=_("%(actor)s removed a secret of an application."),
)

SIGNING_KEYS_REPLACED = EventType(
    "signing_keys_replaced",
    group=Group.ACCOUNT,
    icon="key-round",
    sentence=_("%(actor)s replaced the keys that sign what applications are told."),
    tone="warn",
)

APPLICATION_TRIED = EventType(
    "application_tried",
    group=Group.ACCOUNT,
    icon="eye",
    sentence=_("%(actor)s looked up what an application would be told of %(subject)s."),
)

APPLICATION_SIGNED_IN = EventType(
    "application_signed_in",
    group=Group.SIGN_IN,
    icon="log-in",
    sentence=_("%(subject)s signed in to an application."),
)

APPLICATION_MANAGED = EventType(
    "application_managed",
    group=Group.SIGN_IN,
    icon="log-in",
    sentence=_("%(actor)s opened an application while managing the portal."),
    tone="warn",
)

APPLICATION_SIGNED_OUT = EventType(
    "application_signed_out",
    group=Group.SIGN_IN,
    icon="log-out",
    sentence=_("%(actor)s signed out of an application."),
    by_another=_("%(subject)s was signed out of an application."),
)

APPLICATION_REUSED = EventType(
    "application_reused",
    group=Group.SIGN_IN,
    icon="circle-alert",
    sentence=_(
        "%(subject)s was signed out of an application: what it was given came a second time, or from somebody else."
    ),
    tone="warn",
)

SITE_ADDED = EventType(
    "site_added",
    group=Group.ACCOUNT,
    icon="app-window",
    sentence=_("%(actor)s put the site of a tab behind the sign-in."),
)

SITE_CHANGED = EventType(
    "site_changed",
    group=Group.ACCOUNT,
    icon="app-window",
    sentence=_("%(actor)s changed the site of a tab."),
)

SITE_REMOVED = EventType(
    "site_removed",
    group=Group.ACCOUNT,
    icon="app-window",
    sentence=_("%(actor)s no longer keeps the site of a tab behind the sign-in."),
    tone="warn",
)
