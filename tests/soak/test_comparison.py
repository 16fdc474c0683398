"""The soak's own eyes: it finds what is planted, and nothing where nothing is."""

import random

import pytest

from tests.soak.conversation import Conversation, TalkPlan
from tests.soak.ledger import Comparison, Direction, Line, compare
from tests.soak.options import Options
from tests.soak.report import Summary, as_text
from tests.soak.results import has_all_numbers, outcomes_of
from tests.soak.sink import Heard
from tests.soak.windows import FaultWindow, is_calm, percentile
from tests.stack.fixtures import ProvisionedEndpoint
from tests.stack.sandbox_tenant import SandboxTenant

SENT_AT, ARRIVED_AT = 1_000_000.0, 1_000_000.25
ARRIVED_TEXT = "1970-01-12T13:46:40.250Z"


@pytest.mark.parametrize(
    ("arrived", "found"),
    [
        ([1, 2, 3, 4], Comparison()),
        ([1, 3, 4], Comparison(lost=(2,))),
        ([1, 2, 3], Comparison(lost=(4,))),
        ([], Comparison(lost=(1, 2, 3, 4))),
        ([1, 2, 2, 3, 4], Comparison(doubled=(2,))),
        ([1, 2, 3, 4, 2], Comparison(doubled=(2,))),
        ([1, 3, 2, 4], Comparison(reordered=(2,))),
        ([4, 1, 2, 3], Comparison(reordered=(1, 2, 3))),
        ([1, 2, 3, 4, 9], Comparison(strange=(9,))),
        ([3, 1, 1], Comparison(lost=(2, 4), doubled=(1,), reordered=(1,))),
    ],
)
def test_what_was_planted_is_found(arrived: list[int], found: Comparison) -> None:
    assert compare([1, 2, 3, 4], arrived) == found
    assert found.is_clean == (arrived == [1, 2, 3, 4])


def test_a_message_without_an_answer_may_arrive_or_not() -> None:
    assert compare([1, 2], [1, 2, 3], unanswered={3}).is_clean
    assert compare([1, 2], [1, 2], unanswered={3}).is_clean


def test_order_is_the_order_of_acceptance_and_not_of_the_numbers() -> None:
    assert compare([2, 1], [2, 1]).is_clean
    assert compare([2, 1], [1, 2]).reordered == (2,)


def conversation(*, accepted: int) -> Conversation:
    eight = SandboxTenant(
        sandbox_url="",
        api_key="",
        tenant="",
        customer="",
        queue_id="",
        webhook_id="",
        channel_id="",
    )
    endpoint = ProvisionedEndpoint(
        name="",
        url_token="",
        endpoint_url="",
        webhook_url="",
        api_key="",
        callback_secret="",
        base_url="",
        eight=eight,
    )
    talk = Conversation(
        plan=TalkPlan(number=0, endpoint=0, starts_at=0, ends_at=1),
        endpoint=endpoint,
        chance=random.Random(0),  # noqa: S311 - not used here
        handover_id="h",
        lines={direction: Line() for direction in Direction},
    )
    for line in talk.lines.values():
        for number in range(1, accepted + 1):
            line.accept(number, sent_at=SENT_AT)
    return talk


def at_8x8(*numbers: int) -> list[dict[str, object]]:
    link: dict[str, object] = {"text": "Agent Assist: x", "author": {"type": "bot"}}
    said: list[dict[str, object]] = [
        {
            "text": f"up {number}",
            "author": {"type": "user"},
            "createdAt": ARRIVED_TEXT,
        }
        for number in numbers
    ]
    return [link, *said]


def at_bot(*numbers: int, ids: list[str] | None = None) -> list[Heard]:
    names = ids or [f"evt_{place}" for place, _ in enumerate(numbers)]
    return [
        Heard(
            name,
            ARRIVED_AT,
            {
                "type": "handover.message",
                "data": {
                    "seq": place + 1,
                    "message": {"text": f"down {number}", "authorType": "agent"},
                },
            },
        )
        for place, (name, number) in enumerate(zip(names, numbers, strict=True))
    ]


