"""A person holds the whole conversation with a browser alone: no call by a script.

Customer, agent and administrator are windows of one browser. With SCREENSHOT_DIR the
pictures of the documentation are taken on the way.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from launcher.stack import Stack
from tests.end_to_end.conftest import Demo

pytestmark = [pytest.mark.stack, pytest.mark.browser]

CHROMIUM = "/usr/bin/chromium"
SCREENSHOT_VARIABLE = "SCREENSHOT_DIR"
SIZE: ViewportSize = {"width": 1280, "height": 800}
CHAT_SIZE: ViewportSize = {"width": 900, "height": 800}
# High enough for the handover and what was said in it.
ADMIN_SIZE: ViewportSize = {"width": 1280, "height": 1950}
PATIENCE_MILLISECONDS = 20_000
BACK = "You are back with me, the bot. Is there anything else?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM)
        yield launched
        launched.close()


@pytest.fixture
def windows(browser: Browser, stack: Stack) -> Iterator[BrowserContext]:
    """Windows in which every error, and every breach of a page's policy, counts."""
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    # Conversations that other tests have left would be on the agent's screen.
    requests.post(f"{stack.sandbox_url}/sandbox/reset", timeout=30).raise_for_status()
    complaints: list[str] = []
    with browser.new_context(viewport=SIZE) as context:
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        context.on(
            "console",
            lambda line: (
                complaints.append(f"{line.page and line.page.url}: {line.text}")
                if line.type in ("error", "warning")
                else None
            ),
        )
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        yield context
    assert complaints == []


def take_picture(page: Page, name: str) -> None:
    """Save a picture of the page if somebody wants one."""
    folder = os.environ.get(SCREENSHOT_VARIABLE)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")


def write(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()


def ask_for_a_person(page: Page) -> None:
    write(page, "Hello")
    expect(page.locator(".message-bot")).to_contain_text("I am the demo bot")
    page.get_by_role("button", name="Where is my order?").click()
    expect(page.locator(".message-bot").last).to_contain_text("number of your order")
    write(page, "4711")
    expect(page.locator(".message-bot").last).to_contain_text("Order 4711")
    page.get_by_role("button", name="Talk to a person").click()
    banner = page.locator("#banner-text")
    expect(banner).to_have_text("Waiting for a person in Support…")
    expect(page.locator(".message-system")).to_contain_text("looking for a colleague")


def take_the_conversation(page: Page) -> None:
    waiting = page.locator("#waiting button")
    expect(waiting).to_have_count(1)
    waiting.click()
    expect(page.locator("#log")).to_contain_text("Order 4711")
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("#composer")).to_be_visible()


