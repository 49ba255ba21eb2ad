"""A brand is looked at: where its host names lead, who answers there, and whether its mail is believed."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.utils import timezone, translation

from doorward.audit.actor import CONSOLE
from doorward.cli.base import main
from doorward.customers import brands, cached
from doorward.customers.models import Brand
from doorward.customers.tabs import BRANDS
from doorward.kernel.errors import MustWait, NotFound
from doorward.operations.checks.brand import check, host_names, kept, spf_records
from doorward.operations.checks.brand.host_names import Doors
from doorward.operations.checks.brand.name_system import NameSystem
from doorward.permissions.errors import NotAuthorised
from doorward.permissions.staff_scope import Reach, Scope
from tests.kit import browsers, nameserver, people, staff, tls

# Of rows it reads a brand; it is about names.
pytestmark = pytest.mark.one_database

HOST = "portal.harbour.example"
DOMAIN = "harbour.example"
MAIL = "mail.harbour.example"
PUBLIC = "portal.northline.example"
REPORTS = "v=DMARC1; p=reject; rua=mailto:d@harbour.example"


@pytest.fixture
def names():
    with nameserver.serving() as served:
        yield served


@pytest.fixture
def installation(settings):
    """Be one on the internet that gives its mail to a server of the brand's domain."""

    def change(**values):
        settings.DOORWARD = settings.DOORWARD.model_copy(update=values)

    change(
        public_url=f"https://{PUBLIC}",
        private_hosts=True,
        email_url=f"smtp://user:hidden@{MAIL}:587",
        email_from="",
    )
    return change


@pytest.fixture
def brand(db, installation):
    people.provider()
    made = Brand.objects.create(
        name="Harbour",
        issuer="Harbour",
        hosts=[HOST],
        confirmed_hosts={HOST: timezone.now().isoformat()},
        email_from=f"hello@{DOMAIN}",
    )
    cached.forget()
    return made


def look(brand, *, port=1, selector="", actor=CONSOLE):
    doors = Doors(timezone.now(), port=port, trust=tls.authority().trusted())
    return {one.check: one for one in check.look(brand.id, selector, actor=actor, doors=doors)}


def said(finding):
    record = finding.record
    return finding.verdict, record and f"{record.name} {record.type} {record.value}"


# --- host names -----------------------------------------------------------------------------------


def test_a_name_that_leads_nowhere_is_to_lead_where_the_portal_is(brand, names):
    names.put(PUBLIC, "A", "203.0.113.9", "93.184.215.14")
    found = look(brand)
    assert said(found["addresses"]) == ("unfit", f"{HOST} A 93.184.215.14")
    assert "certificate" not in found


def test_where_that_is_not_known_the_record_says_so(brand, names):
    assert said(look(brand)["addresses"]) == ("unfit", f"{HOST} A the proxy's address")


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("A", "127.0.0.1"),
        ("A", "10.1.2.3"),
        ("A", "169.254.169.254"),
        ("AAAA", "fd00::7"),
        ("AAAA", "::1"),
    ],
)
def test_a_private_address_is_named_and_not_contacted(
    brand, names, installation, tmp_path, kind, address
):
    installation(private_hosts=False)
    names.put(HOST, kind, address)
    with tls.serving(tls.certificate(tmp_path, HOST, days=60)) as port:
        found = look(brand, port=port)
    assert found["addresses"].verdict == "unfit"
    assert address in found["addresses"].what
    assert "certificate" not in found


def test_one_that_nobody_confirmed_has_the_record_that_would(brand, names):
    Brand.objects.filter(id=brand.id).update(confirmed_hosts={})
    cached.forget()
    verdict, record = said(look(brand)["host"])
    assert verdict == "unfit"
    assert record.startswith(f"_doorward.{HOST} TXT doorward-host=")


def test_no_host_name_at_all_is_said(brand, names):
    Brand.objects.filter(id=brand.id).update(hosts=[])
    cached.forget()
    assert look(brand)["addresses"].verdict == "advice"


