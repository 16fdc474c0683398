"""What the list and the page of handovers say about one of them."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handover.admin.columns import STATUS_TONES, badge, document
from handover.admin.moments import clock_text, moment
from handover.links import agent_assist_url
from handover.models import Handover


class HandoverColumns:
    created = moment("created_at")
    queued = moment("queued_at")
    active = moment("active_at")
    ended = moment("ended_at")
    next_look = moment("reconcile_at")

    @admin.display(description="forgotten conversations")
    def leftovers(self, handover: Handover) -> str:
        if handover.cleanup_at is None:
            return "not looked for"
        return f"looked for next at {clock_text(handover.cleanup_at)}"

    @badge(description="status", tones=STATUS_TONES, ordering="status")
    def status_badge(self, handover: Handover) -> tuple[str, str]:
        return str(handover.status), handover.get_status_display()

    @admin.display(description="user id")
    def user_id(self, handover: Handover) -> str:
        return handover.chat_session.user_id

    @admin.display(description="session id")
    def session_id(self, handover: Handover) -> str:
        return handover.chat_session.session_id

    @admin.display(description="user, session")
    def user_and_session(self, handover: Handover) -> SafeString:
        return format_html(
            '<span class="ids">{}<br>{}</span>',
            handover.chat_session.user_id,
            handover.chat_session.session_id,
        )

    @admin.display(description="queue")
    def queue(self, handover: Handover) -> str:
        return handover.queue_name or handover.queue_id

    @admin.display(description="agent")
    def agent(self, handover: Handover) -> str:
        return handover.agent_name or handover.agent_id

    @badge(description="not delivered", tones={"some": "danger"})
    def undelivered(self, handover: Any) -> tuple[str, str]:
        return "some", str(handover.dead_count or "")

    @admin.display(description="Agent Assist")
    def agent_assist(self, handover: Handover) -> SafeString:
        return format_html(
            '<a class="row-link" href="{}" target="_blank" rel="noopener noreferrer">'
            "Open the agent's page</a>",
            agent_assist_url(handover),
        )

    @admin.display(description="user")
    def user_document(self, handover: Handover) -> str:
        return document(handover.user)

    @admin.display(description="8x8 JSON properties")
    def properties_document(self, handover: Handover) -> str:
        return document(handover.json_properties)
