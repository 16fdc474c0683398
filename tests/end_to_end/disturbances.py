"""Talking on while parts of the system are killed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import requests

from launcher.stack import Stack
from tests.end_to_end.talk import Talk, new_name
from tests.end_to_end.whole_transcript import check_callbacks, check_transcripts
from tests.stack.callback_sink import CallbackSink
from tests.stack.waiting import wait_for

# More than one API key's rate lets out in a second: a queue builds up.
LINES = 50
# When the bot has got rid of so many lines, something is killed.
MOMENTS = (5, 25)
ANSWER_TIMEOUT_SECONDS = 60
TALK_TIMEOUT_SECONDS = 120


def _has_ended(stack: Stack, name: str, pid: int) -> bool:
    return stack.pid(name) != pid


def kill_and_start(stack: Stack, *names: str) -> None:
    """End processes without a word, and have them back."""
    old = {name: stack.kill(name) for name in names}
    for name, pid in old.items():
        wait_for(partial(_has_ended, stack, name, pid), what=f"{name} ends")
    for name in names:
        # At once: the supervisor would wait longer after each of many kills.
        stack.start_process(name)


def talk_while(disturb: Callable[[], None], talk: Talk, sink: CallbackSink) -> None:
    """Both sides talk; `disturb` is called twice; everything arrives, once."""
    user = [f"user {number}" for number in range(LINES)]
    agent = [f"agent {number}" for number in range(LINES)]
    taken: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        speaking = [
            pool.submit(_say_all, talk, user, taken),
            pool.submit(_agent_says_all, talk, agent),
        ]
        for moment in MOMENTS:
            wait_for(
                partial(_has_come_to, taken, moment),
                TALK_TIMEOUT_SECONDS,
                what=f"{moment} lines taken",
            )
            disturb()
        for speaker in speaking:
            speaker.result(TALK_TIMEOUT_SECONDS)
    talk.wait_until_8x8_has(*user)
    talk.wait_until_bot_knows(*agent)
    talk.act("end")
    talk.wait_until("completed")
    check_transcripts(talk, user=user, agent=agent)
    check_callbacks(talk, sink)


def _say_all(talk: Talk, texts: list[str], taken: list[str]) -> None:
    for text in texts:
        _say_until_taken(talk, text)
        taken.append(text)


def _agent_says_all(talk: Talk, texts: list[str]) -> None:
    for text in texts:
        talk.agent_says(text)


def _has_come_to(taken: list[str], moment: int) -> bool:
    return len(taken) >= moment


def _say_until_taken(talk: Talk, text: str) -> None:
    """As a careful bot does it: the same request again until there is an answer."""
    key = {"Idempotency-Key": new_name("key")}

    def is_taken() -> bool:
        try:
            answer = talk.endpoint.api(
                "POST",
                f"{talk.path}/messages",
                json={"authorType": "user", "text": text},
                headers=key,
            )
        except requests.RequestException:
            return False
        assert answer.status_code == 202 or answer.status_code >= 500, answer.text
        return answer.status_code == 202

    wait_for(is_taken, ANSWER_TIMEOUT_SECONDS, what=f"202 for {text}")
