"""FastAPI on uvicorn (uvloop, httptools) with wechatpy: decrypts and parses a callback, and stores nothing.

Set up to be quick: no access log, no lifespan, no docs, the bare Request instead of parameters that would be validated.
"""

import sys

import uvicorn  # type: ignore[import-not-found,unused-ignore]
from fastapi import FastAPI, Request, Response  # type: ignore[import-not-found,unused-ignore]
from wechatpy.enterprise import parse_message
from wechatpy.enterprise.crypto import WeChatCrypto

app = FastAPI(openapi_url=None)
crypto: WeChatCrypto


@app.post("/wecom/callback")
async def callback(request: Request) -> Response:
    """Verify, decrypt, parse, answer."""
    query = request.query_params
    body = await request.body()
    xml = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
    return Response() if parse_message(xml).source else Response(status_code=400)


@app.get("/healthz")
async def healthz() -> Response:
    """Whether it is ready."""
    return Response()


if __name__ == "__main__":
    port, token, key, corp = sys.argv[1:]
    crypto = WeChatCrypto(token, key, corp)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        lifespan="off",
        timeout_keep_alive=300,
    )
