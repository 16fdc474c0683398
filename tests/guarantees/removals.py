"""What is taken away, and the test that fails without it.

The numbers are those of docs/reliability.md. Every removal is a small edit of the
product's source; the texts to be replaced occur exactly once.
"""

from dataclasses import dataclass
from pathlib import Path

PROJECT_FOLDER = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Edit:
    """`old` is replaced by `new` in a file of the project."""

    path: str
    old: str
    new: str

    def apply_in(self, folder: Path) -> None:
        """Raises ValueError unless `old` occurs exactly once."""
        file = folder / self.path
        text = file.read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.path}: not once, but {text.count(self.old)} times")
        file.write_text(text.replace(self.old, self.new))


@dataclass(frozen=True)
class Removal:
    """`test` is the node id of a test that passes with the guarantee only."""

    guarantee: int
    what: str
    test: str
    edits: tuple[Edit, ...]


def _removal(
    guarantee: int, what: str, test: str, *edits: tuple[str, str, str]
) -> Removal:
    return Removal(
        guarantee, what, f"tests/handover/{test}", tuple(Edit(*edit) for edit in edits)
    )


ENGINE = "handover/delivery/engine.py"
LEASES = "handover/delivery/leases.py"
PROCESSING = "handover/webhooks/processing.py"

REMOVALS = (
    # 1. Nothing accepted is lost.
    _removal(
        1,
        "the 503 while the database is away: 200 is answered instead",
        "webhooks/test_database_away.py"
        "::test_a_database_that_never_was_there_answers_try_again",
        (
            "handover/webhooks/views.py",
            "        return _answer(503)\n",
            '        return JsonResponse({"status": "accepted"})\n',
        ),
    ),
    _removal(
        1,
        "the sweep for mailboxes that nobody woke",
        "delivery/test_durability.py"
        "::test_what_was_written_without_a_broker_is_found_by_the_sweep",
        (
            "handover/delivery/sweep.py",
            "return sum(wake(DRAIN_MAILBOX, pk) for pk in _take_due())",
            "return 0",
        ),
    ),
    _removal(
        1,
        "the sweep for inboxes that nobody woke",
        "webhooks/test_early_callbacks.py"
        "::test_an_inbox_that_nobody_woke_is_found_by_the_sweep",
        (
            "handover/webhooks/sweep.py",
            "            count += wake(DRAIN_INBOX, config_id, conversation_id)",
            "            count += 0",
        ),
    ),
    _removal(
        1,
        "waking after the commit: it is done inside the transaction",
        "delivery/test_durability.py::test_a_mailbox_is_woken_only_after_the_commit",
        (
            "handover/delivery/wakeups.py",
            "transaction.on_commit(partial(_wake_mailbox, mailbox_id), robust=True)",
            "_wake_mailbox(mailbox_id)",
        ),
    ),
    # 2. In order.
    _removal(
        2,
        "the lease: every worker takes every mailbox",
        "delivery/test_two_workers.py"
        "::test_a_worker_that_finds_the_mailbox_held_leaves_it_alone",
        (
            LEASES,
            '"WHERE id = %s AND (lease_owner = %s OR lease_until < %s)"',
            '"WHERE id = %s AND (lease_owner = %s OR lease_until < %s OR 1 = 1)"',
        ),
    ),
    _removal(
        2,
        "the end of a lease: a dead worker's mailbox stays taken",
        "delivery/test_two_workers.py"
        "::test_a_lease_that_ran_out_lets_another_worker_go_on",
        (
            LEASES,
            '"WHERE id = %s AND (lease_owner = %s OR lease_until < %s)"',
            '"WHERE id = %s AND (lease_owner = %s OR lease_until < %s AND 1 = 0)"',
        ),
    ),
    _removal(
        2,
        "the mark: a holder lets go without looking once more",
        "delivery/test_two_workers.py"
        "::test_a_mark_left_at_the_last_moment_makes_the_holder_look_once_more",
        (
            LEASES,
            '"WHERE id = %s AND lease_owner = %s AND NOT marked"',
            '"WHERE id = %s AND lease_owner = %s"',
        ),
    ),
    _removal(
        2,
        "oldest first: the newest delivery goes out first",
        "delivery/test_order.py"
        "::test_messages_arrive_once_and_in_the_order_they_were_written",
        (ENGINE, '.order_by("id")[:1]', '.order_by("-id")[:1]'),
    ),
    _removal(
        2,
        "waiting for the head: what backs off is overtaken",
        "delivery/test_order.py"
        "::test_a_failing_head_holds_back_its_own_mailbox_and_no_other",
        (
            ENGINE,
            "Delivery.objects.filter(mailbox_id=mailbox_id, "
            "status=DeliveryStatus.PENDING)",
            "Delivery.objects.filter(mailbox_id=mailbox_id, "
            "status=DeliveryStatus.PENDING, attempt_count=0)",
        ),
    ),
    _removal(
        2,
        "8x8's own order of events that wait together",
        "webhooks/test_late_and_doubled_events.py"
        "::test_events_that_wait_together_are_taken_in_8x8s_order",
        (
            PROCESSING,
            "key=lambda row: (row.occurred_at or row.received_at, row.pk)",
            "key=lambda row: row.pk",
        ),
    ),
    # 3. Once in effect.
    _removal(
        3,
        "the unique constraint on an event's id",
        "webhooks/test_answers.py",
        (
            "handover/webhooks/intake.py",
            'PreparedInsert(CallbackEvent, unless_same=("config", "event_id"))',
            "PreparedInsert(CallbackEvent)",
        ),
        (
            "handover/migrations/0001_initial.py",
            "models.UniqueConstraint(fields=('config', 'event_id'), "
            "name='callback_event_once_per_config')",
            "models.CheckConstraint(condition=~models.Q(event_id='x'), "
            "name='callback_event_once_per_config')",
        ),
    ),
    _removal(
        3,
        "charging the attempt before the call",
        "delivery/test_killed_worker.py"
        "::test_the_attempt_is_written_down_before_the_call_is_made",
        (
            ENGINE,
            "    _record(delivery, handover, attempt, _call(delivery, handover))",
            "    attempt.delete()\n"
            "    result = _call(delivery, handover)\n"
            "    attempt.save(force_insert=True)\n"
            "    _record(delivery, handover, attempt, result)",
        ),
    ),
    _removal(
        3,
        "asking 8x8 before a call of unknown outcome is repeated",
        "delivery/test_unknown_outcomes.py"
        "::test_a_message_whose_answer_was_lost_is_found_and_not_repeated",
        (
            ENGINE,
            "    result = ask(delivery, handover)\n    if result is None:",
            "    return True\n"
            "    result = ask(delivery, handover)\n    if result is None:",
        ),
    ),
    _removal(
        3,
        "the time that 8x8 is given before not there means not done",
        "delivery/test_killed_worker.py"
        "::test_a_second_kill_lets_the_unknown_outcome_settle_anew",
        (
            ENGINE,
            "        if timezone.now() >= settled:\n",
            "        if settled:\n",
        ),
    ),
    _removal(
        3,
        "the stable webhook-id: every attempt has its own",
        "delivery/test_callbacks_to_the_bot.py"
        "::test_the_id_stays_and_the_timestamp_is_new_on_every_attempt",
        (
            "handover/delivery/to_callback.py",
            'return f"evt_{event.handover_id.hex}_{event.seq}"',
            'return f"evt_{event.handover_id.hex}_{event.seq}_{id(object())}"'
            ' + __import__("uuid").uuid4().hex',
        ),
    ),
    _removal(
        3,
        "the check that an event is still pending, under the row lock",
        "webhooks/test_late_and_doubled_events.py"
        "::test_a_worker_whose_lease_ran_out_does_not_repeat_what_its_successor_did",
        (PROCESSING, "    return bool(_still_pending(row.pk))", "    return True"),
    ),
    # 4. Errors know whether to retry.
    _removal(
        4,
        "telling a refusal from trouble: everything is tried again",
        "delivery/test_errors_of_8x8.py"
        "::test_a_refusal_is_dead_at_once_and_the_next_one_goes_on",
        (
            ENGINE,
            "        case AttemptOutcome.REFUSED:\n",
            '        case "never":\n',
        ),
    ),
    _removal(
        4,
        "the hold of the whole config after a 429",
        "delivery/test_errors_of_8x8.py"
        "::test_retry_after_is_honoured_and_holds_the_whole_config_without_charging",
        (
            "handover/delivery/gates.py",
            "    if config.held_until and config.held_until > now:\n",
            "    if False:\n",
        ),
    ),
    _removal(
        4,
        "the config's fault: refused credentials kill the message",
        "delivery/test_errors_of_8x8.py"
        "::test_refused_credentials_are_the_configs_fault_and_its_mailboxes_wait",
        (
            ENGINE,
            "            _config_fault(delivery, handover, attempt, result)",
            "            finish(delivery, handover, result, attempt=attempt,"
            " status=DeliveryStatus.DEAD)",
        ),
    ),
    # 5. Races are designed for.
    _removal(
        5,
        "keeping callbacks that come before the answer to our own call",
        "webhooks/test_early_callbacks.py"
        "::test_a_callback_without_a_mark_waits_for_the_answer_and_is_processed_then",
        (
            PROCESSING,
            ").update(verdict=Verdict.WAITING)",
            ").update(verdict=Verdict.ORPHAN)",
        ),
    ),
    _removal(
        5,
        "asking 8x8 before a `left` ends a handover",
        "webhooks/test_leaving_and_transfers.py"
        "::test_a_transfer_is_no_end_in_whichever_order_its_events_come",
        (
            "handover/webhooks/facts.py",
            "            conversation = look_at_conversation(handover)\n"
            "            return Facts(\n                looked=True,",
            "            conversation = None\n"
            "            return Facts(\n                looked=True,",
        ),
    ),
    _removal(
        5,
        "knowing our own echo",
        "webhooks/test_what_agents_say.py::test_our_own_echo_is_no_new_message",
        ("handover/webhooks/handlers.py", "    if event.is_echo:", "    if False:"),
    ),
    _removal(
        5,
        "the table of allowed moves: ended handovers come back",
        "webhooks/test_late_and_doubled_events.py"
        "::test_nothing_late_brings_an_ended_handover_back",
        (
            "handover/states.py",
            "[source for source, targets in ALLOWED_MOVES.items() "
            "if target in targets]",
            "list(ALLOWED_MOVES)",
        ),
    ),
    # 6. One owner at a time.
    _removal(
        6,
        "the epoch: a bot may talk over a human",
        "services/test_one_owner.py"
        "::test_a_bot_with_an_old_epoch_is_refused_shown_and_never_sent",
        (
            "handover/services/messages.py",
            "            (owner_epoch or FIRST_EPOCH) != locked.owner_epoch",
            "            False",
        ),
    ),
    # 7. The customer sees only what is meant for them.
    _removal(
        7,
        "the allow-list: whatever comes is relayed",
        "webhooks/test_what_agents_say.py"
        "::test_system_texts_never_reach_the_user_or_the_bot",
        (
            "handover/services/agent_side.py",
            "    is_agent = incoming.author_type == AuthorType.AGENT",
            "    is_agent = True",
        ),
    ),
    # 8. Reconciled.
    _removal(
        8,
        "the comparison with 8x8's lists",
        "reconciliation/test_comparing_with_8x8.py"
        "::test_lost_messages_are_filled_in_in_order_and_once",
        (
            "handover/reconciliation/filling.py",
            "    merged = merge(known, listed)\n",
            "    merged = merge(known, ())\n",
        ),
    ),
    _removal(
        8,
        "reading 8x8's list before a message is relayed",
        "webhooks/test_what_agents_say.py"
        "::test_a_message_overtaken_by_a_later_one_keeps_its_place",
        (
            "handover/webhooks/facts.py",
            "            return Facts(listed=look_at_messages(handover))\n"
            "        case MembersChanged",
            "            return Facts()\n        case MembersChanged",
        ),
    ),
    _removal(
        8,
        "the pace: comparisons take as much of the rate as they like",
        "reconciliation/test_pace.py"
        "::test_five_hundred_running_handovers_stay_within_the_share",
        (
            "handover/reconciliation/pace.py",
            "    return int(str(answer)) >= 0",
            "    return bool(answer) or True",
        ),
    ),
    _removal(
        8,
        "the alarm of every fill-in",
        "reconciliation/test_alarms.py"
        "::test_each_kind_of_fill_in_is_an_alarm_and_looking_again_adds_none",
        (
            "handover/reconciliation/filling.py",
            "    message = record_incoming(handover=handover, "
            "incoming=_incoming(entry))\n    raise_alarm(",
            "    message = record_incoming(handover=handover, "
            "incoming=_incoming(entry))\n    (lambda **_: None)(",
        ),
    ),
)
