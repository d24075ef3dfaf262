"""Runs a command as on Linux 3.10: system calls that came later are answered with ENOSYS, by a seccomp filter.

    python old_kernel.py COMMAND ARGUMENT…

On x86-64 numbers were given out in order: 313 (finit_module) was the last of 3.10; among those after it are getrandom,
memfd_create, statx, copy_file_range, pidfd_open, openat2, close_range and faccessat2. The filter outlives exec.
"""

import ctypes
import os
import struct
import sys

LAUNCHER = (sys.executable, __file__)
LAST_OF_3_10 = 313
ENOSYS = 38
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
LOAD, JUMP_IF_GREATER, RETURN = 0x20, 0x25, 0x06  # instructions of a classic BPF program
ALLOW, ERROR = 0x7FFF0000, 0x00050000


def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """A struct sock_filter."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


def grow_old() -> None:
    """Load the filter. OSError where the kernel refuses it."""
    program = b"".join(
        [
            instruction(LOAD, 0),  # the number of the call
            instruction(JUMP_IF_GREATER, LAST_OF_3_10, 0, 1),
            instruction(RETURN, ERROR | ENOSYS),
            instruction(RETURN, ALLOW),
        ]
    )
    text = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(text))  # a struct sock_fprog
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0)):
        if libc.prctl(*words):
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    grow_old()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the command of whoever called us
