"""Test connection: calls 8x8 with the saved values and says in plain words what
works, what does not, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum

from endpoints.eightbyeight.client import EightByEightClient
from endpoints.eightbyeight.errors import API_KEY_SETTING as KEY_LABEL
from endpoints.eightbyeight.errors import (
    BASE_URL_SETTING,
    CHANNEL_SETTING,
    QUEUE_SETTING,
    TENANT_SETTING,
    CredentialsRefused,
    EightByEightError,
    NotFound,
    Rejected,
    TenantRefused,
)
from endpoints.eightbyeight.results import Channel
from endpoints.models import EightByEightConfig
from endpoints.selectors import endpoint_url, shared_webhook_url, webhook_url
from endpoints.services.clients import client_for
from endpoints.services.config_health import clear_config_failing
from endpoints.services.connection_advice import host_advice, tenant_advice

# An admin waits for the page meanwhile.
READ_TIMEOUT_SECONDS = 5.0
HOST_LABEL = BASE_URL_SETTING
WEBHOOK_LABEL = "Webhook"


class CheckResult(StrEnum):
    WORKS = "works"
    FAILS = "fails"
    UNKNOWN = "not checked"
    LOOK = "look"


@dataclass(frozen=True)
class Check:
    """One line for the admin: what was checked, how it went, what to do."""

    label: str
    result: CheckResult
    text: str


def check_connection(config: EightByEightConfig) -> list[Check]:
    """One check each for host, key, tenant, channel, webhook and queue, in this
    order. When nothing fails, the config no longer counts as failing."""
    client = client_for(config, read_timeout_seconds=READ_TIMEOUT_SECONDS)
    checks = _run(config, client)
    if not any(check.result == CheckResult.FAILS for check in checks):
        clear_config_failing(config)
    return checks


def _run(config: EightByEightConfig, client: EightByEightClient) -> list[Check]:
    channel: Channel | None = None
    try:
        channel = _find_channel(config, client)
    except EightByEightError as error:
        return _after_refusal(config, error)
    checks = [
        _works(HOST_LABEL, "8x8 answers."),
        _works(KEY_LABEL, "8x8 accepts the key."),
        _works(
            TENANT_SETTING,
            "8x8 accepts the tenant."
            if config.tenant
            else "Not set, and 8x8 does not ask for it.",
        ),
    ]
    if channel is None:
        advice = (
            f"8x8 has no channel {config.channel_id}. Copy the id from Channels, "
            "Chat API, in the 8x8 Configuration Manager."
        )
        return [
            *checks,
            _fails(CHANNEL_SETTING, advice),
            _unknown(WEBHOOK_LABEL),
            _check_queue(config, client, None),
        ]
    name = f" ({channel.name})" if channel.name else ""
    return [
        *checks,
        _works(CHANNEL_SETTING, f"The channel{name} exists."),
        _check_webhook(config, client, channel),
        _check_queue(config, client, channel),
    ]


def _find_channel(
    config: EightByEightConfig, client: EightByEightClient
) -> Channel | None:
    """None when 8x8 answers well but has no such channel. A 404 alone could come
    from any web server, so the list is asked for before that is believed."""
    try:
        return client.get_channel(channel_id=config.channel_id)
    except (NotFound, Rejected) as error:
        if error.setting == BASE_URL_SETTING:
            raise
        client.list_channels(size=1)
        return None


def _after_refusal(config: EightByEightConfig, error: EightByEightError) -> list[Check]:
    """The checks, when already the first call came to nothing."""
    rest = [_unknown(CHANNEL_SETTING), _unknown(WEBHOOK_LABEL), _unknown(QUEUE_SETTING)]
    match error:
        case CredentialsRefused():
            advice = (
                "8x8 refuses the key. Enter the key (not its secret) of an app that "
                "may use the Contact Center Chat Gateway."
            )
            answers = _works(HOST_LABEL, "8x8 answers.")
            return [answers, _fails(KEY_LABEL, advice), _unknown(TENANT_SETTING), *rest]
        case TenantRefused():
            return [
                _works(HOST_LABEL, "8x8 answers."),
                _works(KEY_LABEL, "8x8 knows the key."),
                _fails(TENANT_SETTING, tenant_advice(config)),
                *rest,
            ]
    host = _fails(HOST_LABEL, host_advice(error))
    return [host, _unknown(KEY_LABEL), _unknown(TENANT_SETTING), *rest]


def _check_webhook(
    config: EightByEightConfig, client: EightByEightClient, channel: Channel
) -> Check:
    """Only a hint: callbacks may come by way of a proxy under another name."""
    advice = (
        "The channel's webhook leads elsewhere. In 8x8, give the webhook the webhook "
        "URL of this page, or no answer of an agent arrives."
    )
    if not channel.webhook_id:
        return _fails(WEBHOOK_LABEL, "The channel has no webhook. Choose one in 8x8.")
    try:
        uri = client.get_webhook(webhook_id=channel.webhook_id).uri.rstrip("/")
    except EightByEightError:
        return _unknown(WEBHOOK_LABEL)
    ours = {
        webhook_url(config.endpoint),
        endpoint_url(config.endpoint),
        shared_webhook_url(),
    }
    if uri in ours:
        return _works(WEBHOOK_LABEL, "The channel's webhook leads here.")
    return Check(label=WEBHOOK_LABEL, result=CheckResult.LOOK, text=advice)


def _check_queue(
    config: EightByEightConfig, client: EightByEightClient, channel: Channel | None
) -> Check:
    if not config.queue_id:
        return _works(QUEUE_SETTING, "Not set: the channel's own queue is used.")
    if channel is not None and channel.queue_id == config.queue_id:
        return _works(QUEUE_SETTING, "It is the channel's own queue.")
    try:
        queue_id = client.get_queue(queue_id=config.queue_id).id
    except EightByEightError:
        # 404 may mean that the queue or that the statistics do not exist.
        return _look_for_queue(config, client)
    if queue_id == config.queue_id:
        return _works(QUEUE_SETTING, "The queue exists.")
    return _look_for_queue(config, client)


def _look_for_queue(config: EightByEightConfig, client: EightByEightClient) -> Check:
    try:
        queue_ids = {queue.id for queue in client.list_queues()}
    except EightByEightError:
        return Check(
            label=QUEUE_SETTING,
            result=CheckResult.UNKNOWN,
            text=(
                "This could not be checked: 8x8 does not show its queues to this "
                "key. Compare the id with the queue in the Configuration Manager."
            ),
        )
    if config.queue_id in queue_ids:
        return _works(QUEUE_SETTING, "The queue exists.")
    return _fails(
        QUEUE_SETTING,
        f"8x8 has no queue {config.queue_id}. Copy the id from Queues in the 8x8 "
        "Configuration Manager.",
    )


def _works(label: str, text: str) -> Check:
    return Check(label=label, result=CheckResult.WORKS, text=text)


def _fails(label: str, text: str) -> Check:
    return Check(label=label, result=CheckResult.FAILS, text=text)


def _unknown(label: str) -> Check:
    text = "This could not be checked before the rest works."
    return Check(label=label, result=CheckResult.UNKNOWN, text=text)
