"""The public key of the callbacks' signature. No API key is needed for it."""

from aiohttp import web

from sandbox.context import SANDBOX
from sandbox.gateway.problems import not_found


async def read_public_key(request: web.Request) -> web.Response:
    signer = request.app[SANDBOX].signer
    kid = request.match_info["kid"]
    if kid != signer.kid:
        raise not_found("key", kid)
    return web.json_response(signer.public_jwk())
