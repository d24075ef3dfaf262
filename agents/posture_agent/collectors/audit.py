"""The audit rules loaded in the kernel, asked for over netlink and written the way auditctl writes them.

Source of numbers: the kernel's include/uapi/linux/audit.h and netlink.h.
"""

from __future__ import annotations

import errno
import socket
import struct

from ..reading import ABSENT, NOT_PERMITTED, SOURCE_FAILED, TIMED_OUT, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

NETLINK_AUDIT = 9
GET_STATUS, LIST_RULES = 1000, 1013
REQUEST = 0x1
REQUEST_AND_DUMP = REQUEST | 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
RULE = struct.Struct(
    "=III64I64I64I64II"
)  # flags, action, field count, mask, fields, values, field flags, buffer length
STATUS = struct.Struct("=II")  # mask, enabled; the rest of struct audit_status differs between kernels
SWITCHED_OFF = "-e 0"  # auditctl's words for it; where auditing is on (1) or locked (2) nothing is said
TIMEOUT = 5.0
MAX_RULES = 4096

LISTS = {0: "user", 1: "task", 2: "entry", 4: "exit", 5: "exclude", 6: "filesystem", 7: "io_uring"}
ACTIONS = {0: "never", 1: "possible", 2: "always"}
WATCH, PERM, DIRECTORY, KEY, EXE = 105, 106, 107, 210, 112
STRING_FIELDS = {13: "subj_user", 14: "subj_role", 15: "subj_type", 16: "subj_sen", 17: "subj_clr", 19: "obj_user",
                 20: "obj_role", 21: "obj_type", 22: "obj_lev_low", 23: "obj_lev_high", WATCH: "path",
                 DIRECTORY: "dir", EXE: "exe", KEY: "key"}  # fmt: skip
NUMBER_FIELDS = {0: "pid", 1: "uid", 2: "euid", 3: "suid", 4: "fsuid", 5: "gid", 6: "egid", 7: "sgid", 8: "fsgid",
                 9: "auid", 10: "pers", 11: "arch", 12: "msgtype", 18: "ppid", 24: "sessionid", 26: "fstype",
                 100: "devmajor", 101: "devminor", 102: "inode", 103: "exit", 104: "success", 108: "filetype",
                 109: "obj_uid", 110: "obj_gid", 200: "a0", 201: "a1", 202: "a2", 203: "a3"}  # fmt: skip
OPERATORS = {0x40000000: "=", 0x30000000: "!=", 0x10000000: "<", 0x20000000: ">", 0x50000000: "<=", 0x60000000: ">=",
             0x08000000: "&", 0x48000000: "&="}  # fmt: skip
PERMISSIONS = ((4, "r"), (2, "w"), (1, "x"), (8, "a"))
EVERY_CALL = (0xFFFFFFFF,) * 63


def collect() -> list[str]:
    """The loaded rules in the kernel's order, as texts, after ``-e 0`` where auditing is switched off: rules stay
    loaded then and record nothing. Raises Unreadable or OSError."""
    try:
        connection = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
    except OSError as error:
        if error.errno in (errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT, errno.EINVAL):
            raise Unreadable(ABSENT, "This kernel has no audit support.") from None
        raise
    with connection:
        connection.settimeout(TIMEOUT)
        connection.bind((0, 0))
        connection.sendto(HEADER.pack(HEADER.size, GET_STATUS, REQUEST, 1, 0), (0, 0))
        status = switch(next(answers(connection, GET_STATUS), b""))
        connection.sendto(HEADER.pack(HEADER.size, LIST_RULES, REQUEST_AND_DUMP, 2, 0), (0, 0))
        return (status + [written(payload) for payload in answers(connection, LIST_RULES)])[:MAX_RULES]


def switch(status: bytes) -> list[str]:
    """``-e 0`` of a struct audit_status that says so, else nothing."""
    if len(status) < STATUS.size:
        raise Unreadable(SOURCE_FAILED, "The kernel's audit answer is malformed.")
    return [SWITCHED_OFF] if STATUS.unpack_from(status)[1] == 0 else []


