"""How webhooks, channels, conversations and messages look in answers."""

from sandbox.clock import iso_text
from sandbox.model import (
    Attachment,
    Card,
    Channel,
    Conversation,
    Interaction,
    JsonObject,
    Message,
    Participant,
    Webhook,
)


def webhook_json(webhook: Webhook) -> JsonObject:
    return {
        "id": webhook.id,
        "name": webhook.name,
        "uri": webhook.uri,
        "version": webhook.version,
    }


def channel_json(channel: Channel) -> JsonObject:
    return {
        "id": channel.id,
        "name": channel.name,
        "type": channel.type,
        "webHookId": channel.webhook_id,
        "routingOptions": {"type": "queue", "id": channel.queue_id},
    }


def conversation_json(conversation: Conversation) -> JsonObject:
    document: JsonObject = {
        "id": conversation.id,
        "state": conversation.state,
        "channelId": conversation.channel_id,
        "user": conversation.user,
    }
    if conversation.assignment is not None:
        document["assignment"] = {
            "type": conversation.assignment.type,
            "id": conversation.assignment.id,
        }
    return document


def message_json(message: Message) -> JsonObject:
    document: JsonObject = {
        "id": message.id,
        "text": message.text,
        "createdAt": iso_text(message.created_at),
        "author": {"id": message.author.id, "type": message.author.type},
        "attachments": [{"id": attachment.id} for attachment in message.attachments],
        "cards": [card_json(card) for card in message.cards],
    }
    if message.external_provider is not None:
        document["externalProvider"] = message.external_provider
    return document


def card_json(card: Card) -> JsonObject:
    return {
        "id": card.id,
        "contentType": card.content_type,
        "content": card.content,
        "actionSubmitted": False,
        "actionExecuted": False,
    }


def attachment_json(attachment: Attachment) -> JsonObject:
    size = len(attachment.content)
    return {
        "id": attachment.id,
        "filename": attachment.filename,
        "sizeInBytes": size,
        "createdAt": iso_text(attachment.created_at),
        # The published schema requires these two without declaring them.
        "size": size,
        "type": attachment.content_type,
    }


def participant_json(participant: Participant) -> JsonObject:
    return {
        "id": participant.id,
        "type": participant.type,
        "removed": participant.removed,
        "language": participant.language,
    }


def interaction_json(interaction: Interaction) -> JsonObject:
    document: JsonObject = {
        "id": interaction.id,
        "startTime": iso_text(interaction.started_at),
    }
    if interaction.ended_at is not None:
        document["endTime"] = iso_text(interaction.ended_at)
    return document


def lookup(item: JsonObject, dotted: str) -> str:
    """The text under a dotted name; empty when there is none."""
    value: object = item
    for name in dotted.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return "" if value is None else str(value)
