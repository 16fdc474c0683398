"""The agent desktop, with a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

from tests.sandbox.receiver import Receiver
from tests.sandbox.running import Caller

CHROMIUM = "/usr/bin/chromium"
EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, api: Caller, receiver: Receiver) -> Iterator[Page]:
    """Fails for every error on the page and for every foreign address.

    Needs the receiver so that the page is closed before the sandbox is emptied.
    """
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    errors: list[str] = []
    addresses: list[str] = []

    def refuse(dialog: Dialog) -> None:
        errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda line: errors.append(line.text))
    opened.on("dialog", refuse)
    opened.on("request", lambda request: addresses.append(request.url))
    yield opened
    opened.close()
    assert errors == []
    local = (f"{api.url}/", "data:")
    assert [address for address in addresses if not address.startswith(local)] == []


def test_the_front_door_leads_to_the_desktop(api: Caller) -> None:
    answer = api.call("GET", "/")
    assert answer.url == f"{api.url}/desktop/"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"https?://", answer.text)


@pytest.mark.browser
def test_a_person_plays_the_agent_from_accept_to_end(
    page: Page, api: Caller, receiver: Receiver
) -> None:
    page.goto(f"{api.url}/desktop/")
    conversation_id = api.start_conversation(
        user={
            "name": "Ann",
            "additionalProperties": [{"key": "intent", "value": "refund"}],
        },
        history={"messages": [{"authorType": "user", "text": "Where is it?"}]},
    )
    page.locator("#waiting").get_by_role("button", name="Ann").click()
    expect(page.locator("#log")).to_contain_text("Where is it?")
    expect(page.locator("#user")).to_contain_text("refund")
    page.get_by_role("button", name="Accept").click()
    page.locator("#text").fill("How can I help?")
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.agent")).to_have_text(re.compile("How can I help"))
    expect(page.locator("#text")).to_have_value("")
    api.say(conversation_id, "My parcel is lost")
    expect(page.locator(".bubble.user").last).to_contain_text("My parcel is lost")
    page.locator("#file-input").set_input_files(
        {"name": "form.txt", "mimeType": "text/plain", "buffer": b"hello"}
    )
    expect(page.get_by_role("link", name="File: form.txt")).to_be_visible()
    page.get_by_role("button", name="Card", exact=True).click()
    page.get_by_role("button", name="Send card").click()
    expect(page.locator(".bubble.agent .card")).to_be_visible()
    page.get_by_role("button", name="Transfer").click()
    page.locator("#transfer-queue").select_option("sandbox-queue-2")
    page.get_by_role("dialog").get_by_role("button", name="Transfer").click()
    expect(page.locator("#chat-state")).to_have_text("waiting in Billing")
    page.get_by_label("You are").fill("bob")
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("button", name="End conversation").click()
    expect(page.locator("#chat-state")).to_have_text("ended")
    shown = api.conversation(conversation_id)
    assert shown["endedBy"] == "agent"
    assert [item["author"]["id"] for item in shown["messages"]] == [
        "ada",
        "user",
        "ada",
        "ada",
    ]
    receiver.wait_for_type("TRANSFER")
    names = [
        item.document["data"]["name"] for item in receiver.wait_for_type("ACTIVITY")
    ]
    assert set(names) == {"typing"}


@pytest.mark.browser
def test_what_a_customer_writes_is_text_and_links_are_links(
    page: Page, api: Caller
) -> None:
    conversation_id = api.start_conversation(
        user={"name": EVIL, "additionalProperties": [{"key": EVIL, "value": EVIL}]},
        history={"messages": [{"authorType": "user", "text": EVIL}]},
    )
    address = "https://assist.example/?sessionId=s-1&userId=u-1"
    api.say(conversation_id, f"{EVIL} see {address}.", author="bot")
    page.goto(f"{api.url}/desktop/")
    page.locator("#waiting button").click()
    expect(page.locator(".bubble.bot")).to_contain_text(EVIL)
    expect(page.locator("#log img, #log script, #user img")).to_have_count(0)
    link = page.locator(".bubble.bot a")
    expect(link).to_have_text(address)
    expect(link).to_have_attribute("href", address)
    expect(link).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.browser
def test_faults_are_armed_and_callbacks_shown_on_a_narrow_screen(
    page: Page, api: Caller, receiver: Receiver
) -> None:
    page.set_viewport_size({"width": 800, "height": 700})
    page.goto(f"{api.url}/desktop/")
    panel = page.get_by_role("complementary", name="Side panel")
    expect(panel).to_be_hidden()
    page.get_by_role("button", name="Faults").click()
    page.locator("#fault-count").fill("2")
    page.locator('[data-fault="bad-signature"]').click()
    expect(page.locator("#armed")).to_have_text(re.compile("bad-signature . 2"))
    assert api.armed() == [{"fault": "bad-signature", "count": 2}]
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator("#armed")).to_have_text("none")
    api.start_conversation()
    receiver.wait_for_count(3)
    page.get_by_role("button", name="Callbacks", exact=True).click()
    expect(page.locator("#callbacks li")).to_have_count(3)
    expect(page.locator("#callbacks .badge").first).to_have_text("delivered")
    page.get_by_role("button", name="Callbacks", exact=True).click()
    expect(panel).to_be_hidden()
    overflow = "document.documentElement.scrollWidth > window.innerWidth"
    assert page.evaluate(overflow) is False
