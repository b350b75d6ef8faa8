"""CPU per accepted callback, beside the bare cipher: what no implementation can do without."""

import base64
import hashlib
import re
import time
from collections.abc import Sequence
from statistics import median

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from benchmarks import processes
from benchmarks.accept import callbacks, good
from benchmarks.bench import Bench, settle
from benchmarks.office import AES_KEY, TOKEN, Sealer, moved
from benchmarks.processes import MEASURED, pinned
from benchmarks.results import Bar, Figure, Row

_KEY = base64.b64decode(AES_KEY + "=")
_ENCRYPT = re.compile(rb"<Encrypt><!\[CDATA\[(.*?)\]\]></Encrypt>")
_QUERY = re.compile(rb"timestamp=(\d+)&nonce=(\d+)")

Sealed = tuple[bytes, bytes, bytes]


def sealed_of(requests: Sequence[bytes]) -> list[Sealed]:
    """(time stamp, nonce, cipher text) of prebuilt requests, so that nothing but the cipher is measured."""
    found = []
    for one in requests:
        query, encrypt = _QUERY.search(one), _ENCRYPT.search(one)
        assert query
        assert encrypt
        found.append((query[1], query[2], encrypt[1]))
    return found


def bare(sealed: Sequence[Sealed]) -> float:
    """CPU seconds one callback costs if nothing is done but SHA-1, base64 and AES; on the core of the servers."""
    token, key, sha1, decode = TOKEN.encode(), _KEY, hashlib.sha1, base64.b64decode
    with pinned(MEASURED):
        begun = time.process_time()
        for stamp, nonce, encrypt in sealed:
            sha1(b"".join(sorted((token, stamp, nonce, encrypt))), usedforsecurity=False).hexdigest()
            decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
            decryptor.update(decode(encrypt)) + decryptor.finalize()
        return (time.process_time() - begun) / len(sealed)


async def run(bench: Bench) -> Row:
    """The bot, a server that does nothing, and the cipher alone, turn and turn about."""
    row = Row(
        "cipher",
        "CPU seconds of the whole process (kernel and all threads, from /proc) for each accepted callback, workers held back.",
    )
    number, sealer, place = bench.size(10_000, 400), Sealer(), bench.place("cipher")
    ours, nothing, alone = [], [], []
    peer = processes.peer("aiohttp_peer", place.folder)
    assert peer
    async with bench.serving(place, held=True) as (bot, _):
        try:
            await peer.start()
            await good(bot, callbacks(sealer, 500))
            for turn in range(bench.rounds):
                bench.say(f"cipher: round {turn + 1} of {bench.rounds}")
                requests = callbacks(sealer, number)
                alone.append(1e6 * bare(sealed_of(requests)))
                ours.append(1e6 * await _cpu(bot, requests))
                nothing.append(1e6 * await _cpu(peer, moved(requests, "/wecom/nothing!")))
        finally:
            await peer.stop()
    cipher = "SHA-1 + base64 + AES"
    row.figures = [
        Figure("CPU per accepted callback", "µs", ours, cipher, alone, Bar(most=4.0, ratio=True)),
        Figure("… of which HTTP: aiohttp that reads the body and answers", "µs", nothing, cipher, alone),
        Figure("… without HTTP", "µs", [a - b for a, b in zip(ours, nothing, strict=True)], cipher, alone),
    ]
    http = median(row.figures[1].ratios)
    row.notes.append(
        f"What bounds it: HTTP. A server on this stack that does nothing at all with a callback costs {http:.1f} × the cipher "
        "already: one read, one write and one wake-up of the loop are system calls, the cipher of a usual message is not. "
        "Where the rest goes is in the profile under accept."
    )
    return row


async def _cpu(server: processes.Server, requests: Sequence[bytes]) -> float:
    """CPU seconds for each of these."""
    await settle(0.2)
    before = server.cpu()
    await good(server, requests)
    return (server.cpu() - before) / len(requests)
