"""Which migrations the version before can live with: two versions work beside each other while nodes are upgraded.

A release only adds to tables (expands). What is to go stays until no version that is still in use needs it, and then a
migration of a later release takes it away (contracts). Such a one says in its name which version is the oldest that
may still run when it was done: `0012_contract_1_4_old_column`. So a program that does not know a migration knows by
its name, which the database has, whether to go on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.db import connection
from django.db.migrations import operations as ops
from django.db.models import NOT_PROVIDED

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.migrations import Migration
    from django.db.migrations.state import ProjectState

# Operations and fields, whose attributes Django's types do not all have.
_Django: TypeAlias = Any
# What of a field the database does not know.
_DJANGOS_OWN: Final = frozenset(
    [
        "auto_now",
        "auto_now_add",
        "blank",
        "choices",
        "default",
        "editable",
        "error_messages",
        "help_text",
        "on_delete",
        "related_name",
        "validators",
        "verbose_name",
    ]
)
_CONTRACTS: Final = re.compile(r"\d+_contract_(\d+)_(\d+)(_.*)?")


def oldest_beside(name: str) -> tuple[int, int] | None:
    """Return the oldest version that may run when a migration of this name was done; None: any before it may."""
    found = _CONTRACTS.fullmatch(name)
    return (int(found[1]), int(found[2])) if found else None


def version_of(said: str) -> tuple[int, int]:
    """Return the first two numbers of a version."""
    major, minor = [*said.split("."), "0"][:2]
    return int(major), int(minor)


def taken_away(migration: Migration, before: ProjectState) -> list[str]:
    """Return what a migration does that a program which does not know it may fail at; empty: it only adds.

    `before`: the state of the models that it begins with. What cannot be known of code and SQL of its own, the
    migration says by an attribute `only_adds = "why"`.
    """
    found, state = [], before.clone()
    made: set[tuple[str, str]] = set()
    for operation in migration.operations:
        kind = type(operation)
        judge = _JUDGES.get(kind)
        if judge is None:
            why = "" if getattr(migration, "only_adds", "") else "nobody can tell what it does"
        else:
            why = judge(operation, state, migration.app_label, made)
        if why:
            found.append(f"{operation.describe()}: {why}")
        operation.state_forwards(migration.app_label, state)
    return found


def _makes(operation: _Django, _state: ProjectState, _app: str, made: set[tuple[str, str]]) -> str:
    made.update((operation.name_lower, name) for name, _field in operation.fields)
    return ""


def _adds(operation: _Django, _state: ProjectState, _app: str, made: set[tuple[str, str]]) -> str:
    field = operation.field
    made.add((operation.model_name_lower, operation.name))
    if field.many_to_many or field.null or field.generated or field.db_default is not NOT_PROVIDED:
        return ""
    return "the version before adds rows without it; give it a db_default, or allow NULL"


def _alters(operation: _Django, state: ProjectState, app: str, _made: set[tuple[str, str]]) -> str:
    old = state.models[app, operation.model_name_lower].fields[operation.name]
    new = operation.field
    was, now = (_in_database(one) for one in (old, new))
    if was == now or (new.null >= old.null and _is_wider(old, new)):
        return ""
    return "what the version before writes may not fit"


def _in_database(field: _Django) -> tuple[Any, ...]:
    """Return what of a field the database knows."""
    _name, path, args, given = field.deconstruct()
    return (
        path,
        args,
        sorted((name, repr(value)) for name, value in given.items() if name not in _DJANGOS_OWN),
    )


def _is_wider(old: _Django, new: _Django) -> bool:
    """Return whether all that one column takes the other takes, too."""
    _name, was, _args, before = old.deconstruct()
    _name, now, _args, after = new.deconstruct()
    longer = (after.get("max_length") or 0) >= (before.get("max_length") or 0)
    others = [
        {name: value for name, value in given.items() if name not in {"max_length", "null"}}
        for given in (before, after)
    ]
    return was == now and longer and repr(others[0]) == repr(others[1])


def _constrains(
    operation: _Django, state: ProjectState, app: str, made: set[tuple[str, str]]
) -> str:
    model = operation.model_name_lower
    named = set(getattr(operation.constraint, "fields", ()))
    columns = {name for owner, name in made if owner == model}
    whole = columns >= set(state.models[app, model].fields)
    if whole or (named and named <= columns):
        return ""
    return "what the version before writes may break it"


def _never(*_given: _Django) -> str:
    return ""


def _always(*_given: _Django) -> str:
    return "the version before still uses it"


_JUDGES: Final[dict[type, Callable[..., str]]] = {
    ops.CreateModel: _makes,
    ops.AddField: _adds,
    ops.AlterField: _alters,
    ops.AddConstraint: _constrains,
    ops.AddIndex: _never,
    ops.RenameIndex: _never,
    ops.RemoveIndex: _never,
    ops.RemoveConstraint: _never,
    ops.AlterModelOptions: _never,
    ops.AlterModelManagers: _never,
    ops.AlterModelTableComment: _never,
    ops.RemoveField: _always,
    ops.DeleteModel: _always,
    ops.RenameField: _always,
    ops.RenameModel: _always,
    ops.AlterModelTable: _always,
    ops.AlterUniqueTogether: _always,
    ops.AlterOrderWithRespectTo: _always,
}


def tables_of(migration: Migration, before: ProjectState) -> set[str]:
    """Return the tables, of those that are there, which a migration touches."""
    found = set()
    for operation in migration.operations:
        name = getattr(operation, "model_name_lower", None) or getattr(
            operation, "old_name_lower", None
        )
        model = before.models.get(
            (migration.app_label, name or getattr(operation, "name_lower", ""))
        )
        if model is not None:
            found.add(
                str(model.options.get("db_table") or f"{migration.app_label}_{model.name_lower}")
            )
    with connection.cursor() as cursor:
        return found & set(connection.introspection.table_names(cursor))
