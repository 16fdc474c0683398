"""The documents of webhook events, and how they get on their way."""

import json

from sandbox.callback_log import Callback
from sandbox.clock import epoch_milliseconds, now
from sandbox.context import Sandbox
from sandbox.identifiers import new_id
from sandbox.model import (
    EVENT_VERSION,
    Attachment,
    Channel,
    Conversation,
    JsonObject,
    Message,
    Tenant,
)


def emit(
    sandbox: Sandbox,
    conversation: Conversation,
    event_type: str,
    data: JsonObject | None = None,
) -> None:
    """Queues one event for every webhook that has a share in the conversation."""
    tenant = sandbox.store.tenants[conversation.tenant_id]
    happened_at = now()
    envelope: JsonObject = {
        "eventType": event_type,
        "conversationId": conversation.id,
        "timestamp": epoch_milliseconds(happened_at),
    }
    if data is not None:
        envelope["data"] = data
    for webhook_id in _audience(tenant, conversation):
        sandbox.dispatcher.enqueue(
            Callback(
                event_id=new_id(),
                event_type=event_type,
                tenant_id=tenant.id,
                customer_id=tenant.customer,
                conversation_id=conversation.id,
                api_key=conversation.api_key,
                webhook_id=webhook_id,
                created_at=happened_at,
                body=encode(envelope),
            )
        )
    sandbox.changes.announce()


def verification(*, tenant: Tenant, api_key: str, uri: str) -> Callback:
    return Callback(
        event_id=new_id(),
        event_type="WEB_HOOK_VERIFY",
        tenant_id=tenant.id,
        customer_id=tenant.customer,
        conversation_id="",
        api_key=api_key,
        webhook_id="",
        created_at=now(),
        body=encode(
            {"notificationVersion": EVENT_VERSION, "eventType": "WEB_HOOK_VERIFY"}
        ),
        uri=uri,
    )


def emit_update(sandbox: Sandbox, conversation: Conversation) -> None:
    data: JsonObject = {"state": conversation.state}
    if conversation.assignment is not None:
        data["assignment"] = {
            "type": conversation.assignment.type,
            "id": conversation.assignment.id,
        }
    data["user"] = conversation.user
    channel = _channel(sandbox, conversation)
    if channel is not None:
        data["channel"] = {"id": channel.id, "type": channel.type}
    emit(sandbox, conversation, "CONVERSATION_UPDATE", data)


def emit_membership(
    sandbox: Sandbox,
    conversation: Conversation,
    *,
    member_type: str,
    change: str,
    member_id: str,
) -> None:
    emit(
        sandbox,
        conversation,
        "MEMBERS_CHANGED",
        {"memberType": member_type, "change": change, "id": member_id},
    )


def emit_message(
    sandbox: Sandbox, conversation: Conversation, message: Message
) -> None:
    data: JsonObject = {
        # What came in through the API comes back as an echo.
        "isEcho": message.author.type in ("user", "bot"),
        "sender": {"id": message.author.id, "type": message.author.type},
    }
    if message.text:
        data["text"] = message.text
    if message.attachments:
        data["attachments"] = [
            {
                "id": attachment.id,
                "type": attachment.content_type,
                "preSignedUrl": download_url(sandbox, attachment),
                "fileName": attachment.filename,
            }
            for attachment in message.attachments
        ]
    if message.cards:
        data["cards"] = [
            {"contentType": card.content_type, "content": card.content}
            for card in message.cards
        ]
    emit(sandbox, conversation, "MESSAGE", data)


def emit_activity(
    sandbox: Sandbox, conversation: Conversation, *, name: str, value: JsonObject
) -> None:
    emit(sandbox, conversation, "ACTIVITY", {"name": name, "value": value})


def download_url(sandbox: Sandbox, attachment: Attachment) -> str:
    return f"{sandbox.base_url}/sandbox/files/{attachment.id}/{attachment.token}"


def encode(document: JsonObject) -> bytes:
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def _channel(sandbox: Sandbox, conversation: Conversation) -> Channel | None:
    tenant = sandbox.store.tenants[conversation.tenant_id]
    return tenant.channels.get(conversation.channel_id)


def _audience(tenant: Tenant, conversation: Conversation) -> list[str]:
    channel = tenant.channels.get(conversation.channel_id)
    channel_webhook = [channel.webhook_id] if channel else []
    if not conversation.after_agent or conversation.post_agent is None:
        return channel_webhook
    webhook = conversation.post_agent.webhook_id
    if conversation.post_agent.notify_channel_webhook:
        return list(dict.fromkeys([*channel_webhook, webhook]))
    return [webhook]
