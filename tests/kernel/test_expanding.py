"""Two versions beside each other: a migration only adds, or says in its name who may still run."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from doorward.kernel.db import expanding

# Nothing was released before these: they are where it begins. What a release has, nobody changes any more.
BASELINE = "0001_initial"


def test_every_migration_only_adds_or_says_who_may_still_run():
    loader = MigrationLoader(None)
    looked = 0
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if not type(migration).__module__.startswith("doorward.") or name == BASELINE:
            continue
        looked += 1
        if expanding.oldest_beside(name):
            continue
        before = loader.project_state((app, name), at_end=False)
        assert expanding.taken_away(migration, before) == [], f"{app}.{name}"
    assert looked


def state() -> ProjectState:
    made = ProjectState()
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", models.AutoField(primary_key=True)),
        ("name", models.CharField(max_length=20)),
        ("note", models.TextField(null=True)),
    ]
    made.add_model(ModelState("people", "Person", fields))
    return made


def taken_away(*operations: Any, **said: str) -> list[str]:
    made = type("Migration", (migrations.Migration,), {"operations": [*operations], **said})
    return expanding.taken_away(made("0002_made_up", "people"), state())


def add(field: models.Field[Any, Any]) -> Any:
    return migrations.AddField("person", "phone", field)


def alter(name: str, field: models.Field[Any, Any]) -> Any:
    return migrations.AlterField("person", name, field)


def unique(*fields: str) -> Any:
    return migrations.AddConstraint("person", models.UniqueConstraint(fields=fields, name="one"))


@pytest.mark.parametrize(
    "operations",
    [
        [add(models.CharField(max_length=20, null=True))],
        [add(models.CharField(max_length=20, default="", db_default=""))],
        [add(models.ManyToManyField("people.Person"))],
        [alter("name", models.CharField(max_length=21))],
        [alter("name", models.CharField(max_length=20, null=True))],
        [alter("name", models.CharField(max_length=20, choices=[("a", "A")], help_text="x"))],
        [migrations.AddIndex("person", models.Index(fields=["name"], name="by_name"))],
        [add(models.CharField(max_length=9, null=True)), unique("phone")],
        [migrations.CreateModel("Dog", [("id", models.AutoField(primary_key=True))])],
    ],
)
def test_what_only_adds(operations):
    assert taken_away(*operations) == []


@pytest.mark.parametrize(
    "operation",
    [
        add(models.CharField(max_length=20)),
        add(models.CharField(max_length=20, default="")),  # Django's default is not the database's
        alter("name", models.CharField(max_length=19)),
        alter("name", models.TextField()),
        alter("name", models.CharField(max_length=20, unique=True)),
        alter("note", models.TextField()),
        unique("name"),
        migrations.RemoveField("person", "note"),
        migrations.DeleteModel("Person"),
        migrations.RenameField("person", "name", "called"),
        migrations.RenameModel("Person", "Somebody"),
        migrations.AlterModelTable("person", "somebody"),
        migrations.RunSQL("DELETE FROM people_person"),
        migrations.RunPython(lambda _apps, _editor: None),
        migrations.SeparateDatabaseAndState(),
    ],
)
def test_what_the_version_before_may_fail_at(operation):
    assert len(taken_away(operation)) == 1


def test_code_of_its_own_may_say_that_it_only_adds():
    fill = migrations.RunPython(lambda _apps, _editor: None)
    assert taken_away(fill, only_adds="fills a column that is new") == []
    drop = migrations.RemoveField("person", "note")
    assert taken_away(drop, only_adds="it does not") != []


@pytest.mark.parametrize(
    ("name", "oldest"),
    [
        ("0012_contract_1_4_old_column", (1, 4)),
        ("0012_contract_10_0", (10, 0)),
        ("0012_contracts", None),
        ("0012_contract_column", None),
        ("0002_first_link", None),
    ],
)
def test_the_name_says_who_may_still_run(name, oldest):
    assert expanding.oldest_beside(name) == oldest


def test_versions_are_compared_by_their_numbers():
    assert expanding.version_of("1.10.3") > expanding.version_of("1.9")
    assert expanding.version_of("2") == (2, 0)


@pytest.mark.django_db
def test_the_tables_that_it_touches_are_known():
    loader = MigrationLoader(connection)
    migration = loader.disk_migrations["sessions", "0002_session_open"]
    before = loader.project_state(("sessions", "0002_session_open"), at_end=False)
    assert expanding.tables_of(migration, before) == {"sessions_session"}
