"""Everything that a request handler needs, in one place."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from sandbox.callback_log import Callback, CallbackLog
from sandbox.callbacks import Dispatcher
from sandbox.changes import Changes
from sandbox.faults import Faults
from sandbox.registrations import Registrations
from sandbox.request_log import RequestLog
from sandbox.signing import Signer, load_or_create_signer
from sandbox.store import Store
from sandbox.transmitter import Transmitter


@dataclass(frozen=True)
class Options:
    """From the environment; the defaults are those of a developer's machine."""

    first_retry_seconds: float = 1.0
    callback_timeout_seconds: float = 10.0
    hang_seconds: float = 30.0

    @classmethod
    def from_environment(cls) -> "Options":
        """Raises ValueError naming the variable that is no number."""
        return cls(
            first_retry_seconds=_seconds("SANDBOX_RETRY_SECONDS", 1.0),
            callback_timeout_seconds=_seconds("SANDBOX_CALLBACK_TIMEOUT_SECONDS", 10.0),
            hang_seconds=_seconds("SANDBOX_HANG_SECONDS", 30.0),
        )


@dataclass
class Sandbox:
    signer: Signer
    store: Store
    dispatcher: Dispatcher
    options: Options
    faults: Faults
    callbacks: CallbackLog
    changes: Changes
    requests: RequestLog = field(default_factory=RequestLog)
    base_url: str = ""  # known when the server listens


SANDBOX: web.AppKey[Sandbox] = web.AppKey("sandbox", Sandbox)


def build_sandbox(*, folder: Path, options: Options) -> Sandbox:
    """Creates the data folder and the signing key when they are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    signer = load_or_create_signer(folder=folder)
    store = Store(registrations=Registrations(folder=folder))
    faults, log, changes = Faults(), CallbackLog(), Changes()

    def uri_of(callback: Callback) -> str:
        # Looked up at every attempt: a corrected webhook gets the retries too.
        tenant = store.tenants.get(callback.tenant_id)
        webhook = tenant.webhooks.get(callback.webhook_id) if tenant else None
        return callback.uri or (webhook.uri if webhook else "")

    dispatcher = Dispatcher(
        transmitter=Transmitter(
            signer=signer,
            uri_of=uri_of,
            timeout_seconds=options.callback_timeout_seconds,
        ),
        faults=faults,
        log=log,
        changed=changes.announce,
        first_retry_seconds=options.first_retry_seconds,
    )
    return Sandbox(
        signer=signer,
        store=store,
        dispatcher=dispatcher,
        options=options,
        faults=faults,
        callbacks=log,
        changes=changes,
    )


def _seconds(variable: str, default: float) -> float:
    text = os.environ.get(variable, "")
    try:
        return float(text) if text else default
    except ValueError:
        raise ValueError(f"{variable} must be a number of seconds") from None
