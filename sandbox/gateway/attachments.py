"""Files of a conversation: upload, metadata, content."""

from urllib.parse import quote

from aiohttp import web

from sandbox import talk
from sandbox.gateway.bodies import AUTHOR_TYPES
from sandbox.gateway.call import Call, hal_response
from sandbox.gateway.hal import list_response
from sandbox.gateway.problems import Problem, invalid, not_found
from sandbox.gateway.resources import attachment_json
from sandbox.model import Attachment

LIST_FIELDS = ("id", "filename", "createdAt")


async def create(call: Call) -> web.Response:
    conversation = call.running_conversation()
    if call.request.content_type != "multipart/form-data":
        raise Problem(
            415, "unsupported_media_type", "The body must be multipart/form-data."
        )
    form = await call.request.post()
    file = form.get("attachment")
    if not isinstance(file, web.FileField):
        raise invalid("missing_value", "attachment must be a file.", field="attachment")
    author_type = form.get("authorType", "user")
    if author_type not in AUTHOR_TYPES:
        raise invalid(
            "invalid_value",
            f"authorType must be one of: {', '.join(AUTHOR_TYPES)}.",
            field="authorType",
        )
    attachment = talk.add_attachment(
        conversation,
        filename=file.filename,
        content_type=file.content_type,
        content=file.file.read(),
    )
    return hal_response(attachment_json(attachment))


async def list_all(call: Call) -> web.Response:
    attachments = call.conversation().attachments.values()
    return list_response(
        call,
        name="attachments",
        items=[attachment_json(attachment) for attachment in attachments],
        fields=LIST_FIELDS,
        required_extra="data",
    )


async def read(call: Call) -> web.Response:
    return hal_response(attachment_json(_find(call)))


async def download(call: Call) -> web.Response:
    return file_response(_find(call))


def file_response(attachment: Attachment) -> web.Response:
    """Always as a download: a browser must not run what somebody uploaded."""
    return web.Response(
        body=attachment.content,
        headers={
            "Content-Type": "application/octet-stream",
            "Content-Disposition": "attachment; filename*=UTF-8''"
            + quote(attachment.filename, safe=""),
            "X-Content-Type-Options": "nosniff",
        },
    )


def _find(call: Call) -> Attachment:
    identifier = call.request.match_info["attachment_id"]
    attachment = call.conversation().attachments.get(identifier)
    if attachment is None:
        raise not_found("attachment", identifier)
    return attachment