@pytest.mark.parametrize(
    ("made", "verdict", "words"),
    [
        ({"host": HOST, "days": 60}, "fine", "from Harbour Authority, is valid for 60 more days"),
        ({"host": HOST, "days": 14}, "fine", "14 more days"),
        ({"host": HOST, "days": 13}, "advice", "13 more days"),
        ({"host": HOST, "days": -2}, "unfit", "expired on"),
        ({"host": "portal.other.example", "days": 60}, "unfit", "is for portal.other.example"),
        ({"host": HOST, "days": 60, "self_signed": True}, "unfit", "self-signed, so browsers"),
    ],
)
def test_a_certificate_is_read(brand, names, tmp_path, made, verdict, words):
    names.put(HOST, "A", "127.0.0.1")
    with tls.serving(tls.certificate(tmp_path, **made)) as port:
        found = look(brand, port=port)["certificate"]
    assert (found.verdict, words in found.what) == (verdict, True), found.what


def test_one_of_an_authority_that_nobody_knows_is_none(brand, names, tmp_path):
    names.put(HOST, "A", "127.0.0.1")
    with tls.serving(tls.certificate(tmp_path, HOST, days=60)) as port:
        doors = Doors(timezone.now(), port=port)
        found = check.look(brand.id, "", actor=CONSOLE, doors=doors)
    [one] = [one for one in found if one.check == "certificate"]
    assert one.verdict == "unfit"
    assert "does not lead to an authority" in one.what


def test_nobody_there_is_said(brand, names):
    names.put(HOST, "A", "127.0.0.1")
    found = look(brand)["certificate"]
    assert found.verdict == "unfit"
    assert "Nobody answers" in found.what


def test_who_keeps_us_waiting_is_cut_off(brand, names, monkeypatch):
    names.put(HOST, "A", "127.0.0.1")
    monkeypatch.setattr(check, "SECONDS", 1.0)
    with tls.serving(None) as port:
        assert "Nobody answers" in look(brand, port=port)["certificate"].what


def test_each_address_is_waited_for_no_longer_than_its_share(monkeypatch):
    monkeypatch.setattr(host_names, "_SECONDS", 0.3)
    began = time.monotonic()
    with tls.serving(None) as port:
        doors = Doors(timezone.now(), port=port, trust=tls.authority().trusted())
        found = host_names.look_at_certificate(HOST, ("127.0.0.1",), doors, ends=began + 60)
    assert "Nobody answers" in found.what
    assert time.monotonic() - began < 30, "not what all of it has"


def test_the_worst_of_two_addresses_counts_and_no_third_is_asked(tmp_path):
    with tls.serving(tls.certificate(tmp_path, HOST, days=60)) as port:
        doors = Doors(timezone.now(), port=port, trust=tls.authority().trusted())

        def verdict(*addresses, ends=60):
            until = time.monotonic() + ends
            return host_names.look_at_certificate(HOST, addresses, doors, ends=until).verdict

        assert verdict("127.0.0.1", "127.0.0.1", "127.0.0.9") == "fine"
        assert verdict("127.0.0.1", "127.0.0.9") == "unfit"
        assert verdict("127.0.0.1", ends=-1) == "advice"


def test_five_host_names_are_looked_at_and_the_others_named(brand, names):
    several = [f"p{number}.harbour.example" for number in range(7)]
    Brand.objects.filter(id=brand.id).update(hosts=several)
    cached.forget()
    doors = Doors(timezone.now(), port=1)
    found = check.look(brand.id, "", actor=CONSOLE, doors=doors)
    [rest] = [one.what for one in found if "in time" in one.what]
    assert rest.startswith(", ".join(several[5:]))
    assert not {name for name, _kind in names.asked} & set(several[5:])


def test_what_is_left_when_time_is_up_is_said(brand, names, monkeypatch):
    monkeypatch.setattr(check, "SECONDS", 0.3)
    names.silent |= {DOMAIN}
    found = look(brand)
    for one in ("spf", "dkim", "dmarc", "addresses"):
        assert (found[one].verdict, "in time" in found[one].what) == ("advice", True)
    assert [name for name, _kind in names.asked] == [DOMAIN]


def test_only_the_own_names_are_asked_and_at_one_port(brand):
    assert Doors(timezone.now()).port == 443


# --- SPF ------------------------------------------------------------------------------------------


def spf_of(brand, names, *texts, host="93.184.215.14"):
    names.put(MAIL, "A", host)
    if texts:
        names.put(DOMAIN, "TXT", *(f'"{text}"' for text in texts))
    return look(brand)["spf"]


