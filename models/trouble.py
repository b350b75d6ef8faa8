"""Why a database or a file did not do what it was asked: half a sentence for whoever types commands.

The words are ours: what the drivers say may quote addresses, passwords or what people wrote.
"""

import errno
import sqlite3
from collections.abc import Iterator


class Trouble(Exception):
    """What an administrator has to know or to decide, in one sentence."""


ELSE = "数据库打不开（{}）。请检查地址、账号，以及文件和磁盘是否可写。"
FULL = "磁盘已满，没有写完。请腾出空间再试。"
READ_ONLY = "只能读，不能写。请检查文件和文件夹的权限。"
BUSY = "数据库正忙，别的程序占着不放。请先停下机器人再试。"
DAMAGED = "数据库文件已损坏，或根本不是数据库。请停下机器人，把它连同 -wal、-shm 移到别处，再用备份恢复。"

_SQLITE = {  # by the beginnings of the error names, the longer ones first
    "SQLITE_FULL": FULL,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_PERM": READ_ONLY,
    "SQLITE_CANTOPEN": "文件打不开。请检查路径，以及文件夹的权限。",
    "SQLITE_BUSY": BUSY,
    "SQLITE_LOCKED": BUSY,
    "SQLITE_NOTADB": DAMAGED,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_IOERR": "读写文件出错，多半是磁盘已满或已坏。",
}
_POSTGRES = {
    "28": "账号或密码不对。",
    "3D": "服务器上没有这个数据库。",
    "42501": "这个账号的权限不够。",
    "53100": FULL,
    "53": "服务器的资源用完了（连接太多，或内存不足）。",
    "55P03": BUSY,
    "57": "服务器正在停机或刚刚启动，请稍后再试。",
    "25006": "服务器现在只能读，不能写。",
}
_CONNECTING = {  # libpq says these in words only
    "password authentication failed": _POSTGRES["28"],
    "no password supplied": "缺少密码。",
    "does not exist": "服务器上没有这个账号或数据库。",
    "no pg_hba.conf entry": "服务器不让这台机器用这个账号连接（pg_hba.conf）。",
    "too many": _POSTGRES["53"],
    "starting up": _POSTGRES["57"],
    "shutting down": _POSTGRES["57"],
    "server closed the connection": "服务器断开了连接。",
    "failed to resolve": "找不到这台服务器，请检查主机名。",
    "Connection refused": "服务器没有开，或端口不对。",
    "No such file or directory": "服务器没有开，或套接字的位置不对。",
    "timeout expired": "服务器没有回答。",
}
_SYSTEM = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.ENOENT: "没有这个文件夹。",
    errno.ENOTDIR: "没有这个文件夹。",
    errno.EISDIR: "这是文件夹，不是文件。",
    errno.ENAMETOOLONG: "文件名太长。",
}


def why(error: BaseException) -> str:
    """What is wrong, and what to look at."""
    for cause in _causes(error):
        if words := _words(cause):
            return words
    return ELSE.format(type(getattr(error, "orig", None) or error).__name__)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what the driver said, and what led to it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        if isinstance(original := getattr(seen, "orig", None), BaseException):
            yield original
        seen = seen.__cause__


def _words(error: BaseException) -> str:
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", "")
        return next((words for start, words in _SQLITE.items() if name.startswith(start)), "")
    if state := getattr(error, "sqlstate", None):
        return next((words for start, words in _POSTGRES.items() if str(state).startswith(start)), "")
    if type(error).__module__.startswith("psycopg"):
        return next((words for text, words in _CONNECTING.items() if text in str(error)), "")
    if isinstance(error, OSError):
        return _SYSTEM.get(error.errno or 0, "")
    return ""
