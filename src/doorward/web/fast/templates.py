"""The globals of Jinja's templates: one plain dict, since all of them have the same.

Jinja chains a template's own before the environment's, copies the chain for every page, and compares its names
wherever a page imports a macro. Measured in one process, CPU: 0.1 ms, 12 % of *Home* and 19 % of the sign-in page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment

if TYPE_CHECKING:
    from collections.abc import MutableMapping


class PlainGlobals(Environment):
    """An environment whose globals are all there before its first template is read."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return a plain dict of the environment's, and of a template's own."""
        return {**self.globals, **(d or {})}
