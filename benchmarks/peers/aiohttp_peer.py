"""Bare aiohttp with wechatpy: decrypts and parses a callback, and stores nothing. No access log, plain asyncio loop."""

import sys

from aiohttp import web
from wechatpy.enterprise import parse_message
from wechatpy.enterprise.crypto import WeChatCrypto

crypto: WeChatCrypto


async def callback(request: web.Request) -> web.Response:
    """Verify, decrypt, parse, answer."""
    query = request.query
    body = await request.read()
    xml = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
    return web.Response() if parse_message(xml).source else web.Response(status=400)


async def empty(request: web.Request) -> web.Response:
    """Reads the body and answers: what the server costs without any of our work."""
    await request.read()
    return web.Response()


if __name__ == "__main__":
    port, token, key, corp = sys.argv[1:]
    crypto = WeChatCrypto(token, key, corp)
    app = web.Application()
    app.router.add_post("/wecom/callback", callback)
    app.router.add_post("/wecom/nothing!", empty)  # of the same length
    app.router.add_get("/healthz", empty)
    web.run_app(app, host="127.0.0.1", port=int(port), access_log=None, print=None, keepalive_timeout=300)
