"""The page of the evidence pack: its period, and the ZIP."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from doorward.customers import services
from doorward.customers.tabs import ACCOUNT
from doorward.gate.requirement import Need
from doorward.kernel.errors import MustWait, Refusal
from doorward.operations.evidence import making, period
from doorward.permissions.actions import Action
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render
from doorward.web.http.requests import acting, signed_in
from doorward.web.http.streaming import give_made
from doorward.web.kit.fields import plain_field
from doorward.web.kit.forms import NOTHING, Wrong, read, wrong

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

    from doorward.operations.evidence.period import Period
    from doorward.web.http.requests import Request
    from doorward.web.kit.fields import Field

MAKE = Need.of(Action.MAKE_EVIDENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodForm:
    """The first day and the last one, as they were typed."""

    first_day: str
    last_day: str


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """The form, with the last quarter in it."""

    customer: str
    zone: str
    fields: dict[str, Field]
    wrong: Wrong


@needs(replace(MAKE, fresh=None), post=MAKE)
@both
def evidence(request: Request) -> HttpResponseBase:
    """Show what an evidence pack is; a POST makes one, and gives it."""
    zone = timezone.get_current_timezone_name()
    if request.method != "POST":
        usual = period.last_quarter(zone=zone, now=request.now)
        return _page(
            request, PeriodForm(first_day=usual.first.isoformat(), last_day=usual.last.isoformat())
        )
    form = read(request, PeriodForm)
    try:
        wanted = period.read(form.first_day, form.last_day, zone=zone, now=request.now)
        return _give(request, wanted)
    except MustWait:
        raise
    except Refusal as refusal:
        return _page(request, form, wrong(refusal, PeriodForm))


def _give(request: Request, wanted: Period) -> HttpResponseBase:
    customer = services.get(signed_in(request).customer_id)
    make = partial(making.make, customer, wanted, actor=acting(request), now=request.now)
    days = f"{wanted.first.isoformat()}-{wanted.last.isoformat()}"
    return give_made(request, make, filename=f"evidence-{days}.zip")


def _page(request: Request, form: PeriodForm, found: Wrong = NOTHING) -> HttpResponseBase:
    me = signed_in(request)
    if ACCOUNT in me.tab_keys:
        request.tab = ACCOUNT
    latest = timezone.localtime(request.now).date().isoformat()
    fields = {
        name: plain_field(
            name,
            label,
            kind="date",
            value=getattr(form, name),
            max=latest,
            required=True,
            errors=found.at(name),
        )
        for name, label in (("first_day", _("First day")), ("last_day", _("Last day")))
    }
    zone = timezone.get_current_timezone_name()
    page = EvidencePage(me.customer_name, zone, fields, found)
    return render(request, "account/evidence.html", page, wrong=found)
