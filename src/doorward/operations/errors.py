"""What is refused of taking a customer's data along: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class HistoryUnreadable(Refusal):
    """Somebody changed a row of history so that it cannot even be read."""

    sentence = _(
        "The history was changed so that it cannot be read. Whoever runs the portal finds out where with "
        "“doorward history verify”."
    )