@pytest.mark.parametrize(
    ("texts", "verdict", "record"),
    [
        ([], "unfit", f"v=spf1 a:{MAIL} ~all"),
        (["v=spf10 -all"], "unfit", f"v=spf1 a:{MAIL} ~all"),
        ([f"v=spf1 a:{MAIL} -all"], "fine", None),
        (["V=SPF1 IP4:93.184.215.0/24 ~ALL"], "fine", None),
        ([f"v=spf1 mx a:{MAIL} -all", "google-site-verification=x"], "fine", None),
        (
            [f"v=spf1 a:{MAIL}", "v=spf1 ip4:93.184.216.1 -all"],
            "unfit",
            f"v=spf1 a:{MAIL} ip4:93.184.216.1 ~all",
        ),
        (
            [f"v=spf1 a:{MAIL} include:mail.firewall -all", "v=spf1 ?all"],
            "unfit",
            f"v=spf1 a:{MAIL} include:mail.firewall ~all",
        ),
        ([f"v=spf1 a:{MAIL}/abc -all"], "unfit", "v=spf1 -all"),
        (
            [f"v=spf1 a:{MAIL} a:{MAIL}/24//129 mx/x -all"],
            "unfit",
            f"v=spf1 a:{MAIL} a:{MAIL}/24//129 -all",
        ),
        ([f"v=spf1 a:{MAIL} +all"], "unfit", f"v=spf1 a:{MAIL} ~all"),
        ([f"v=spf1 a:{MAIL} all"], "unfit", f"v=spf1 a:{MAIL} ~all"),
        ([f"v=spf1 a:{MAIL} ?all"], "advice", f"v=spf1 a:{MAIL} ~all"),
        ([f"v=spf1 a:{MAIL}"], "advice", f"v=spf1 a:{MAIL} ~all"),
        ([f"v=spf1 a:{MAIL} ip4:1.2.3 -all"], "unfit", f"v=spf1 a:{MAIL} -all"),
        ([f"v=spf1 ipv4:1.2.3.4 a:{MAIL} -all"], "unfit", f"v=spf1 a:{MAIL} -all"),
        ([f"v=spf1 a:{MAIL} ip6:1.2.3.4 -all"], "unfit", f"v=spf1 a:{MAIL} -all"),
        ([f"v=spf1 a:{MAIL} include: -all"], "unfit", f"v=spf1 a:{MAIL} -all"),
        ([f"v=spf1 a:{MAIL} include:nobody.example -all"], "unfit", f"v=spf1 a:{MAIL} -all"),
        (["v=spf1 ip4:93.184.216.1 -all"], "advice", f"v=spf1 a:{MAIL} ip4:93.184.216.1 -all"),
        (["v=spf1 -ip4:93.184.215.14 -all"], "advice", f"v=spf1 a:{MAIL} -ip4:93.184.215.14 -all"),
    ],
)
def test_a_senders_record_is_read_as_a_receiver_would(brand, names, texts, verdict, record):
    names.put(DOMAIN, "MX", f"10 {MAIL}.")
    found = spf_of(brand, names, *texts)
    assert said(found) == (verdict, record and f"{DOMAIN} TXT {record}"), found.what


def test_ten_lookups_are_allowed_and_one_more_makes_it_useless(brand, names):
    for number in range(12):
        names.put(f"s{number}.example", "TXT", '"v=spf1 ip4:93.184.216.1 -all"')
    ten = " ".join(f"include:s{number}.example" for number in range(9))
    assert spf_of(brand, names, f"v=spf1 a:{MAIL} {ten} -all").verdict == "fine"
    found = spf_of(brand, names, f"v=spf1 a:{MAIL} {ten} include:s9.example ip4:93.184.216.2 -all")
    kept = f"v=spf1 a:{MAIL} {ten} ip4:93.184.216.2 -all"
    assert said(found) == ("unfit", f"{DOMAIN} TXT {kept}")
    assert "more than 10" in found.what


def test_what_is_included_is_counted_in_and_a_circle_ends(brand, names):
    names.put("one.example", "TXT", '"v=spf1 include:two.example -all"')
    names.put("two.example", "TXT", '"v=spf1 include:one.example -all"')
    found = spf_of(brand, names, f"v=spf1 a:{MAIL} include:one.example -all")
    assert (found.verdict, "more than 10" in found.what) == ("unfit", True)
    assert len([1 for name, _kind in names.asked if name in {"one.example", "two.example"}]) == 9