def comparisons(
    *, up: list[dict[str, object]], down: list[Heard], accepted: int = 2
) -> dict[Direction, Comparison]:
    outcomes = outcomes_of(
        conversation(accepted=accepted), at_8x8=up, at_bot=down, windows=[]
    )
    return {outcome.direction: outcome.comparison for outcome in outcomes}


def test_8x8s_side_is_counted_raw() -> None:
    found = comparisons(up=at_8x8(1, 2, 2), down=at_bot(1, 2))
    assert found[Direction.UP] == Comparison(doubled=(2,))
    assert found[Direction.DOWN].is_clean


def test_a_repeated_webhook_id_is_no_double_but_the_same_words_under_two_are() -> None:
    repeated = comparisons(up=at_8x8(1, 2), down=at_bot(1, 1, 2, ids=["a", "a", "b"]))
    doubled = comparisons(up=at_8x8(1, 2), down=at_bot(1, 1, 2, ids=["a", "b", "c"]))
    assert repeated[Direction.DOWN].is_clean
    assert doubled[Direction.DOWN] == Comparison(doubled=(1,))


def test_a_late_repeat_does_not_count_as_out_of_order() -> None:
    found = comparisons(up=at_8x8(1, 2), down=at_bot(1, 2, 1, ids=["a", "b", "a"]))
    assert found[Direction.DOWN].is_clean


def test_a_conversation_that_arrived_nowhere_is_lost_as_a_whole() -> None:
    found = comparisons(up=[], down=[])
    assert [comparison.lost for comparison in found.values()] == [(1, 2), (1, 2)]


def test_the_numbers_of_the_events_have_neither_gap_nor_fault_of_order() -> None:
    one, two, three = at_bot(1, 2, 3)
    assert has_all_numbers([one, two, two, three])
    assert not has_all_numbers([one, three])
    assert not has_all_numbers([two, one])


def test_one_lost_message_makes_the_summary_unclean_and_is_named_in_it() -> None:
    outcomes = outcomes_of(
        conversation(accepted=2), at_8x8=at_8x8(1), at_bot=at_bot(1, 2), windows=[]
    )
    summary = Summary(
        options=Options(seed=1), outcomes=outcomes, faults={"429": 2}, seconds=1
    )
    assert not summary.is_clean
    document = summary.to_json()
    assert document["directions"]["user→8x8"]["lost"] == 1
    assert document["directions"]["agent→bot"]["lost"] == 0
    assert [finding["lost"] for finding in document["findings"]] == [(2,)]
    assert "NOT CLEAN" in as_text(document)


def test_delays_are_measured_where_no_fault_was_on() -> None:
    def measured(*windows: FaultWindow) -> tuple[float, ...]:
        up, _ = outcomes_of(
            conversation(accepted=1), at_8x8=at_8x8(1), at_bot=[], windows=windows
        )
        return up.calm_delays

    during = FaultWindow(
        kind="429", began_at=ARRIVED_AT - 0.1, ended_at=ARRIVED_AT, endpoint=0
    )
    elsewhere = FaultWindow(
        kind="429", began_at=ARRIVED_AT - 0.1, ended_at=ARRIVED_AT, endpoint=1
    )
    assert measured() == measured(elsewhere) == (0.25,)
    assert measured(during) == ()


def test_the_time_right_after_a_fault_is_not_calm_either() -> None:
    window = FaultWindow(kind="worker-killed", began_at=10, ended_at=20)
    assert not is_calm([window], endpoint=0, since=24, until=30)
    assert is_calm([window], endpoint=0, since=25.1, until=30)


def test_percentiles_are_values_that_were_measured() -> None:
    hundred = [float(number) for number in range(100)]
    assert [percentile(hundred, part) for part in (0.5, 0.95, 0.99)] == [50, 95, 99]
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([], 0.5) is None
