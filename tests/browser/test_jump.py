"""Jump anywhere, by keyboard alone; and the same without a script."""

from __future__ import annotations

from playwright.sync_api import expect


def test_by_keyboard_from_any_page_to_a_colleague_and_back(portal, visit):
    customer = portal.customer()
    boss = portal.boss("Nora Jump", customer=customer).has_app()
    colleague = portal.person("Quentin Found", customer=customer)
    visitor = visit().is_signed_in_as(boss)
    visitor.go("/profile/")
    keys = visitor.page.keyboard
    keys.press("Control+k")
    box = visitor.page.get_by_role("dialog").get_by_role("searchbox")
    expect(box).to_be_focused()
    keys.press("Escape")
    expect(box).to_have_count(0)
    keys.press("Meta+k")
    expect(box).to_be_focused()
    keys.type("quentin")
    first = visitor.page.get_by_role("dialog").get_by_role("link", name="Quentin Found")
    expect(first).to_be_visible()
    keys.press("ArrowDown")
    expect(first).to_be_focused()
    with visitor.page.expect_navigation():
        keys.press("Enter")
    expect(visitor.page.get_by_text(colleague.email).first).to_be_visible()


def test_without_a_script_the_page_finds_the_same(portal, visit):
    customer = portal.customer()
    boss = portal.boss("Nora Jump", customer=customer)
    portal.person("Quentin Found", customer=customer)
    visitor = visit(java_script_enabled=False).is_signed_in_as(boss)
    visitor.go("/profile/")
    visitor.follow("Jump to")
    visitor.sees("jump")
    visitor.page.get_by_role("searchbox").fill("quentin")
    visitor.press("Show")
    expect(visitor.page.get_by_role("link", name="Quentin Found")).to_be_visible()
    assert visitor.page.url.endswith("/jump/?q=quentin")
