"""What can go wrong between us and 8x8.

Every error answers three questions: may the same call be made again
(`retryable`), can it have happened although it failed (`outcome_unknown`), and
which field of the admin page mends it (`setting`). No error carries a body, a key
or a customer's words: `code` is one short machine word.
"""

BASE_URL_SETTING = "Base URL"
API_KEY_SETTING = "API Key"
TENANT_SETTING = "8x8-Tenant"
CHANNEL_SETTING = "8x8 Channel Id"
QUEUE_SETTING = "8x8 Queue Id"


class EightByEightError(Exception):
    """The root. `retry_after_seconds` is 8x8's own wish, already clamped."""

    retryable = False
    setting = ""

    def __init__(
        self,
        summary: str,
        *,
        code: str,
        status: int | None = None,
        outcome_unknown: bool = False,
        retry_after_seconds: float | None = None,
        setting: str | None = None,
    ) -> None:
        super().__init__(summary)
        self.code = code
        self.status = status
        self.outcome_unknown = outcome_unknown
        self.retry_after_seconds = retry_after_seconds
        if setting is not None:
            self.setting = setting


class Unreachable(EightByEightError):
    """No connection came about: the call has certainly not happened."""

    retryable = True


class ConnectionLost(EightByEightError):
    """The connection broke or timed out after the request may have been written."""

    retryable = True


class ServerTrouble(EightByEightError):
    """5xx. Something that is not a GET may have happened all the same."""

    retryable = True


class TryLater(EightByEightError):
    """408 or 425: not done, worth another try."""

    retryable = True


class RateLimited(TryLater):
    """429: not done, and 8x8 may say for how long to be quiet."""


class MalformedAnswer(EightByEightError):
    """A success whose body cannot be understood."""

    retryable = True


class ConfigFault(EightByEightError):
    """The settings are at fault, not the message: it waits until they are mended."""


class CredentialsRefused(ConfigFault):
    """401, or a key that cannot be sent at all."""

    setting = API_KEY_SETTING


class TenantRefused(ConfigFault):
    """403: 8x8 also answers so when the tenant is not the customer's."""

    setting = TENANT_SETTING


class AddressRefused(ConfigFault):
    """We refuse to call the Base URL: its address is not allowed or not valid."""

    setting = BASE_URL_SETTING


class NotFound(EightByEightError):
    """404."""


class Rejected(EightByEightError):
    """Another 4xx, or a redirect (which is never followed)."""


class KeyUnknown(EightByEightError):
    """8x8 does not know the public key with this id (or was asked too often)."""


class KeyServiceUnavailable(EightByEightError):
    """Whether the key exists cannot be found out now."""

    retryable = True