def test_two_names_may_lead_nowhere_and_a_third_makes_it_useless(brand, names):
    nowhere = [f"a:n{number}.example" for number in range(3)]
    found = spf_of(brand, names, f"v=spf1 a:{MAIL} {' '.join(nowhere[:2])} -all")
    assert found.verdict == "fine"
    found = spf_of(brand, names, f"v=spf1 a:{MAIL} {' '.join(nowhere)} -all")
    assert (found.verdict, "lead nowhere" in found.what) == ("unfit", True)


def test_a_term_without_a_host_means_the_domain_itself(brand, names):
    names.put(DOMAIN, "A", "93.184.215.14")
    assert spf_of(brand, names, "v=spf1 a -all").verdict == "fine"
    names.put(DOMAIN, "A", "93.184.215.15")
    assert spf_of(brand, names, "v=spf1 a -all").verdict == "advice"


def test_ten_servers_may_receive_a_domains_mail_and_not_one_more(brand, names):
    names.put("ten.example", "MX", *(f"10 {MAIL}." for _ in range(10)))
    assert spf_of(brand, names, "v=spf1 mx:ten.example -all").verdict == "fine"
    names.put("more.example", "MX", *(f"{number} x{number}.example." for number in range(11)))
    found = spf_of(brand, names, "v=spf1 mx:more.example -all")
    assert (found.verdict, "more than 10" in found.what) == ("unfit", True)


@pytest.mark.parametrize(
    "included", ["v=spf1 ipv4:93.184.216.1 -all", "v=spf1 include:nobody.example -all"]
)
def test_what_is_included_has_to_be_readable_itself(brand, names, included):
    names.put("one.example", "TXT", f'"{included}"')
    found = spf_of(brand, names, f"v=spf1 a:{MAIL} include:one.example -all")
    assert said(found) == ("unfit", f"{DOMAIN} TXT v=spf1 a:{MAIL} -all")
    assert "include:one.example" in found.what


def test_an_include_that_leads_nowhere_is_one_of_the_two_that_may(names):
    walk = spf_records.Walk(NameSystem(ends=time.monotonic() + 5, most=5))
    faults = []
    for term in spf_records.parse("v=spf1 include:a.example include:b.example include:c.example"):
        with pytest.raises(spf_records.SpfFault) as raised:
            walk.follow(term, DOMAIN)
        faults.append(raised.value.fault.value)
    assert faults == ["included", "included", "void"]


def test_what_somebody_elses_record_asks_for_is_bounded(brand, names):
    """Ten exchanges of ten addresses each: the name system is asked sixty times at most."""
    for host in range(10):
        names.put(f"m{host}.example", "MX", *(f"10 x{host}{one}.example." for one in range(10)))
    terms = " ".join(f"mx:m{host}.example" for host in range(10))
    found = spf_of(brand, names, f"v=spf1 {terms} -all")
    assert found.verdict in {"advice", "unfit"}
    assert len(names.asked) <= 60


def test_a_redirect_counts_only_without_all(names):
    ignored = [
        term.name for term in spf_records.parse("v=spf1 redirect=a.example -all exp=x.example")
    ]
    assert ignored == ["all"]
    assert [term.name for term in spf_records.parse("v=spf1 redirect=a.example")] == ["redirect"]


def test_macros_are_counted_and_not_asked_for(names):
    walk = spf_records.Walk(NameSystem(ends=time.monotonic() + 5, most=5))
    for term in spf_records.parse("v=spf1 exists:%{i}.x.example include:%{d}.y.example ptr -all"):
        walk.follow(term, DOMAIN)
    assert (walk.lookups, names.asked) == (3, [])


# --- DKIM and DMARC -------------------------------------------------------------------------------


def key(bits):
    public = rsa.generate_private_key(65537, bits).public_key()
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


