"""The web chat in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from endpoints.models import Endpoint
from handover.delivery.announcements import mark_message
from handover.models import ChatSession, DeliveryState, Handover, Message
from tests.handover.channels import contact_center
from tests.handover.channels.live_server import serve_channel
from tests.stack.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which is no reason for Django to
    # refuse the tests' own queries.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def chat_url(transactional_db: None, endpoint: Endpoint) -> Iterator[str]:
    with serve_channel() as base_url:
        yield f"{base_url}/chat/{endpoint.url_token}/"


@pytest.fixture
def page(browser: Browser, chat_url: str) -> Iterator[Page]:
    """The open chat. Whatever the browser complains about fails the test."""
    complaints: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if "Security Policy" in message.text
                else None
            ),
        )
        page.goto(chat_url)
        yield page
    assert complaints == []


def send(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_label("Your message").press("Enter")


def texts(page: Page) -> list[str]:
    return page.locator(".message-body").all_inner_texts()


def begin_handover(page: Page) -> Handover:
    send(page, "I want to talk to a person")
    expect(page.locator("#banner-text")).to_have_text("Waiting for a person…")
    return Handover.objects.latest("created_at")


def test_a_handover_from_the_first_word_to_the_last(page: Page) -> None:
    send(page, "hello")
    expect(page.locator(".message-bot")).to_have_count(1)
    handover = begin_handover(page)
    contact_center.put_in_queue(handover)
    banner = page.locator("#banner-text")
    expect(banner).to_have_text("Waiting for a person in Support…")
    contact_center.accept(handover)
    expect(banner).to_have_text("You are talking to Ada.")
    expect(page.locator("#cancel")).to_be_hidden()
    contact_center.speak(handover, "Good morning")
    expect(page.locator(".message-agent")).to_contain_text("Ada")
    send(page, "My parcel is late")
    wait_for(lambda: Message.objects.filter(text="My parcel is late").exists())
    contact_center.end(handover)
    expect(banner).to_have_text("The person has left. You are back with the bot.")
    contact_center.tell_the_bot(handover)
    expect(page.locator(".message-bot").last).to_contain_text("You are back with me")
    assert texts(page) == [
        "hello",
        "Hello! I am the demo bot. What can I do for you?",
        "I want to talk to a person",
        "I am getting a person for you.",
        "A person will be with you soon.",
        "Good morning",
        "My parcel is late",
        "You are back with me, the bot. Is there anything else?",
    ]


def test_a_quick_reply_is_sent_by_a_click_and_goes_away(page: Page) -> None:
    send(page, "hello")
    page.get_by_role("button", name="Opening hours").click()
    expect(page.locator(".message-bot").last).to_contain_text("Monday")
    expect(page.locator(".quick-replies")).to_have_count(1)
    assert Message.objects.filter(author_type="user").last() is not None
    expect(page.get_by_label("Your message")).to_be_focused()


def test_a_waiting_user_cancels_with_the_button(page: Page) -> None:
    handover = begin_handover(page)
    page.locator("#cancel").click()
    expect(page.locator("#banner-text")).to_have_text(
        "Waiting cancelled. You are back with the bot."
    )
    expect(page.locator("#cancel")).to_be_hidden()
    handover.refresh_from_db()
    assert handover.status == "cancelled"


def test_a_waiting_user_cancels_by_typing(page: Page) -> None:
    handover = begin_handover(page)
    send(page, "stop waiting")
    expect(page.locator("#banner-text")).to_contain_text("You are back with the bot")
    handover.refresh_from_db()
    assert handover.status == "cancelled"


def test_a_reload_shows_the_same_conversation_once(page: Page) -> None:
    send(page, "hello")
    expect(page.locator(".message-bot")).to_have_count(1)
    handover = begin_handover(page)
    expect(page.locator(".message-bot")).to_have_count(2)
    contact_center.accept(handover)
    contact_center.speak(handover, "Good morning")
    expect(page.locator(".message-agent")).to_have_count(1)
    before = texts(page)
    page.get_by_label("Your message").fill("half a sente")
    page.reload()
    expect(page.locator(".message-agent")).to_have_count(1)
    expect(page.locator("#banner-text")).to_have_text("You are talking to Ada.")
    contact_center.speak(handover, "Still there?")
    expect(page.locator(".message-agent")).to_have_count(2)
    assert texts(page) == [*before, "Still there?"]
    assert page.get_by_label("Your message").input_value() == "half a sente"


def test_own_messages_show_whether_they_arrived(page: Page) -> None:
    contact_center.accept(begin_handover(page))
    expect(page.locator("#banner-text")).to_have_text("You are talking to Ada.")
    for text, state in (
        ("one", DeliveryState.DELIVERED),
        ("two", DeliveryState.FAILED),
    ):
        send(page, text)
        message = wait_for(Message.objects.filter(text=text).first)
        assert message is not None
        mark_message(message, delivery=state)
    feet = page.locator(".message-user .message-foot")
    expect(feet.nth(1)).to_have_text("Delivered ✓✓")
    expect(feet.nth(2)).to_have_text("Not delivered")


def test_what_could_not_be_sent_is_kept_and_can_be_tried_again(page: Page) -> None:
    page.route(re.compile("/[0-9a-f]{64}$"), lambda route: route.abort())
    send(page, "hello")
    expect(page.locator(".message-foot")).to_contain_text("Not sent")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".message-bot")).to_contain_text("Hello!")
    assert texts(page)[0] == "hello"
    assert Message.objects.filter(author_type="user").count() == 1


def test_a_new_conversation_is_another_session(page: Page) -> None:
    send(page, "hello")
    expect(page.locator(".message-bot")).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".message")).to_have_count(0)
    send(page, "opening hours")
    expect(page.locator(".message-bot")).to_contain_text("Monday")
    expect(page.locator(".message")).to_have_count(2)
    first, second = ChatSession.objects.order_by("pk")
    assert first.user_id == second.user_id
    assert first.session_id != second.session_id


def test_a_page_that_nobody_writes_on_leaves_no_session(page: Page) -> None:
    expect(page.get_by_label("Your message")).to_be_focused()
    assert ChatSession.objects.count() == 0


def test_texts_are_never_markup_and_links_are_safe(page: Page) -> None:
    handover = begin_handover(page)
    contact_center.accept(handover)
    said = "<img src=x onerror=alert(1)> see https://8x8.test/a?b=1&c=2. javascript:x"
    contact_center.speak(handover, said)
    agent = page.locator(".message-agent .message-body")
    expect(agent).to_have_text(said)
    expect(agent.locator("img")).to_have_count(0)
    (link,) = agent.locator("a").all()
    assert link.get_attribute("href") == "https://8x8.test/a?b=1&c=2"
    assert link.get_attribute("rel") == "noopener noreferrer nofollow"


@pytest.mark.parametrize("width", [320, 768, 1200])
def test_nothing_is_wider_than_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    handover = begin_handover(page)
    contact_center.put_in_queue(handover, name="A queue with quite a long name")
    contact_center.accept(handover)
    contact_center.speak(handover, "x" * 300)
    expect(page.locator(".message-agent")).to_have_count(1)
    overflow = "document.documentElement.scrollWidth - window.innerWidth"
    assert page.evaluate(overflow) <= 0
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()


def test_the_last_line_stays_in_view_when_the_banner_takes_its_room(
    page: Page,
) -> None:
    page.set_viewport_size({"width": 360, "height": 480})
    send(page, "hello")
    send(page, "what can you do?")
    begin_handover(page)
    last = page.locator(".quick-replies").get_by_role("button", name="Cancel")
    expect(last).to_be_in_viewport(ratio=1)
