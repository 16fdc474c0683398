"""Who takes part; and the user's leaving, which ends the conversation."""

from aiohttp import web

from sandbox import life
from sandbox.gateway.call import Call
from sandbox.gateway.hal import list_response
from sandbox.gateway.problems import invalid
from sandbox.gateway.resources import participant_json


async def list_all(call: Call) -> web.Response:
    participants = call.conversation().participants
    return list_response(
        call,
        name="participants",
        items=[participant_json(participant) for participant in participants],
        fields=("id",),
        filtered=False,
        required_extra="data",
    )


async def patch_user(call: Call) -> web.Response:
    conversation = call.running_conversation()
    fields = await call.body()
    if fields.raw("removed") is not True:
        raise invalid("invalid_value", "removed must be true.", field="removed")
    life.remove_user(call.sandbox, conversation)
    return web.Response(status=204)
