"""The commands in the documentation do what the documentation says."""

import re
import subprocess
from pathlib import Path

import pytest

from launcher.spawning import PROJECT_FOLDER
from launcher.stack import Stack
from tests.stack.sandbox_tenant import SandboxTenant

pytestmark = pytest.mark.stack

DOCUMENT = Path(PROJECT_FOLDER) / "docs" / "handover-by-curl.md"
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
LONGEST_RUN_SECONDS = 90


def bind_default_channel(stack: Stack) -> None:
    """What `make run` does: the sandbox's own channel calls this product back."""
    SandboxTenant(
        sandbox_url=stack.sandbox_url,
        api_key="sandbox-api-key",
        tenant="sandbox-tenant",
        customer="sandbox-customer",
        queue_id="sandbox-queue",
        webhook_id="sandbox-webhook",
        channel_id="sandbox-channel",
    ).point_webhook_at(f"{stack.base_url}/handover/eightByEight")


def test_the_handover_by_curl_works_command_by_command(stack: Stack) -> None:
    bind_default_channel(stack)
    commands = "\n".join(BLOCK.findall(DOCUMENT.read_text()))
    ports = {"PORT": str(stack.port), "SANDBOX_PORT": str(stack.sandbox_port)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],  # noqa: S607
        cwd=PROJECT_FOLDER,
        env={**stack.environment, **ports},
        capture_output=True,
        text=True,
        timeout=LONGEST_RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert '"status":"requested"' in done.stdout
    assert '"not-owner"' in done.stdout
    assert "event: handover.message" in done.stdout
    assert '"endReason":"agent_ended"' in done.stdout
    assert '"deliveryReason":"not-owner"' in done.stdout
