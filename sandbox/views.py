"""Conversations as the desktop and the test scripts see them."""

from sandbox.clock import iso_text
from sandbox.context import Sandbox
from sandbox.events import download_url
from sandbox.gateway.resources import (
    card_json,
    conversation_json,
    interaction_json,
    participant_json,
)
from sandbox.model import Conversation, JsonObject, Message


def conversation_summary(sandbox: Sandbox, conversation: Conversation) -> JsonObject:
    tenant = sandbox.store.tenants[conversation.tenant_id]
    assignment = conversation.assignment
    queue = tenant.queues.get(assignment.id) if assignment else None
    last = conversation.messages[-1] if conversation.messages else None
    since = conversation.waiting_since
    return {
        **conversation_json(conversation),
        "tenantId": conversation.tenant_id,
        "createdAt": iso_text(conversation.created_at),
        "waiting": conversation.state == "active" and not conversation.agent_id,
        "waitingSince": iso_text(since) if since else None,
        "queue": {"id": queue.id, "name": queue.name} if queue else None,
        "agentId": conversation.agent_id or None,
        "ended": conversation.state == "idle",
        "endedBy": conversation.ended_by or None,
        "messageCount": len(conversation.messages),
        "lastMessage": _message(sandbox, last) if last else None,
    }


def conversation_detail(sandbox: Sandbox, conversation: Conversation) -> JsonObject:
    tenant = sandbox.store.tenants[conversation.tenant_id]
    return {
        **conversation_summary(sandbox, conversation),
        "history": conversation.history,
        "messages": [_message(sandbox, message) for message in conversation.messages],
        "participants": [
            participant_json(participant) for participant in conversation.participants
        ],
        "interactions": [
            interaction_json(interaction) for interaction in conversation.interactions
        ],
        "indicators": conversation.indicators,
        "postAgentWebhookId": (
            conversation.post_agent.webhook_id if conversation.post_agent else None
        ),
        "queues": [
            {"id": queue.id, "name": queue.name} for queue in tenant.queues.values()
        ],
    }


def _message(sandbox: Sandbox, message: Message) -> JsonObject:
    return {
        "id": message.id,
        "author": {"id": message.author.id, "type": message.author.type},
        "text": message.text,
        "createdAt": iso_text(message.created_at),
        "attachments": [
            {
                "id": attachment.id,
                "fileName": attachment.filename,
                "contentType": attachment.content_type,
                "size": len(attachment.content),
                "url": download_url(sandbox, attachment),
            }
            for attachment in message.attachments
        ],
        "cards": [card_json(card) for card in message.cards],
        "externalProvider": message.external_provider,
    }
