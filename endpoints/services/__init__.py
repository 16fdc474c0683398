"""What can be done with endpoints. Other rooms import from here."""

from endpoints.services.api_keys import (
    find_endpoint_by_api_key,
    issue_api_key,
    revoke_api_key,
)
from endpoints.services.callback_health import (
    disable_callback_url,
    enable_callback_url,
)
from endpoints.services.callback_secrets import (
    live_callback_secrets,
    rotate_callback_secret,
)
from endpoints.services.clients import client_for, key_ring_for, outbound_session
from endpoints.services.config_health import (
    clear_config_failing,
    hold_config,
    mark_config_failing,
    record_callback,
    take_probe,
)
from endpoints.services.connection_check import Check, CheckResult, check_connection
from endpoints.services.endpoint_changes import (
    rotate_url_token,
    save_eight_by_eight_config,
)
from endpoints.services.probing import probe_now
from endpoints.services.provisioning import ProvisionedEndpoint, provision_endpoint

__all__ = [
    "Check",
    "CheckResult",
    "ProvisionedEndpoint",
    "check_connection",
    "clear_config_failing",
    "client_for",
    "disable_callback_url",
    "enable_callback_url",
    "find_endpoint_by_api_key",
    "hold_config",
    "issue_api_key",
    "key_ring_for",
    "live_callback_secrets",
    "mark_config_failing",
    "outbound_session",
    "probe_now",
    "provision_endpoint",
    "record_callback",
    "revoke_api_key",
    "rotate_callback_secret",
    "rotate_url_token",
    "save_eight_by_eight_config",
    "take_probe",
]