def answer(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value("")


def open_agent_assist(context: BrowserContext, desktop: Page) -> Page:
    link = desktop.locator("#log a", has_text="/agent-assist/")
    with context.expect_page() as opened:
        link.click()
    return opened.value


def open_handover_in_the_admin(page: Page, demo: Demo) -> None:
    page.goto(demo.admin_url)
    page.locator("[name=username]").fill(demo.user)
    page.locator("[name=password]").fill(demo.password)
    page.locator("[type=submit]").first.click()
    page.goto(f"{demo.admin_url}handover/handover/")
    # Newest first; the first link of a row leads to its page.
    page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()


def test_a_whole_conversation_by_browser_alone(
    windows: BrowserContext, stack: Stack, demo: Demo
) -> None:
    chat = windows.new_page()
    chat.set_viewport_size(CHAT_SIZE)
    chat.goto(demo.chat_url)
    ask_for_a_person(chat)
    desktop = windows.new_page()
    desktop.goto(f"{stack.sandbox_url}/desktop/")
    take_the_conversation(desktop)
    banner = chat.locator("#banner-text")
    expect(banner).to_have_text(re.compile("You are talking to"))

    assist = open_agent_assist(windows, desktop)
    expect(assist.locator("#transcript")).to_contain_text("Order 4711")
    expect(assist.locator("#status-pill")).to_have_attribute("data-status", "active")

    answer(desktop, "Hello, this is Ada. I have your order 4711 here.")
    expect(chat.locator(".message-agent")).to_contain_text("I have your order 4711")
    write(chat, "It should have been here yesterday.")
    expect(desktop.locator(".bubble.user").last).to_contain_text("here yesterday")
    expect(chat.locator(".message-user").last).to_contain_text("Delivered")
    answer(desktop, "I am sorry. It is with the carrier, and with you by five o'clock.")
    expect(chat.locator(".message-agent").last).to_contain_text("five o'clock")
    for text in ("this is Ada", "here yesterday", "five o'clock"):
        expect(assist.locator("#transcript")).to_contain_text(text)

    admin = windows.new_page()
    admin.set_viewport_size(ADMIN_SIZE)
    open_handover_in_the_admin(admin, demo)
    for text in ("this is Ada", "here yesterday", "five o'clock", "What happened"):
        expect(admin.locator("body")).to_contain_text(text)
    for page, name in (
        (chat, "web-chat"),
        (desktop, "agent-desktop"),
        (assist, "agent-assist"),
        (admin, "admin-handover"),
    ):
        page.bring_to_front()
        take_picture(page, name)

    write(chat, "Thank you!")
    expect(desktop.locator(".bubble.user").last).to_contain_text("Thank you!")
    desktop.get_by_role("button", name="End", exact=True).click()
    desktop.get_by_role("button", name="End conversation").click()
    expect(banner).to_have_text("The person has left. You are back with the bot.")
    expect(chat.locator(".message-bot").last).to_contain_text(BACK)
    expect(assist.locator("#status-pill")).to_have_attribute("data-status", "completed")
    admin.reload()
    expect(admin.locator("body")).to_contain_text("the agent ended it")
    write(chat, "When do you open?")
    expect(chat.locator(".message-bot").last).to_contain_text("Monday to Friday")
    check_said_once(chat)


def check_said_once(chat: Page) -> None:
    """Everything stands in the chat once, also after the page was loaded again."""
    said = chat.locator(".message-body").all_inner_texts()
    for text in ("Thank you!", "here yesterday", "five o'clock", BACK):
        assert len([line for line in said if text in line]) == 1, (text, said)
    chat.reload()
    expect(chat.locator(".message-body")).to_have_count(len(said))
    assert chat.locator(".message-body").all_inner_texts() == said


def test_a_waiting_customer_changes_their_mind_by_a_button(
    windows: BrowserContext, demo: Demo
) -> None:
    chat = windows.new_page()
    chat.goto(demo.chat_url)
    write(chat, "I want to talk to a person")
    banner = chat.locator("#banner-text")
    expect(banner).to_have_text("Waiting for a person in Support…")
    chat.locator("#cancel").click()
    expect(banner).to_have_text("Waiting cancelled. You are back with the bot.")
    expect(chat.locator(".message-bot").last).to_contain_text("nobody will be called")


def test_the_admin_tests_the_connection_and_finds_the_addresses(
    windows: BrowserContext, demo: Demo
) -> None:
    admin = windows.new_page()
    admin.goto(f"{demo.admin_url}endpoints/endpoint/{demo.pk}/change/")
    admin.locator("[name=username]").fill(demo.user)
    admin.locator("[name=password]").fill(demo.password)
    admin.locator("[type=submit]").first.click()
    for label in (
        *("Base URL", "API Key", "8x8-Tenant", "8x8 Channel Id", "8x8 Queue Id"),
        *("8x8 JSON properties", "Endpoint URL", "Handover Accepted Message"),
    ):
        expect(admin.get_by_text(label, exact=False).first).to_be_visible()
    admin.get_by_role("link", name="Test connection").first.click()
    admin.get_by_role("button", name="Test connection").click()
    expect(admin.locator("body")).to_contain_text("8x8 Channel Id")
    expect(admin.locator("body")).to_contain_text("8x8 Queue Id")
