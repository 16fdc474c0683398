"""What a stored conversation is made of, as SQL expressions.

`n` is the conversation, `k` the row in it. Ids count down from -1, so that they never
meet those that the product takes; what the product needs and is not named here gets a
neutral value (benchmarks/seeding.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

# Half of them by the user, half by the agent.
MESSAGES_PER_CONVERSATION = 20


@dataclass(frozen=True)
class SeedTable:
    """One INSERT ... SELECT."""

    name: str
    source: LiteralString
    columns: Mapping[str, LiteralString]


CONVERSATIONS: LiteralString = "generate_series({first}, {last}) AS n"
EACH_MESSAGE: LiteralString = CONVERSATIONS + ", generate_series(1, 20) AS k"
# Start, ten messages to 8x8; four changes of status and ten messages to the bot.
EACH_DELIVERY: LiteralString = CONVERSATIONS + ", generate_series(1, 25) AS k"
EACH_EVENT: LiteralString = CONVERSATIONS + ", generate_series(1, 14) AS k"
EACH_CALLBACK: LiteralString = CONVERSATIONS + ", generate_series(1, 13) AS k"

HANDOVER: LiteralString = "md5('seeded handover ' || n)::uuid"
MESSAGE: LiteralString = "md5('seeded message ' || n || '-' || k)::uuid"
# Two months of conversations; the higher `n`, the nearer.
WHEN: LiteralString = "now() - interval '60 days' + n * interval '50 seconds'"
NAME: LiteralString = "'seeded-' || n"
EVENT_ID: LiteralString = "'seeded-' || n || '-' || k"
WORDS: LiteralString = "repeat('some words of a message ', 1 + k % 4)"

TABLES = (
    SeedTable(
        "handover_chatsession",
        CONVERSATIONS,
        {
            "id": "-n",
            "endpoint_id": "{endpoint}",
            "user_id": NAME,
            "session_id": NAME,
            "last_seq": "20",
            "created_at": WHEN,
        },
    ),
    SeedTable(
        "handover_handover",
        CONVERSATIONS,
        {
            "id": HANDOVER,
            "endpoint_id": "{endpoint}",
            "config_id": "{config}",
            "chat_session_id": "-n",
            "status": "'completed'",
            "end_reason": "'agent_ended'",
            "owner_epoch": "3",
            "last_event_seq": "14",
            "conversation_id": NAME,
            "channel_id": "'bench-channel'",
            "queue_id": "'bench-queue'",
            "queue_name": "'Support'",
            "agent_id": "'ada'",
            "agent_name": "'Ada'",
            "user": "jsonb_build_object('name', 'Seeded ' || n)",
            "created_at": WHEN,
            "queued_at": WHEN,
            "active_at": WHEN,
            "ended_at": WHEN,
        },
    ),
    SeedTable(
        "handover_message",
        EACH_MESSAGE,
        {
            "id": MESSAGE,
            "chat_session_id": "-n",
            "handover_id": HANDOVER,
            "seq": "k",
            "author_type": "CASE WHEN k > 10 THEN 'agent' ELSE 'user' END",
            "text": WORDS,
            "attachments": "'[]'::jsonb",
            "cards": "'[]'::jsonb",
            "source": "CASE WHEN k > 10 THEN 'callback' ELSE 'api' END",
            "delivery": "'delivered'",
            "external_id": "CASE WHEN k > 10 THEN 'seeded' || k ELSE '' END",
            "external_event_id": "CASE WHEN k > 10 THEN 'seeded' || k ELSE '' END",
            "said_at_8x8": "CASE WHEN k > 10 THEN " + WHEN + " END",
            "created_at": WHEN,
        },
    ),
    SeedTable(
        "handover_handoverevent",
        EACH_EVENT,
        {
            "id": "-(n * 100::bigint + k)",
            "handover_id": HANDOVER,
            "seq": "k",
            "type": "CASE WHEN k > 4 THEN 'handover.message'"
            " ELSE 'handover.status' END",
            "data": "jsonb_build_object('handoverId', " + HANDOVER + ", 'seq', k,"
            " 'message', jsonb_build_object('text', " + WORDS + "))",
            "message_id": "CASE WHEN k > 4 THEN"
            " md5('seeded message ' || n || '-' || (k + 6))::uuid END",
            "created_at": WHEN,
        },
    ),
    SeedTable(
        "handover_mailbox",
        CONVERSATIONS + ", generate_series(1, 2) AS k",
        {
            "id": "-(n * 10::bigint + k)",
            "handover_id": HANDOVER,
            "direction": "CASE WHEN k = 1 THEN '8x8' ELSE 'callback' END",
        },
    ),
    SeedTable(
        "handover_delivery",
        EACH_DELIVERY,
        {
            "id": "-(n * 100::bigint + k)",
            "mailbox_id": "-(n * 10::bigint + CASE WHEN k > 11 THEN 2 ELSE 1 END)",
            "kind": "CASE WHEN k > 11 THEN 'event' WHEN k = 1 THEN 'create'"
            " ELSE 'message' END",
            "message_id": "CASE WHEN k BETWEEN 2 AND 11 THEN"
            " md5('seeded message ' || n || '-' || (k - 1))::uuid END",
            "event_id": "CASE WHEN k > 11 THEN -(n * 100::bigint + k - 11) END",
            "status": "'delivered'",
            "attempt_count": "1",
            "next_attempt_at": WHEN,
            "created_at": WHEN,
            "driven_at": WHEN,
            "finished_at": WHEN,
        },
    ),
    SeedTable(
        "handover_deliveryattempt",
        EACH_DELIVERY,
        {
            "id": "-(n * 100::bigint + k)",
            "delivery_id": "-(n * 100::bigint + k)",
            "number": "1",
            "worker": "md5('worker ' || n)",
            "started_at": WHEN,
            "finished_at": WHEN,
            "outcome": "'delivered'",
        },
    ),
    SeedTable(
        "handover_callbackevent",
        EACH_CALLBACK,
        {
            "id": "-(n * 100::bigint + k)",
            "config_id": "{config}",
            "event_id": EVENT_ID,
            "event_type": "CASE WHEN k > 3 THEN 'MESSAGE' ELSE 'MEMBERS_CHANGED' END",
            "conversation_id": NAME,
            "handover_id": HANDOVER,
            "tenant_id": "'bench-tenant'",
            "customer_id": "'bench-customer'",
            "body": "jsonb_build_object('eventType', 'MESSAGE', 'conversationId', "
            + NAME
            + ", 'data', jsonb_build_object('text', "
            + WORDS
            + "))::text",
            "occurred_at": WHEN,
            "transmitted_at": WHEN,
            "received_at": WHEN,
            "verdict": "'processed'",
            "processed_at": WHEN,
        },
    ),
    SeedTable(
        "handover_conversationinbox",
        CONVERSATIONS,
        {"id": "-n", "config_id": "{config}", "conversation_id": NAME},
    ),
)
