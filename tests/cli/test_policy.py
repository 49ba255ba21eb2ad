"""`doorward policy`: shown as a file, rehearsed, and applied once."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from doorward.cli.base import main
from doorward.customers.models import Brand
from doorward.policy import files, versions
from doorward.policy.events import MINIMUM_CHANGED, POLICY_CHANGED, POLICY_PLANNED
from doorward.policy.fields import FIELDS, Kinds, RequiredOf, Values
from doorward.policy.models import PolicyVersion
from tests.kit import codes, people, policies

if TYPE_CHECKING:
    from pathlib import Path

    from django.db.models import QuerySet

    from doorward.accounts.models import Administrator

EVERYONE = 'required_of = "everyone"\nreason = "An audit"\n'


def saved() -> QuerySet[PolicyVersion]:
    """Return the versions that were saved, but for the provider's minimum for itself, which a start saves."""
    return PolicyVersion.objects.exclude(customer__kind="provider")


def run(*words: str, exit_code: int = 0) -> Result:
    found = CliRunner().invoke(main, ["policy", *words])
    assert found.exit_code == exit_code, found.output
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(EVERYONE)
    return path


@pytest.mark.django_db
def test_a_file_is_planned_applied_once_and_shown(
    owner: Administrator, colleague: Administrator, file: Path
) -> None:
    codes.enable_app(owner)
    name = owner.customer.name
    planned = run("plan", name, str(file)).output
    assert "required_of  ticked  everyone" in planned
    assert "set_up_next      1" in planned
    assert "Of 1 person with the Administrators tab, 1 would get in" in planned
    assert not saved().exists()

    assert "Version 1 was saved." in run("apply", name, str(file), "--yes").output
    assert run("apply", name, str(file)).output == "Nothing would change.\n"
    assert saved().get().reason == "An audit"
    (event,) = people.events(POLICY_CHANGED)
    assert event.actor_type == "operator"

    file.write_text(run("show", name).output)
    assert run("plan", name, str(file)).output == "Nothing would change.\n"
    shown = json.loads(run("show", name, "--json").output)
    assert shown["required_of"] == "everyone"
    assert set(shown) == {one.key for one in FIELDS.values()}
    assert colleague.email not in planned


@pytest.mark.django_db
@pytest.mark.parametrize(
    "odd",
    ["kinds = " + "[" * 3000 + "]" * 3000, "newcomer_days = " + "9" * 5000],
    ids=["deep", "long"],
)
def test_what_no_reader_takes_is_refused_in_one_sentence(
    owner: Administrator, file: Path, odd: str
) -> None:
    file.write_text(odd)
    said = run("plan", owner.customer.name, str(file), exit_code=1).stderr
    assert said == "The file cannot be read: a value in it is too long or too deep.\n"


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["n\n", ""])
def test_without_a_yes_nothing_is_saved(owner: Administrator, file: Path, answer: str) -> None:
    codes.enable_app(owner)
    words = ["policy", "apply", owner.customer.name, str(file)]
    found = CliRunner().invoke(main, words, input=answer)
    assert found.exit_code == 1
    assert "required_of  ticked  everyone" in found.stdout
    assert not saved().exists()
    assert CliRunner().invoke(main, words, input="y\n").exit_code == 0
    assert saved().count() == 1


