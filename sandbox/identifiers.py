"""Opaque identifiers: 22 characters of URL-safe base64, as 8x8's look."""

import base64
import uuid


def new_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
