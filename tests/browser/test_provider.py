"""The provider's staff of each scope, and the customer at its brand's host: found, asked, agreed, watched, ended."""

from __future__ import annotations

import re
import urllib.request
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal
from urllib.error import URLError

import pytest
from playwright.sync_api import expect

from tests.browser import looking
from tests.kit.people import ALL_TABS
from tests.kit.waiting import until

if TYPE_CHECKING:
    from tests.browser.portal import Portal, Somebody
    from tests.browser.visitor import Visitor

TABS_OF_STAFF = (*ALL_TABS, "customers", "brands", "manage")
REASON = "Their list shows nobody, ticket 4711."
WIDE, NARROW = 1440, 390


@dataclass(frozen=True)
class Brand:
    """A brand with a host name of its own, and the address of the portal there."""

    id: str
    name: str
    address: str


@dataclass(frozen=True)
class House:
    """A customer of a brand, and who looks after it."""

    brand: Brand
    customer: str
    customer_id: str
    owner: Somebody


@pytest.fixture(scope="module")
def brands(portal: Portal) -> tuple[Brand, Brand]:
    """Return two, under two host names."""
    made = brand(portal, "Harbour"), brand(portal, "Brightwave")
    for one in made:
        until(partial(answers, one.address))
    return made


def brand(portal: Portal, name: str) -> Brand:
    host = f"{name.lower()}.localhost"
    made = portal.ask("make_brand", name=f"{name} Telecom", host=host)
    return Brand(made, name, portal.address.replace("localhost", host))


@pytest.fixture
def houses(portal: Portal, brands: tuple[Brand, Brand]) -> tuple[House, House]:
    """Return a customer of each."""
    return house(portal, brands[0], "Ottilie"), house(portal, brands[1], "Zyxa")


def house(portal: Portal, brand: Brand, owner: str) -> House:
    customer = portal.customer(f"{brand.name} Cakes", brand_id=brand.id)
    boss = portal.boss(f"{owner} Owner", customer=customer).has_app()
    portal.ask("long_ago", email=boss.email)
    return House(brand, customer, portal.ask("customer_id", name=customer), boss)


def answers(address: str) -> bool:
    """Return whether the portal has heard of a host name: for a moment it shows what it read before."""
    host = address.removeprefix("http://")
    asked = urllib.request.Request(
        f"http://127.0.0.1:{host.rpartition(':')[2]}/sign-in/", headers={"Host": host}
    )
    try:
        with urllib.request.urlopen(asked, timeout=60):
            return True
    except URLError:
        return False


# Each scope, each theme, each width; the customer's own browser has the other theme and width.
@pytest.mark.parametrize(
    ("reach", "theme", "width"),
    [("all", "light", WIDE), ("brands", "dark", NARROW), ("customers", "dark", WIDE)],
)
def test_staff_manages_what_is_in_their_scope(portal, visit, houses, reach, theme, width):
    near, far = houses if reach != "all" else houses[::-1]
    ids = {"all": "", "brands": near.brand.id, "customers": near.customer_id}[reach]
    staff = portal.person(
        f"Nora {reach.title()}",
        customer=portal.ask("provider"),
        tabs=TABS_OF_STAFF,
        scope=reach,
        scope_ids=ids,
    ).has_app()
    portal.ask("long_ago", email=staff.email)
    nora = Eyes(visit(**looks(theme, width)), width)
    other = NARROW if width == WIDE else WIDE
    opposite = looks("dark" if theme == "light" else "light", other)
    ottilie = Eyes(visit(base_url=near.brand.address, **opposite), other)
    nora.visitor.signs_in(staff)
    nora.visitor.sees("home")
    if reach != "all":
        far_is_nowhere(nora, far)
    finds_while_typing(nora, near)
    jumps_to(nora, near)
    asks_to_manage(nora)
    agrees(ottilie, near)
    goes_in_and_looks(nora, near)
    watches_and_ends(ottilie, staff)
    is_out(nora, near)
    assert nora.faults + ottilie.faults == []


def looks(theme: Literal["light", "dark"], width: int) -> dict[str, object]:
    return {"color_scheme": theme, "viewport": {"width": width, "height": 900}}


