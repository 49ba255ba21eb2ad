"""Forms of all rooms: read in one way, and refused at the field that the refusal declares."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.http import QueryDict

import doorward
from doorward.importing import columns
from doorward.kernel.errors import (
    EmailInvalid,
    FieldsRefused,
    MustWait,
    NameMissing,
    NotFound,
    Refusal,
    TooManyMails,
    all_refusals,
)
from doorward.policy.fields import FIELDS
from doorward.sessions import saved_requests
from doorward.web.http.posted import FieldMissing
from doorward.web.http.requests import Request
from doorward.web.kit import forms, saved_request_words
from doorward.web.kit.forms import blank, is_bare, read, read_either, say_refused, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = Path(doorward.__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    email: str
    language: str = ""
    required: bool
    tabs: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    later: str


def posted(query: str) -> Request:
    request = Request()
    request.POST = QueryDict(query)
    return request


def test_a_form_is_read_by_its_annotations() -> None:
    read_ = read(posted("email=a%40b.example&required=on&tabs=home&tabs=support"), Person)
    assert read_ == Person(
        email="a@b.example", language="", required=True, tabs=frozenset({"home", "support"})
    )
    bare = read(posted("email="), Person)
    assert bare == blank(Person)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "language=de",
        "email=a&email=b",
        "email=a&language=a&language=b",
        f"email={'x' * 10_001}",
    ],
)
def test_what_is_none_of_our_forms_is_not_read(query: str) -> None:
    with pytest.raises(FieldMissing):
        read(posted(query), Person)


@pytest.mark.parametrize("ticked", ["", "off", "ON", "1", "true"])
def test_a_box_is_ticked_by_nothing_but_on(ticked: str) -> None:
    assert not read(posted(f"email=a&required={ticked}"), Person).required


def test_of_several_forms_at_one_address_the_first_that_was_sent_is_read() -> None:
    assert read_either(posted("later=on&email=a"), Later, Person) == Later(later="on")
    assert isinstance(read_either(posted("email=a"), Later, Person), Person)
    with pytest.raises(FieldMissing):
        read_either(posted("x=y"), Later, Person)
    assert is_bare(posted("x=y"), Later, Person)
    assert not is_bare(posted("email="), Later, Person)


def test_a_refusal_is_said_at_its_field_and_else_above() -> None:
    found = wrong(EmailInvalid(), Person)
    assert found.at("email") == ("Type an e-mail like name@example.com.",)
    assert (found.above, found.wait, bool(found)) == ("", 0, True)
    found = wrong(EmailInvalid(), Later)
    assert (dict(found.fields), found.above) == ({}, "Type an e-mail like name@example.com.")
    assert wrong(NameMissing(field="language"), Person).at("language") == ("Type a name.",)
    assert not wrong(None, Person)


def test_several_are_said_each_at_its_own() -> None:
    found = wrong(FieldsRefused({"language": NameMissing(), "gone": EmailInvalid()}), Person)
    assert dict(found.fields) == {"language": "Type a name."}
    assert found.above == "Type an e-mail like name@example.com."


def test_what_is_gone_is_said_on_no_page_and_left_to_the_gate() -> None:
    gone = NotFound()
    with pytest.raises(NotFound):
        wrong(gone, Person)
    with pytest.raises(NotFound):
        say_refused(Request(), gone)


def test_who_has_to_wait_is_told_by_the_clock_alone() -> None:
    found = wrong(MustWait(30), Person)
    assert (dict(found.fields), found.above, found.wait) == ({}, "", 30)
    found = wrong(TooManyMails(60), Person)
    assert (list(found.fields), found.above, found.wait) == (["email"], "", 60)


# No field would put right what these are about, or the form says which: they are said above it, or at that one.
ABOVE = frozenset(
    {
        "AddressesTaken",
        "AlreadyAnswered",
        "AlreadyAsked",
        "AlreadyEnabled",
        "AlreadyInForce",
        "AlreadyRemoved",
        "AlreadyRunning",
        "AnotherFactorWanted",
        "ApplicationThere",
        "AskedTooLongAgo",
        "AskerHeldBack",
        "AskerLostRight",
        "AskerSignedOut",
        "BackupElsewhere",
        "BackupOfAnotherRelease",
        "BelongsToNobody",
        "BrandGone",
        "CellWithError",
        "ChoiceInvalid",
        "CodesLost",
        "CredentialsKept",
        "CustomerIsThere",
        "CustomerNotActive",
        "DayInvalid",
        "DeletionBegun",
        "DevicesKept",
        "ExportFirst",
        "FactorDisabled",
        "FactorLost",
        "FieldsRefused",
        "FileInvalid",
        "FirstLinkInvalid",
        "GraceIsOver",
        "HandOverRefused",
        "HelpByProviderOnly",
        "HelpYourself",
        "HistoryUnreadable",
        "ImportForgotten",
        "IssuersDiffer",
        "KeyNeeded",
        "KeyWrong",
        "KeysGone",
        "KindNotAccepted",
        "LetInBySupport",
        "LineMisshapen",
        "LineTwice",
        "LinkExpired",
        "LinkInvalid",
        "LinkReplaced",
        "LinkUsed",
        "MailboxFirst",
        "ManageInBrowser",
        "ManagingAlready",
        "ManagingAskedTooOften",
        "ManagingNotAllowed",
        "ManagingOver",
        "MinimumAllowsNoException",
        "MustWait",
        "NewDeviceFirst",
        "NoDeletion",
        "NoException",
        "NoSecretNeeded",
        "NobodyCouldAgree",
        "NotByTime",
        "NotClosed",
        "NotEnabled",
        "NotFound",
        "NotInBackup",
        "NotInvited",
        "NotYetAllowed",
        "NotYoursToChange",
        "NothingLost",
        "NothingSuspended",
        "NothingToExcept",
        "NothingWaits",
        "NumberOutOfRange",
        "OnlyKnownBrowsers",
        "OtherFormat",
        "OtherIssuer",
        "OwnException",
        "OwnFactorFirst",
        "OwnPortal",
        "PartLost",
        "PasswordNotTheirs",
        "PolicyChanged",
        "PortalElsewhere",
        "ProtectionRefused",
        "Refusal",
        "RehearsalOutdated",
        "RemovedMeanwhile",
        "RequestOver",
        "RequiredCannotDisable",
        "RescueForStaffAlone",
        "RescueWantsActive",
        "RightMissing",
        "RunOver",
        "SameHands",
        "SecretMade",
        "SecretSealed",
        "SetUpExpired",
        "SiteThere",
        "SourceUnreachable",
        "SourceUnreadable",
        "StaffNeedTwoFactors",
        "StaffTooNew",
        "StaleRequest",
        "StartsTooLate",
        "StricterAlready",
        "SupportAskedTooOften",
        "SupportIsForCustomers",
        "SupportNotAllowed",
        "SupportNotByTime",
        "TabsMissing",
        "TextInvalid",
        "TextTooLong",
        "TooLateToStop",
        "TooManyAddresses",
        "TooManyChecks",
        "TooManySecrets",
        "TooManyTabs",
        "TooManyToRehearse",
        "TrustNotAllowed",
        "UnknownField",
        "WaitAskedTooOften",
        "WaitObjected",
        "WaitingNeedsOldPassword",
        "WaitingNotAllowed",
        "WrongCredentials",
        "YesOrNo",
    }
)

# --- all forms and all refusals there are -----------------------------------------------------------


def _modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(doorward.__path__, "doorward."):
        if module.name.endswith(".errors") or module.name.startswith("doorward.web."):
            yield module.name


def _fields_of_forms() -> set[str]:
    """Return the fields of all forms: the dataclasses that a room hands to `read`."""
    # That of a policy is made of its declared fields.
    # No attribute of a form can be called `pass`.
    names = {field.key for field in FIELDS.values()} | {"starts", "reason", "pass"}
    # An import is given as a file, and refused at its columns.
    names |= {"file", *columns.PEOPLE, *columns.CUSTOMERS}
    for name in _modules():
        module = importlib.import_module(name)
        for one in vars(module).values():
            if (
                is_dataclass(one)
                and isinstance(one, type)
                and one.__name__.endswith(("Form", "OwnProfile"))
            ):
                names |= set(one.__dataclass_fields__)
    return names


def test_every_field_that_a_refusal_declares_is_one_of_a_form() -> None:
    fields = _fields_of_forms()
    assert {"email", "tabs", "hosts"} <= fields
    declared = {refusal: refusal.field for refusal in all_refusals() if refusal.field}
    assert len(declared) > 30
    assert {kind: field for kind, field in declared.items() if field not in fields} == {}


def test_every_field_of_a_form_has_a_label_or_is_read_by_nobody() -> None:
    """What was sent too late is shown by labels; whoever adds a field says what it is called there."""
    # What is kept has neither secrets nor files in it.
    kept = _fields_of_forms() - saved_requests.SECRET - _OF_FILES - {"pass", "fields"}
    told = {field.key for field in FIELDS.values()} | saved_request_words.LABELS.keys()
    assert kept - told - saved_request_words.UNREAD == set()
    assert told.isdisjoint(saved_request_words.UNREAD)


_OF_FILES = frozenset({*columns.PEOPLE, *columns.CUSTOMERS}) - saved_request_words.LABELS.keys()


def test_whoever_declares_a_refusal_decides_whether_it_has_a_field() -> None:
    list(map(importlib.import_module, _modules()))
    above = {kind.__name__ for kind in all_refusals() if not kind.field and _is_ours(kind)}
    found = {name for name in above if not name.startswith("Passkey")}
    assert found == ABOVE


def _is_ours(kind: type[Refusal]) -> bool:
    return kind.__module__.startswith("doorward.")


def test_no_room_reads_a_form_in_a_way_of_its_own() -> None:
    passing_on = {"csrf_secret.py", "old_form.py", "unsent.py", "gate.py", "posted.py", "forms.py"}
    passing_on |= {"destination.py"}  # also under an error page, of whatever was sent
    passing_on |= {"policy_form.py"}  # made of the declared fields of a policy, value by value
    own = [
        str(path.relative_to(SOURCES))
        for path in (SOURCES / "web").rglob("*.py")
        if path.name not in passing_on and ".POST" in path.read_text()
    ]
    assert own == []
    assert forms.__file__ in {str(path) for path in SOURCES.rglob("forms.py")}
