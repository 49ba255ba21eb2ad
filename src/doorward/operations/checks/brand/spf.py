"""Whether receivers can tell that a brand's mail is the brand's: SPF of its sender's domain."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from doorward.operations.checks.brand import spf_records
from doorward.operations.checks.brand.name_system import NotAnswered
from doorward.operations.checks.brand.spf_records import Fault, SpfFault, Term, Walk
from doorward.operations.checks.finding import Finding, Record, advice, fine, unfit

if TYPE_CHECKING:
    from doorward.operations.checks.brand.name_system import NameSystem

_SPF: Final = "spf"


@dataclass(frozen=True, slots=True)
class Sender:
    """The domain that mail comes from, and the host that Doorward gives it to; "" where it is this machine."""

    domain: str
    mail_host: str

    @property
    def names_host(self) -> str:
        """The term that allows the host."""
        return f"a:{self.mail_host}" if self.mail_host else "mx"


def look(sender: Sender, names: NameSystem) -> Finding:
    """Return what is so with the SPF record. Raises `NotAnswered`."""
    # Answers come in any order.
    found = sorted(spf_records.records_of(names.texts(sender.domain)))
    if not found:
        return unfit(
            _SPF,
            _("%(domain)s has no SPF record: anybody may send mail in its name.") % _of(sender),
            _("Create this record. Add what your mail provider asks for, for example include:…")
            + _behind(sender),
            _record(sender, [sender.names_host], "~all"),
        )
    if len(found) > 1:
        terms = dict.fromkeys(text for one in found for text in one.split()[1:])
        kept = [text for text in terms if text.lower().lstrip("+-~?") != "all"]
        return unfit(
            _SPF,
            _("%(domain)s has %(number)s SPF records, so receivers use none of them.")
            % _of(sender, number=len(found)),
            _("Replace them with this one."),
            _record(sender, kept, "~all"),
        )
    return _read(sender, found[0], names)


def _read(sender: Sender, record: str, names: NameSystem) -> Finding:
    terms, walk = spf_records.parse(record), Walk(names)
    kept, wrong = [], None
    for term in terms:
        if not term.name:
            return _unreadable(sender, record, term)
        try:
            walk.follow(term, sender.domain)
        except SpfFault as fault:
            if fault.fault is Fault.SYNTAX:
                return _unreadable(sender, record, term)
            wrong = wrong or (fault.fault, term)
            # A term that asks for nothing is still counted in; one that does is left out from here on.
            continue
        kept.append(term)
    if wrong:
        return _useless(sender, *wrong, kept)
    return _of_use(sender, terms, walk)


def _unreadable(sender: Sender, record: str, term: Term) -> Finding:
    left = [text for text in record.split()[1:] if text != term.text]
    return unfit(
        _SPF,
        _("%(term)s in the SPF record of %(domain)s cannot be read, so receivers use none of it.")
        % _of(sender, term=term.text),
        _("Correct it, or leave it out as in this record."),
        Record(sender.domain, "TXT", " ".join(["v=spf1", *left])),
    )


def _useless(sender: Sender, fault: Fault, term: Term, kept: list[Term]) -> Finding:
    what = {
        Fault.TOO_MANY: _(
            "The SPF record of %(domain)s needs more than %(most)s look-ups, so receivers use none of it."
        ),
        Fault.VOID: _(
            "More than %(void)s names in the SPF record of %(domain)s lead nowhere, so receivers use none of it."
        ),
        Fault.INCLUDED: _(
            "%(term)s in the SPF record of %(domain)s has no SPF record that can be read, so receivers use none of it."
        ),
    }[fault]
    named = _of(sender, term=term.text, most=spf_records.MOST_LOOKUPS, void=spf_records.MOST_VOID)
    return unfit(
        _SPF,
        what % named,
        _("Remove what is not needed. This record leaves out what does not work, from %(term)s on.")
        % named,
        Record(sender.domain, "TXT", " ".join(["v=spf1", *(one.text for one in kept)])),
    )


def _of_use(sender: Sender, terms: list[Term], walk: Walk) -> Finding:
    said = [one.text for one in terms if one.name != "all"]
    end = next((one for one in terms if one.name == "all"), None)
    strict = end.sign in {"-", "~"} if end else any(one.name == "redirect" for one in terms)
    if not strict:
        return _open_to_others(sender, said, end)
    if not _names_host(sender, walk):
        return advice(
            _SPF,
            _(
                "The SPF record of %(domain)s does not name %(host)s, where Doorward delivers its mail."
            )
            % _of(sender),
            _("If that server sends mail to the internet itself, add it."),
            _record(sender, [sender.names_host, *said], end.text if end else ""),
        )
    return fine(
        _SPF,
        _("The SPF record of %(domain)s says who may send, with %(number)s of %(most)s look-ups.")
        % _of(sender, number=walk.lookups, most=spf_records.MOST_LOOKUPS),
    )


def _open_to_others(sender: Sender, said: list[str], end: Term | None) -> Finding:
    do, record = _("Let it end with ~all, or with -all."), _record(sender, said, "~all")
    if end and end.sign == "+":
        anybody = _("The SPF record of %(domain)s ends with %(term)s, which lets anybody send.")
        return unfit(_SPF, anybody % _of(sender, term=end.text), do, record)
    others = _("The SPF record of %(domain)s does not say what to do with other senders.")
    return advice(_SPF, others % _of(sender), do, record)


def _names_host(sender: Sender, walk: Walk) -> bool:
    """Return whether the record allows an address of the mail server, or there is none to tell it by."""
    try:
        addresses = walk.names.addresses(sender.mail_host) if sender.mail_host else ()
    except NotAnswered:
        return True
    return not addresses or any(
        ip_address(one) in network for one in addresses for network in walk.networks
    )


def _behind(sender: Sender) -> str:
    return "" if sender.mail_host else " " + _("“mx” stands for the servers that receive its mail.")


def _record(sender: Sender, terms: list[str], end: str) -> Record:
    return Record(sender.domain, "TXT", " ".join(filter(None, ["v=spf1", *terms, end])))


def _of(sender: Sender, **more: object) -> dict[str, object]:
    return {"domain": sender.domain, "host": sender.mail_host, **more}