class Eyes:
    """Somebody at a browser, who looks at each page that they come to."""

    def __init__(self, visitor: Visitor, width: int) -> None:
        self.visitor, self.page, self.width = visitor, visitor.page, width
        self.faults: list[str] = []

    def looks(self, *, axe: bool = False) -> None:
        """Remember what is wrong with the page. `test_pages` has most of them under axe."""
        found = looking.too_wide(self.visitor, self.width)
        if axe:
            found += looking.axe(self.visitor)
        self.faults += [f"{self.page.url}: {fault}" for fault in found]


def far_is_nowhere(nora: Eyes, far: House) -> None:
    nora.visitor.go(f"/customers/?q={far.customer}")
    nora.visitor.reads("No customer found")
    nora.page.keyboard.press("Control+k")
    dialog = nora.page.get_by_role("dialog")
    for words in (far.customer, far.owner.email):
        with nora.page.expect_response(lambda answer: "/jump/?q=" in answer.url):
            dialog.get_by_role("searchbox").fill(words)
        expect(dialog.get_by_role("heading", name="Nothing found")).to_be_visible()
    for path in ("", "manage/", "history/"):
        assert nora.visitor.go(f"/customers/{far.customer_id}/{path}").status == 404


def finds_while_typing(nora: Eyes, near: House) -> None:
    nora.visitor.go("/customers/")
    nora.looks()
    nora.page.locator("main").get_by_role("searchbox").press_sequentially(
        near.customer[:-2].lower()
    )
    names = nora.page.locator("#results tbody a")
    expect(names.filter(has_text=near.customer)).to_be_visible()
    expect(nora.page).to_have_url(re.compile(r"[?&]q="))


def jumps_to(nora: Eyes, near: House) -> None:
    nora.page.keyboard.press("Control+k")
    dialog = nora.page.get_by_role("dialog")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    nora.page.keyboard.type(near.customer)
    place = dialog.get_by_role("link", name=near.customer)
    expect(place).to_be_visible()
    nora.looks(axe=True)
    with nora.page.expect_navigation():
        nora.page.keyboard.press("Enter")
    nora.visitor.sees("customer")
    nora.looks()


def asks_to_manage(nora: Eyes) -> None:
    nora.page.get_by_role("link", name="Manage").first.click()
    nora.visitor.sees("customer-manage")
    nora.page.get_by_label("Why?").fill(REASON)
    nora.looks()
    nora.visitor.press("Ask to manage")
    nora.visitor.reads("Waiting for approval")


def agrees(ottilie: Eyes, near: House) -> None:
    """By the mail, whose link leads to the brand's own host."""
    link = near.owner.mail("Support asks to see").link("/managing/")
    assert link.startswith(f"{near.brand.address}/")
    ottilie.page.goto(link)
    ottilie.visitor.gives_password(near.owner)
    ottilie.visitor.sees("sign-in-code")
    ottilie.visitor.gives_code(near.owner.code())
    ottilie.visitor.sees("managing")
    ottilie.visitor.reads(REASON)
    ottilie.looks()
    ottilie.visitor.press("Let them in")


def goes_in_and_looks(nora: Eyes, near: House) -> None:
    """The page follows by itself; then each page of the portal says whose it is."""
    nora.visitor.press("Begin managing")
    nora.visitor.sees("home")
    nora.visitor.go("/administrators/")
    nora.visitor.reads(near.owner.email)
    expect(nora.page.locator("body")).to_contain_text(near.customer)
    nora.looks(axe=True)


def watches_and_ends(ottilie: Eyes, staff: Somebody) -> None:
    """What is looked at comes up without a hand being moved."""
    seen = ottilie.page.locator("section[aria-labelledby=seen]")
    expect(seen).to_contain_text("Administrators")
    expect(ottilie.page.locator("h1")).to_contain_text(staff.name)
    ottilie.looks(axe=True)
    ottilie.visitor.press("End now")
    expect(ottilie.page.locator("#facts")).to_contain_text("Ended")


def is_out(nora: Eyes, near: House) -> None:
    nora.page.reload()
    nora.visitor.sees("managing-over")
    nora.visitor.reads(near.owner.name)
    nora.looks()
    nora.visitor.press("Back to your own portal")
    nora.visitor.sees("customer-manage")