@pytest.mark.django_db
def test_what_changed_between_rehearsal_and_yes_is_shown_and_asked_again(
    owner: Administrator, colleague: Administrator, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes.enable_app(owner)
    asked: list[str] = []

    def confirm(question: str, **_how: object) -> bool:
        # While the first question stands there, somebody sets two factors up.
        if not asked:
            codes.enable_app(colleague)
        asked.append(question)
        return True

    monkeypatch.setattr("click.confirm", confirm)
    said = run("apply", owner.customer.name, str(file)).output
    assert len(asked) == 2
    first, _, second = said.partition("People have changed since this was rehearsed")
    assert "set_up_next      1" in first
    assert "set_up_next      0" in second
    assert "was saved" not in first
    assert saved().count() == 1


@pytest.mark.django_db
def test_a_rehearsal_tells_person_by_person(
    owner: Administrator, colleague: Administrator, file: Path
) -> None:
    codes.enable_app(owner)
    said = run("rehearse", owner.customer.name, str(file)).output
    assert f"{colleague.email}  set_up_next" in said
    record = json.loads(run("rehearse", owner.customer.name, str(file), "--json").output)
    outcomes = {one["email"]: one["outcome"] for one in record["people"]}
    assert outcomes == {owner.email: "covered", colleague.email: "set_up_next"}
    assert record["outcomes"]["set_up_next"] == 1
    assert record["newly_required"] == 2
    assert record["helpers"] == {"people": 1, "through": 1}
    assert record["changes"] == [{"field": "required_of", "before": "ticked", "after": "everyone"}]
    assert not saved().exists()


@pytest.mark.django_db
def test_a_plan_and_a_minimum(owner: Administrator, file: Path) -> None:
    codes.enable_app(owner)
    name = owner.customer.name
    file.write_text('required_of = "everyone"\nstarts = 2099-01-01\n')
    refused = run("apply", name, str(file), exit_code=1)
    assert "Choose a day within the next year." in refused.stderr
    file.write_text('required_of = "tabs"\ntabs = ["nope"]\n')
    assert run("apply", name, str(file), exit_code=1).stderr == "There is no such tab.\n"
    file.write_text(EVERYONE)
    run("apply", name, str(file), "--minimum", "--yes")
    # The provider's own may be of the start.
    changed = [event.customer_id for event in people.events(MINIMUM_CHANGED)]
    assert changed.count(owner.customer_id) == 1
    assert policies.of(owner.customer_id).required_of is not RequiredOf.EVERYONE
    run("apply", owner.customer.brand.name, str(file), "--brand", "--yes")
    assert PolicyVersion.objects.filter(brand__isnull=False).count() == 1
    assert not people.events(POLICY_PLANNED)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("required_of = ", "The file cannot be read:"),
        ('required_of = "all"', "required_of: Choose one from the list."),
        ("session_hours = 99\ncolour = 1", "colour: A policy has no such field."),
        ("reason = 1", "reason:"),
        ("starts = 1", "starts: Type a date like"),
        ('required_of = "tabs"', "Choose at least one tab."),
        ("\ufffd" * 70_000, "The file is too long."),
    ],
)
def test_what_is_wrong_is_said(owner: Administrator, file: Path, text: str, said: str) -> None:
    file.write_text(text)
    for deed in ("plan", "rehearse", "apply"):
        assert said in run(deed, owner.customer.name, str(file), exit_code=1).stderr
    assert not saved().exists()


@pytest.mark.django_db
def test_who_is_not_there(file: Path) -> None:
    people.provider()
    for words in (("show", "Nobody"), ("plan", "Nobody", str(file))):
        assert run(*words, exit_code=1).stderr == "There is no customer named Nobody.\n"
    assert "no brand named" in run("show", "Nobody", "--brand", exit_code=1).stderr


@given(
    values=st.builds(
        Values,
        required_of=st.sampled_from(RequiredOf),
        tabs=st.frozensets(st.sampled_from(["home", "activity", 'a"b'])),
        from_day=st.none() | st.dates(date(2026, 1, 1), date(2190, 1, 1)),
        newcomer_days=st.integers(0, 90),
        waves=st.booleans(),
        kinds=st.sampled_from(Kinds),
    ),
    minimum=st.booleans(),
)
def test_what_is_written_is_read_again(values: Any, *, minimum: bool) -> None:
    owner = versions.Owner(is_minimum=minimum)
    assert files.wanted_of(files.text_of(values), owner).values == values


@pytest.mark.django_db
def test_passkeys_alone_are_refused_where_none_can_be_made(
    owner: Administrator, file: Path
) -> None:
    Brand.objects.update(hosts=["127.0.0.1"])
    people.forget_caches()
    file.write_text('kinds = "phishing_resistant"\n')
    for word in ("plan", "rehearse", "apply"):
        said = run(word, owner.customer.name, str(file), exit_code=1).output
        assert said == (
            "Passkeys need this portal to have a name and https. Otherwise nobody could sign in any more.\n"
        )
    assert not saved().exists()
