"""An agent's words are not lost because of a name longer than our columns."""

from endpoints.models import Endpoint
from handover.models import Message
from tests.handover.callbacks import Forge, Post, verdicts
from tests.handover.steps import start_handover

LONG = "x" * 300


def test_names_longer_than_our_columns_are_cut_and_the_words_are_kept(
    endpoint: Endpoint, post: Post, forge: Forge
) -> None:
    handover = start_handover(endpoint)
    ours = handover.conversation_id
    joined = {"memberType": "agent", "change": "joined", "id": LONG, "name": LONG}
    sender = {"id": LONG, "type": "agent", "name": LONG}
    post.process(
        forge.event(ours, "QUEUED", {"queueId": LONG, "queueName": LONG}),
        forge.event(ours, "MEMBERS_CHANGED", joined),
        forge.event(ours, "MESSAGE", {"sender": sender, "text": "hello"}),
    )
    assert [verdict for _, verdict, _ in verdicts(handover)] == ["processed"] * 3
    handover.refresh_from_db()
    assert (handover.agent_id, handover.queue_id) == (LONG[:256], LONG[:256])
    assert handover.owner_epoch == 2
    assert Message.objects.get(author_type="agent").text == "hello"
