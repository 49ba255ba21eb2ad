"""The forms of the security page and its windows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NameForm:
    """What is left of a set-up that waited for reauthentication: codes are never kept."""

    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveForm:
    """A factor is to be removed."""

    remove: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNameForm:
    """A factor's new name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionForm:
    """All other sessions are to end."""

    others: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSessionForm:
    """This one is."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneApplicationForm:
    """What a session is signed in to is to end, by the id of a sign-in."""

    application: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustForm:
    """No browser is to be trusted any more."""

    all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OneBrowserForm:
    """This one is not."""

    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceForm:
    """The device that is tried."""

    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LostForm:
    """Who has lost a device, by their password."""

    email: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LostDeviceForm:
    """Which devices are lost, by their ids."""

    device: frozenset[str]
