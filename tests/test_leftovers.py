"""What a test may leave in its process is declared, and the rest is forgotten after each."""

from __future__ import annotations

import importlib
import pkgutil
from enum import Enum
from functools import _lru_cache_wrapper
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from weakref import WeakValueDictionary

import click

import doorward
from doorward.kernel.db import hot_queries
from doorward.web.http import streaming
from tests.kit import leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

CONTAINERS = (dict, list, set, WeakValueDictionary)
# A statement is written once for each database; a command is made when its module is read.
MADE_ONCE = (
    hot_queries.HotInsert,
    hot_queries.HotQuery,
    hot_queries.HotUpdate,
    click.Command,
)


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(doorward.__path__, "doorward."):
        if ".migrations" not in found.name and not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def remembers(name: str, value: Any) -> bool:
    """Whether it can hold what was not there when its module was read; capitals say that it does not."""
    if isinstance(value, _lru_cache_wrapper):
        return value.__module__.startswith("doorward.")
    if name.strip("_").isupper() or name.startswith("__") or name == "urlpatterns":
        return False
    if isinstance(value, (type, Enum, *MADE_ONCE)):
        return False
    return isinstance(value, CONTAINERS) or _is_changeable(type(value))


def _is_changeable(kind: type[Any]) -> bool:
    dataclass = getattr(kind, "__dataclass_params__", None)
    return kind.__module__.startswith("doorward.") and not (dataclass and dataclass.frozen)


def test_whatever_a_process_remembers_is_declared() -> None:
    declared = [*leftovers.FORGOTTEN, *leftovers.CLEARED, *leftovers.THE_SAME]
    declared += [has() for _module, has in leftovers.BY_THEMSELVES]
    known = {id(one) for one in declared}
    found = [
        f"{module.__name__}.{name}"
        for module in modules()
        for name, value in vars(module).items()
        if remembers(name, value) and id(value) not in known
    ]
    assert found == []


def test_an_export_that_nobody_read_is_not_under_way_in_the_next_test() -> None:
    person = uuid4()
    unread = streaming.UnderWay(iter(()), whose=person)
    leftovers.forget()
    next_one = streaming.UnderWay(iter(()), whose=person)
    unread.close()
    assert streaming._of[person] is next_one