def put_text(names, name, text):
    # A string of a TXT record has 255 characters at most.
    names.put(name, "TXT", " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250)))


def test_without_a_selector_it_is_told_whether_there_is_any_key(brand, names):
    assert said(look(brand)["dkim"]) == (
        "unfit",
        f"mail._domainkey.{DOMAIN} TXT v=DKIM1; k=rsa; p=…",
    )
    names.put(f"s1._domainkey.{DOMAIN}", "TXT", '"v=DKIM1; p=x"')
    assert look(brand)["dkim"].verdict == "advice"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("", "unfit"),
        ("v=DKIM1; p=", "unfit"),
        ("v=DKIM1; k=rsa; p=bm90IGEga2V5", "unfit"),
        ("v=DKIM1; k=rsa; p=not base64!", "unfit"),
        (f"v=DKIM1; k=ed25519; p={base64.b64encode(b'x' * 32).decode()}", "fine"),
        (f"v=DKIM1; k=ed25519; p={base64.b64encode(b'x' * 31).decode()}", "unfit"),
        (f"v=DKIM1; k=ed25519; t=y:s; p={base64.b64encode(b'x' * 32).decode()}", "advice"),
        (1024, "advice"),
        (2048, "fine"),
    ],
)
def test_a_key_is_read(brand, names, text, verdict):
    where = f"s1._domainkey.{DOMAIN}"
    if text:
        put_text(names, where, text if isinstance(text, str) else f"v=DKIM1; k=rsa; p={key(text)}")
    found = look(brand, selector=" s1 ")["dkim"]
    assert found.verdict == verdict, found.what
    assert (found.record is None) == (verdict == "fine")


def test_a_key_without_anything_in_it_was_revoked(brand, names):
    names.put(f"s1._domainkey.{DOMAIN}", "TXT", '"v=DKIM1; p="')
    assert "was revoked" in look(brand, selector="s1")["dkim"].what


@pytest.mark.parametrize("selector", ["a b", "-", "..", "x" * 64, "ä", "a/b"])
def test_what_is_no_selector_is_not_asked_for(brand, names, selector):
    assert "not a DKIM selector" in look(brand, selector=selector)["dkim"].what
    assert not [name for name, _kind in names.asked if "domainkey" in name]


@pytest.mark.parametrize(
    ("records", "verdict", "record"),
    [
        (
            {},
            "unfit",
            f"_dmarc.{DOMAIN} TXT v=DMARC1; p=quarantine; rua=mailto:postmaster@{DOMAIN}",
        ),
        ({DOMAIN: [REPORTS]}, "fine", None),
        ({DOMAIN: ["v=DMARC1;p=quarantine"]}, "fine", None),
        (
            {DOMAIN: ["v=DMARC1; p=none; rua=mailto:d@x.example"]},
            "advice",
            f"_dmarc.{DOMAIN} TXT v=DMARC1; p=quarantine; rua=mailto:d@x.example",
        ),
        (
            {DOMAIN: ["v=DMARC1; p=everything"]},
            "unfit",
            f"_dmarc.{DOMAIN} TXT v=DMARC1; p=quarantine",
        ),
        (
            {DOMAIN: [REPORTS, "v=DMARC1; p=none"]},
            "unfit",
            f"_dmarc.{DOMAIN} TXT v=DMARC1; p=quarantine; rua=mailto:postmaster@{DOMAIN}",
        ),
        (
            {DOMAIN: ["v=DMARC12; p=reject"]},
            "unfit",
            f"_dmarc.{DOMAIN} TXT v=DMARC1; p=quarantine; rua=mailto:postmaster@{DOMAIN}",
        ),
    ],
)
def test_the_policy_is_read(brand, names, records, verdict, record):
    for domain, texts in records.items():
        names.put(f"_dmarc.{domain}", "TXT", *(f'"{text}"' for text in texts))
    assert said(look(brand)["dmarc"]) == (verdict, record)


def test_a_policy_above_counts_and_says_what_is_asked_of_those_below(brand, names):
    Brand.objects.filter(id=brand.id).update(email_from=f"hello@mail.portal.{DOMAIN}")
    cached.forget()
    names.put(f"_dmarc.{DOMAIN}", "TXT", '"v=DMARC1; p=reject; sp=none"')
    assert said(look(brand)["dmarc"]) == (
        "advice",
        f"_dmarc.{DOMAIN} TXT v=DMARC1; p=reject; sp=quarantine",
    )
    assert "_dmarc.example" not in {name for name, _kind in names.asked}


