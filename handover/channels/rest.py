"""`POST /<URLToken>`: the user's turn, with the bot's outputs as its answer."""

from django.http import HttpRequest, JsonResponse

from handover.channels.cross_origin import channel_view
from handover.channels.identity import open_endpoint
from handover.channels.inputs import read_input
from handover.channels.outputs import rest_answer
from handover.services import take_user_turn


@channel_view("POST")
def endpoint_url_view(request: HttpRequest, url_token: str) -> JsonResponse:
    """Take one turn; while a handover runs the output stack is empty."""
    endpoint = open_endpoint(url_token)
    given = read_input(request)
    result = take_user_turn(
        endpoint=endpoint,
        user_id=given.session.user_id,
        session_id=given.session.session_id,
        text=given.text,
        data=given.data,
    )
    return JsonResponse(
        rest_answer(session=result.chat_session, outputs=result.outputs)
    )
