"""Queue statistics and schedules: two calls outside the Chat Gateway."""

from aiohttp import web

from sandbox.clock import now
from sandbox.gateway.call import Call
from sandbox.gateway.problems import not_found
from sandbox.model import Conversation, JsonObject, Queue

AGENTS_PER_QUEUE = 3
SCHEDULE_ID = "sandbox-schedule"
OPEN = 0
WEEK_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


async def list_queues(call: Call) -> web.Response:
    queues = [_statistics(call, queue) for queue in call.tenant.queues.values()]
    return web.json_response({"queue": queues})


async def read_queue(call: Call) -> web.Response:
    identifier = call.request.match_info["queue_id"]
    queue = call.tenant.queues.get(identifier)
    if queue is None:
        raise not_found("queue", identifier)
    return web.json_response({"queue": _statistics(call, queue)})


async def list_schedules(call: Call) -> web.Response:
    schedule = {
        "id": SCHEDULE_ID,
        "name": "Always open",
        "week-days": list(WEEK_DAYS),
    }
    return web.json_response({"schedules": {"schedule": [schedule]}})


async def read_schedule_status(call: Call) -> web.Response:
    identifier = call.request.match_info["schedule_id"]
    if identifier != SCHEDULE_ID:
        raise not_found("schedule", identifier)
    return web.json_response({"schedule-status": {"status": OPEN}})


def _statistics(call: Call, queue: Queue) -> JsonObject:
    """Three agents per queue; who talks to somebody is busy."""
    conversations = call.tenant.conversations.values()
    waits = [
        (now() - conversation.waiting_since).total_seconds()
        for conversation in conversations
        if conversation.waiting_since and _is_waiting_in(conversation, queue)
    ]
    talking = len({item.agent_id for item in conversations if item.agent_id})
    busy = min(talking, AGENTS_PER_QUEUE)
    return {
        "queue-id": queue.id,
        "queue-name": queue.name,
        "media-type": "chat",
        "queue-size": len(waits),
        "longest-wait-time": round(max(waits, default=0.0)),
        "thirty-min-avg-wait-time": round(sum(waits) / len(waits)) if waits else 0,
        "agent-count-waitTransact": AGENTS_PER_QUEUE - busy,
        "agent-count-busy": busy,
        "agent-count-onBreak": 0,
        "agent-count-workOffline": 0,
        "agent-count-loggedOut": 0,
        "agent-count-postProcess": 0,
        "enabled-agent-count": AGENTS_PER_QUEUE,
        "assigned-agent-count": AGENTS_PER_QUEUE,
    }


def _is_waiting_in(conversation: Conversation, queue: Queue) -> bool:
    return conversation.assignment is not None and (
        conversation.assignment.id == queue.id
    )
