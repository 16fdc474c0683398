"""Conversations and their messages."""

from collections.abc import Sequence

from endpoints.eightbyeight.calls import PREFIX, Calls, path_part
from endpoints.eightbyeight.json_values import moment, text_at
from endpoints.eightbyeight.payloads import (
    MAX_HISTORY_MESSAGES,
    Assignment,
    AuthorType,
    Card,
    HistoryMessage,
    Json,
    UserData,
    message_json,
)
from endpoints.eightbyeight.results import (
    Conversation,
    ConversationCreated,
    ListedMessage,
    Page,
    read_conversation,
    read_message,
    read_page,
)


class ConversationCalls(Calls):
    """None of these POSTs is idempotent, and a 202 means accepted, not done."""

    def create_conversation(
        self,
        *,
        channel_id: str,
        user: UserData,
        assignment: Assignment | None,
        history: Sequence[HistoryMessage],
    ) -> ConversationCreated:
        """Start a conversation; of a longer history the newest 200 are sent."""
        body: Json = {"channelId": channel_id, "user": user.to_json()}
        if assignment is not None:
            body["assignment"] = assignment.to_json()
        if history:
            newest = history[-MAX_HISTORY_MESSAGES:]
            body["history"] = {"messages": [item.to_json() for item in newest]}
        document = self._document("POST", f"{PREFIX}/conversations", body=body)
        conversation_id = text_at(document, "conversationId", "id")
        if not conversation_id:
            raise self._malformed("POST", 202)
        return ConversationCreated(
            conversation_id=conversation_id,
            created_at=moment(document.get("createdAt")),
        )

    def send_message(
        self,
        *,
        conversation_id: str,
        author_type: AuthorType,
        text: str,
        attachment_ids: Sequence[str] = (),
        cards: Sequence[Card] = (),
    ) -> None:
        self._command(
            "POST",
            _conversation(conversation_id) + "/messages",
            body=message_json(
                author_type=author_type,
                text=text,
                attachment_ids=attachment_ids,
                cards=cards,
            ),
        )

    def end_conversation(self, *, conversation_id: str) -> None:
        """The user leaves, which ends the interaction."""
        self._command(
            "PATCH",
            _conversation(conversation_id) + "/participants/user",
            body={"removed": True},
        )

    def update_conversation(
        self,
        *,
        conversation_id: str,
        user: UserData | None = None,
        assignment: Assignment | None = None,
    ) -> None:
        """Change what the agent sees, or who has the conversation, or both."""
        body: Json = {}
        if user is not None:
            body["user"] = user.to_json()
        if assignment is not None:
            body["assignment"] = assignment.to_json()
        self._command("PATCH", _conversation(conversation_id), body=body)

    def get_conversation(self, *, conversation_id: str) -> Conversation:
        return read_conversation(self._document("GET", _conversation(conversation_id)))

    def list_conversations(
        self, *, fiql: str = "", sort: str = "", page: int = 0, size: int = 100
    ) -> Page[Conversation]:
        """`fiql` is 8x8's filter language; pages count from 0."""
        query: dict[str, object] = {"page": page, "size": size}
        if fiql:
            query["filter"] = fiql
        if sort:
            query["sort"] = sort
        document = self._document("GET", f"{PREFIX}/conversations", query=query)
        return read_page(document, name="conversations", item=read_conversation)

    def list_messages(
        self,
        *,
        conversation_id: str,
        sort: str = "createdAt:desc",
        page: int = 0,
        size: int = 50,
    ) -> Page[ListedMessage]:
        document = self._document(
            "GET",
            _conversation(conversation_id) + "/messages",
            query={"sort": sort, "page": page, "size": size},
        )
        return read_page(document, name="messages", item=read_message)


def _conversation(conversation_id: str) -> str:
    return f"{PREFIX}/conversations/{path_part(conversation_id)}"
