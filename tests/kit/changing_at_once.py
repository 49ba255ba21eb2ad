"""Two requests at the same moment: real threads, real transactions, on whichever database is tested."""

from __future__ import annotations

from django.utils import timezone

from doorward.accounts import services


def change(person, wanted, actor):
    return services.change(
        person.id, wanted, customer=person.customer, actor=actor, now=timezone.now()
    )
