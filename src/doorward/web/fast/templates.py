"""Jinja's templates with what ours never use left out, and nothing else changed.

- Globals are one plain dict, since all templates have the same. Jinja chains a template's own before the environment's,
  copies the chain for every page, and compares its names wherever a page imports a macro: 0.1 ms, 12 % of *Home* and
  19 % of the sign-in page.
- What is called by its name is called, and what is markup already is written as it is. Jinja looks at each callable
  for what it wants handed to it besides, and makes the same markup again: 5 % of *Home*, 6 % of the list of people.

Measured in one process, CPU.
"""

from __future__ import annotations

from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from jinja2.compiler import Frame


class PlainCode(CodeGenerator):
    """What writes a template's Python."""

    def visit_Call(  # noqa: N802 - named by Jinja, as all of it
        self,
        node: nodes.Call,
        frame: Frame,
        forward_caller: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Write a call; of a macro or a function of ours as it stands."""
        if forward_caller or not self._is_plain(node):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for value in (*node.args, *node.kwargs):
            self.visit(value, frame)
            self.write(", ")
        self.write(")")

    def _is_plain(self, node: nodes.Call) -> bool:
        if not isinstance(node.node, nodes.Name) or node.dyn_args or node.dyn_kwargs:
            return False
        called = self.environment.globals.get(node.node.name)
        # Jinja's own texts want the context.
        return not hasattr(called, "jinja_pass_arg") and not any(
            iskeyword(one.key) for one in node.kwargs
        )

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:  # noqa: ANN401 - Jinja's own
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            self.write("(said if type(said := (")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:  # noqa: ANN401
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            self.write(")) is Markup else escape(said))")
        else:
            super()._output_child_post(node, frame, finalize)


class PlainTemplates(Environment):
    """An environment whose globals are all there before its first template is read."""

    code_generator_class = PlainCode

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return a plain dict of the environment's, and of a template's own."""
        return {**self.globals, **(d or {})}
