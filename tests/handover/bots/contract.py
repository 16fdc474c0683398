"""What every kind of bot must do. A kind inherits `BotContract` and gives `bot`."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from handover.bots.protocol import Bot, BotOutput, Turn

HELLO = Turn(user_id="user-1", session_id="session-1", text="hello")
ASK_FOR_PERSON = Turn(user_id="user-1", session_id="session-1", text="agent, please")


def status_turn(status: str, **more: Any) -> Turn:
    return Turn(
        user_id="user-1",
        session_id="session-1",
        data={"handover": {"status": status, **more}},
    )


class BotContract:
    """The promises of `handover.bots.protocol`, kept by a real bot."""

    @pytest.fixture
    def bot(self) -> Bot:
        raise NotImplementedError

    def test_it_answers_what_the_user_says(self, bot: Bot) -> None:
        outputs = bot.reply(HELLO)
        assert [bool(output.text) for output in outputs] == [True]
        _check(outputs)

    def test_it_answers_data_without_a_text(self, bot: Bot) -> None:
        turn = Turn(user_id="user-1", session_id="s", data={"payload": "hello"})
        _check(bot.reply(turn))

    def test_the_same_turn_told_again_is_answered_again(self, bot: Bot) -> None:
        turn = Turn(user_id="u", session_id="s", text="hello", turn_id="turn_1")
        assert list(bot.reply(turn)) == list(bot.reply(turn))

    def test_it_asks_for_a_handover_in_the_data_of_an_output(self, bot: Bot) -> None:
        outputs = bot.reply(ASK_FOR_PERSON)
        wishes = [
            o.data["handover"] for o in outputs if o.data and "handover" in o.data
        ]
        assert len(wishes) == 1
        assert isinstance(wishes[0], dict)

    @pytest.mark.parametrize("status", ["queue", "active"])
    def test_it_is_silent_while_a_handover_goes_on(self, bot: Bot, status: str) -> None:
        assert list(bot.reply(status_turn(status))) == []

    @pytest.mark.parametrize("status", ["completed", "cancelled", "error"])
    def test_it_takes_the_conversation_back(self, bot: Bot, status: str) -> None:
        error = {"reason": "error", "message": "8x8 could not be reached."}
        outputs = bot.reply(status_turn(status, error=error))
        assert len(outputs) == 1
        _check(outputs)
        assert "handover" not in (outputs[0].data or {})

    def test_a_status_that_it_does_not_know_is_no_fault(self, bot: Bot) -> None:
        _check(bot.reply(status_turn("something-new")))


def _check(outputs: Sequence[BotOutput]) -> None:
    for output in outputs:
        assert isinstance(output, BotOutput)
        assert output.text or output.data
        json.dumps(output.data)
