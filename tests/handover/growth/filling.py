"""A database in which much has been said already, written by the database itself."""

from django.db import connection

from endpoints.models import Endpoint

BIG_TABLES = (
    "handover_handover",
    "handover_chatsession",
    "handover_mailbox",
    "handover_message",
    "handover_handoverevent",
    "handover_delivery",
    "handover_deliveryattempt",
    "handover_callbackevent",
    "handover_conversationinbox",
)
MESSAGES_PER_HANDOVER = 10
STATEMENTS = """
INSERT INTO handover_chatsession (endpoint_id, user_id, session_id, last_seq,
 created_at)
SELECT {endpoint}, 'user-' || n, 'session-' || n, 10, now() - n * interval '1 second'
FROM generate_series(1, {handovers}) n;

INSERT INTO handover_handover (id, endpoint_id, config_id, chat_session_id, status,
 end_reason, error_reason, error_message, owner_epoch, last_event_seq, conversation_id,
 channel_id, queue_id, queue_name, agent_id, agent_name, "user", json_properties,
 reason_code, reason_text, accepted_message, send_queue_event, send_active_event,
 created_at, ended_at, look_failures, look_trouble, cleanup_looks)
SELECT gen_random_uuid(), {endpoint}, {config}, s.id, 'completed', 'agent_ended', '',
 '', 3, 10, 'conversation-' || s.id, 'c', 'q', 'Support', 'a', 'Agent', '{{}}',
 '{{}}', '', '', '', true, true, s.created_at,
 s.created_at + interval '5 minutes', 0, '', 0
FROM handover_chatsession s;

UPDATE handover_handover SET status = 'active', ended_at = NULL, reconcile_at = now()
WHERE chat_session_id % 500 = 0;

INSERT INTO handover_mailbox (handover_id, direction, lease_owner, marked, due_at)
SELECT h.id, d, '', false, CASE WHEN h.chat_session_id % 500 = 0 THEN now() END
FROM handover_handover h, unnest(ARRAY['8x8', 'callback']) d;

INSERT INTO handover_message (id, chat_session_id, handover_id, seq, author_type,
 author_id, author_name, text, attachments, cards, source, for_agent_only, delivery,
 delivery_reason, external_id, external_event_id, created_at)
SELECT gen_random_uuid(), h.chat_session_id, h.id, n, 'user', '', '',
 repeat('word ', 20), '[]', '[]', 'api', false, 'delivered', '', '', '', h.created_at
FROM handover_handover h, generate_series(1, {each}) n;

INSERT INTO handover_handoverevent (handover_id, seq, type, data, created_at)
SELECT h.id, n, 'handover.typing', '{{"typing": true}}', h.created_at
FROM handover_handover h, generate_series(1, {each}) n;

INSERT INTO handover_delivery (mailbox_id, kind, message_id, payload, status,
 attempt_count, next_attempt_at, waits_for_config, last_error, dead_reason, created_at,
 driven_at, finished_at)
SELECT b.id, 'message', m.id, '{{}}', 'delivered', 1, m.created_at, false, '', '',
 m.created_at, m.created_at, m.created_at
FROM handover_message m JOIN handover_mailbox b
 ON b.handover_id = m.handover_id AND b.direction = '8x8';

UPDATE handover_delivery SET status = 'pending', finished_at = NULL WHERE id % 1000 = 0;
UPDATE handover_delivery SET status = 'dead', dead_reason = 'refused'
WHERE id % 1000 = 1;
UPDATE handover_delivery SET waits_for_config = true WHERE id % 5000 = 0;

INSERT INTO handover_deliveryattempt (delivery_id, number, worker, started_at, outcome,
 error)
SELECT d.id, 1, 'w', d.created_at, 'delivered', '' FROM handover_delivery d;

INSERT INTO handover_conversationinbox (config_id, conversation_id, lease_owner, marked)
SELECT {config}, h.conversation_id, '', false FROM handover_handover h;

INSERT INTO handover_callbackevent (config_id, event_id, event_type, conversation_id,
 handover_id, tenant_id, customer_id, body, retry, received_at, verdict, note,
 orphan_reason, attempt_count, duplicate_count, body_conflict)
SELECT {config}, h.id || '-' || n, 'MESSAGE', h.conversation_id, h.id, 't', 'c',
 repeat('{{"text": "word"}}', 20), 0, h.created_at, 'processed', '', '', 0, 0, false
FROM handover_handover h, generate_series(1, {each}) n;

UPDATE handover_callbackevent SET verdict = 'orphan' WHERE id % 2000 = 0;
UPDATE handover_callbackevent SET verdict = 'waiting' WHERE id % 2000 = 1;
UPDATE handover_callbackevent SET verdict = 'pending' WHERE id % 2000 = 2;

INSERT INTO handover_alarm (kind, reason, endpoint_id, handover_id, subject, at,
 is_counted)
SELECT 'message', 'callback_missing', {endpoint}, h.id, 'x', h.created_at, true
FROM handover_handover h WHERE h.chat_session_id % 10 = 0;
"""


def fill(endpoint: Endpoint, *, messages: int) -> None:
    """Write so many messages, each with its delivery, attempt, event and callback."""
    values = {
        "endpoint": endpoint.pk,
        "config": endpoint.eight_by_eight.pk,
        "handovers": messages // MESSAGES_PER_HANDOVER,
        "each": MESSAGES_PER_HANDOVER,
    }
    with connection.cursor() as cursor:
        for statement in STATEMENTS.format(**values).split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        cursor.execute("ANALYZE")