def answers(connection: socket.socket, wanted: int) -> Iterator[bytes]:
    """The payload of each message of the wanted kind until the kernel says that it is done."""
    while True:
        try:
            data = connection.recv(65536)
        except socket.timeout:
            raise Unreadable(TIMED_OUT, "The kernel did not tell of its audit rules in time.") from None
        while len(data) >= HEADER.size:
            length, kind, _, _, _ = HEADER.unpack_from(data)
            if length < HEADER.size:
                raise Unreadable(SOURCE_FAILED, "The kernel's audit answer is malformed.")
            payload, data = data[HEADER.size : length], data[(length + 3) & ~3 :]
            if kind == NLMSG_DONE:
                return
            if kind == NLMSG_ERROR:
                refuse(-struct.unpack_from("=i", payload)[0])
            elif kind == wanted:
                yield payload


def refuse(number: int) -> None:
    """Raise for an error number of the kernel; zero is an acknowledgement."""
    if number in (errno.EPERM, errno.EACCES, errno.ECONNREFUSED):
        raise Unreadable(NOT_PERMITTED, "Listing audit rules needs root (CAP_AUDIT_CONTROL) on the host itself.")
    if number:
        raise Unreadable(SOURCE_FAILED, "The kernel refuses to list its audit rules.")


def written(payload: bytes) -> str:
    """One rule as auditctl -l writes it; system calls by number."""
    numbers = RULE.unpack_from(payload)
    flags, action, count = numbers[:3]
    mask, codes, values, operators = (numbers[i : i + 64] for i in (3, 67, 131, 195))
    buffer = payload[RULE.size : RULE.size + numbers[259]]
    fields, offset = [], 0
    for index in range(min(count, 64)):
        code, value, operator = codes[index], values[index], operators[index]
        text = str(value)
        if code in STRING_FIELDS:
            text, offset = buffer[offset : offset + value].decode("utf-8", "replace"), offset + value
        fields.append((code, text, OPERATORS.get(operator, "=")))
    every = mask[:63] == EVERY_CALL
    watch = as_watch(fields) if every and flags & 0xF == 4 and action == 2 else None
    return watch or as_rule(fields, flags, action, [] if every else calls(mask))


def as_watch(fields: list[tuple[int, str, str]]) -> str | None:
    """``-w PATH -p PERMISSIONS -k KEY`` where a rule is no more than a watch; the path of one for all below a
    directory ends with a slash, which auditctl's own listing leaves out."""
    found = {code: text for code, text, _ in fields}
    path = found.get(WATCH, found.get(DIRECTORY))
    if path is None or PERM not in found or set(found) - {WATCH, DIRECTORY, PERM, KEY}:
        return None
    if DIRECTORY in found:
        path = path.rstrip("/") + "/"
    words = ["-w %s -p %s" % (path, permissions(int(found[PERM])))]
    return " ".join(words + ["-k %s" % key for key in found.get(KEY, "").split("\x01") if key])


def as_rule(fields: list[tuple[int, str, str]], flags: int, action: int, numbers: list[int]) -> str:
    """``-a ACTION,LIST -S CALLS -F FIELD…`` of any other rule."""
    words = ["-a %s,%s" % (ACTIONS.get(action, str(action)), LISTS.get(flags & 0xF, str(flags & 0xF)))]
    if numbers:
        words.append("-S " + ",".join(str(number) for number in numbers))
    for code, text, operator in fields:
        name = STRING_FIELDS.get(code) or NUMBER_FIELDS.get(code) or "f%d" % code
        if code == PERM:
            name, text = "perm", permissions(int(text))
        words.append("-F %s%s%s" % (name, operator, text))
    return " ".join(words)


def permissions(bits: int) -> str:
    """Letters of a permission mask."""
    return "".join(letter for bit, letter in PERMISSIONS if bits & bit)


def calls(mask: tuple[int, ...]) -> list[int]:
    """Numbers of the system calls in a mask."""
    return [index * 32 + bit for index, word in enumerate(mask) for bit in range(32) if word >> bit & 1]