# --- who may look ---------------------------------------------------------------------------------


def test_whoever_has_brands_sees_it_on_a_page_and_nobody_else(brand, names):
    theo = staff.member("theo@provider.example", tabs={"home", BRANDS})
    browser = browsers.sign_in(Client(HTTP_HOST=PUBLIC, HTTP_USER_AGENT=people.CHROME), theo)
    address = f"/brands/{brand.id}/findings/"
    before = browser.get(address).content.decode()
    assert names.asked == []
    assert "own host names at port 443" in before
    led = browser.post(address, {"selector": "s1"})
    assert (led.status_code, led["Location"]) == (303, address)
    asked = len(names.asked)
    after = browser.get(address).content.decode()
    assert (len(names.asked), 'value="s1"' in after) == (asked, True)
    for told in ("SPF", f"v=spf1 a:{MAIL} ~all", f"s1._domainkey.{DOMAIN}", f"_dmarc.{DOMAIN}"):
        assert told in after, told
    nora = staff.member("nora@provider.example", tabs={"home", "customers"})
    asked = len(names.asked)
    with pytest.raises(NotAuthorised):
        look(brand, actor=people.actor(nora))
    assert len(names.asked) == asked


def last(brand):
    found = kept.last(brand)
    assert found
    return found


def test_what_was_found_stays_until_somebody_looks_again(brand, names):
    assert kept.last(brand) is None
    first = check.look(brand.id, " s1 ", actor=CONSOLE, doors=Doors(timezone.now(), port=1))
    looked = last(brand)
    assert (looked.findings, looked.selector, looked.language) == (first, "s1", "en")
    assert looked.to_do == sum(one.verdict == "unfit" for one in first) > 0
    names.put(f"_dmarc.{DOMAIN}", "TXT", f'"{REPORTS}"')
    later = timezone.now() + timedelta(hours=1)
    with translation.override("de"):
        second = check.look(brand.id, "", actor=CONSOLE, doors=Doors(later, port=1))
    looked = last(brand)
    assert (looked.findings, looked.at, looked.language) == (second, later, "de")
    assert second != first
    assert not looked.since_changed
    Brand.objects.filter(id=brand.id).update(version=brand.version + 1)
    assert last(brands.get(brand.id)).since_changed


def test_a_brand_s_page_says_how_much_its_last_check_found(brand, names):
    theo = staff.member("theo@provider.example", tabs={"home", BRANDS})
    browser = browsers.sign_in(Client(HTTP_HOST=PUBLIC, HTTP_USER_AGENT=people.CHROME), theo)
    assert "to fix" not in browser.get(f"/brands/{brand.id}/").content.decode()
    number = sum(one.verdict == "unfit" for one in look(brand).values())
    assert f"{number} things to fix" in browser.get(f"/brands/{brand.id}/").content.decode()


def test_one_brand_at_a_time(brand, names):
    assert check._ONE.acquire(blocking=False)
    try:
        with pytest.raises(MustWait):
            look(brand)
    finally:
        check._ONE.release()
    assert names.asked == []


def test_at_the_console_it_is_told_with_the_records(brand, names):
    found = CliRunner().invoke(main, ["check", "--brand", "harbour"])
    assert found.exit_code == 1
    assert f'{DOMAIN} TXT "v=spf1 a:{MAIL} ~all"' in found.output
    listed = CliRunner().invoke(main, ["check", "--brand", "Harbour", "--selector", "s1", "--json"])
    records = [one["record"] for one in json.loads(listed.stdout.partition("\nError")[0])]
    assert {
        "name": f"s1._domainkey.{DOMAIN}",
        "type": "TXT",
        "value": "v=DKIM1; k=rsa; p=…",
    } in records
    assert (
        "There is no brand Nobody."
        in CliRunner().invoke(main, ["check", "--brand", "Nobody"]).output
    )


def test_outside_of_ones_scope_there_is_no_such_brand(brand, names):
    other = Brand.objects.create(name="Other", issuer="Other")
    scope = Scope(Reach.BRANDS, frozenset({other.id}))
    theo = staff.member("theo@provider.example", scope, {"home", BRANDS})
    with pytest.raises(NotFound):
        look(brand, actor=people.actor(theo))
    assert names.asked == []
