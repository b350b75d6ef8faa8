"""Our cipher against the vendor's own npm package, both ways; fetched once into pytest's cache, skipped where it cannot be."""

import base64
import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from wechatpy.enterprise.crypto import PrpCrypto

from bot.wecom.crypto import Seal

PACKAGE = "@wecom/crypto@1.0.1"
PEER = Path(__file__).with_name("wecom_peer.cjs")
TOKEN, CORP = "crosschecktoken", "wwcrosscheck0001"


@pytest.fixture(scope="module")
def modules(pytestconfig: pytest.Config) -> Path:
    """A node_modules folder that holds the package."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        pytest.skip("node and npm are not installed: the vendor's cipher is not compared")
    folder = pytestconfig.cache.mkdir("wecom-crypto")
    found = folder / "node_modules"
    if not (found / "@wecom" / "crypto" / "package.json").is_file():
        command = [npm, "install", "--prefix", str(folder), "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
        command += ["--fetch-retries=0", "--fetch-timeout=8000", PACKAGE]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=30)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            pytest.skip(f"npm cannot fetch {PACKAGE}: the vendor's cipher is not compared")
    return found


def peer(modules: Path, verb: str, rows: list[dict[str, str]], key: str) -> list[dict[str, Any]]:
    env = {**os.environ, "NODE_PATH": str(modules), "WECOM_TOKEN": TOKEN, "WECOM_AES_KEY": key}
    done = subprocess.run(
        ["node", str(PEER), verb],
        input=json.dumps(rows),
        env=env,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    answer: list[dict[str, Any]] = json.loads(done.stdout)
    return answer


def texts(rng: random.Random) -> list[str]:
    alphabet = "abc019 \n<>&\"'提案办理Ω😀"
    fixed = [
        "",
        "7301954826410937715",
        "😀与换行\n\t结束",
        "<xml><Content><![CDATA[提案]]></Content></xml>",
        "提" * 20_000,
    ]
    every_padding = ["x" * n for n in range(64)]
    return fixed + every_padding + ["".join(rng.choices(alphabet, k=rng.randrange(400))) for _ in range(100)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_one_side_seals_the_other_opens(modules: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - the same texts in every run
    key = base64.b64encode(rng.randbytes(32)).decode().rstrip("=")
    seal, messages = Seal(TOKEN, key, CORP), texts(rng)

    sealed = peer(modules, "encrypt", [{"message": message, "id": CORP} for message in messages], key)
    opened = [seal.open(row["signature"], row["timestamp"], row["nonce"], row["encrypt"]) for row in sealed]
    assert opened == messages

    ours = PrpCrypto(base64.b64decode(key + "="))
    rows = [
        {"encrypt": ours.encrypt(text, CORP).decode(), "timestamp": str(n), "nonce": "n"}
        for n, text in enumerate(messages)
    ]
    for message, row, back in zip(messages, rows, peer(modules, "decrypt", rows, key), strict=True):
        signature = seal.signature(row["timestamp"], row["nonce"], row["encrypt"])
        assert back == {"message": message, "id": CORP, "signature": signature}
