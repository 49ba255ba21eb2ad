"""What is raised where somebody has no right, or has not confirmed just now who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doorward.permissions.actions import Action


class NotAuthorised(Exception):
    """Who acts has no right to this action now, so nothing was done.

    No refusal that a form could show: the gate asks the same before a page, so the right was lost in the meantime,
    or a page forgot to ask. Each adapter answers as its gate does (403).
    """

    def __init__(self, action: Action) -> None:
        super().__init__(action.key)
        self.action = action


class ReauthenticationDue(Exception):
    """What was asked for wants a younger reauthentication than the rest of its form, so nothing was done.

    No refusal that a form could show: the adapter asks who they are, then for the same again.
    """

    def __init__(self, action: Action) -> None:
        super().__init__(action.key)
        self.action = action
