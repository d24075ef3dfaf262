"""What is told of the files of an image: setuid files, programs that few images need, what anybody may write.

Each judges one path with its mode (st_mode, type bits included), so that layers may be read apart and laid together.
"""

from __future__ import annotations

import re
import stat

from . import osrelease

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SETUID = stat.S_ISUID | stat.S_ISGID
MAX_RELEASE = 16 * 1024  # bytes of an os-release file
RELEASES = ("/etc/os-release", "/usr/lib/os-release")  # the first goes before
MAX_SETUID = 4096
MAX_PROGRAMS = 256
MAX_WRITABLE = 64  # names that are told of one image
KERNEL_FOLDERS = ("/proc/", "/sys/", "/dev/")
# Programs by what they are for; a distribution adds its target before and a version behind: x86_64-linux-gnu-gcc-12.
PROGRAMS = {
    "compilers": "gcc g++ cpp clang clang++ tcc gfortran gnat rustc javac ghc ocamlopt swiftc gccgo dmd ldc2 nvcc",
    "build tools": "make gmake cmake ninja meson bazel ant mvn gradle cargo go automake autoconf libtoolize ld as",
    "SSH servers": "sshd dropbear dropbearmulti tinysshd lshd wolfsshd",
    "telnet and file servers": "telnetd in.telnetd utelnetd ftpd in.ftpd vsftpd proftpd pure-ftpd tftpd in.tftpd rshd",
    "network tools": "nc netcat ncat nc.openbsd nc.traditional socat nmap masscan tcpdump tshark ettercap hping3",
    "privilege tools": "sudo sudo-rs sudo.ws doas",
}
_NAMES = "|".join(re.escape(name) for names in PROGRAMS.values() for name in names.split())
PROGRAM = re.compile(r"(?:(?:\w+-){2,4})?(?:%s)(?:-?\d+(?:\.\d+)*)?" % _NAMES, re.ASCII)


def notable(path: str, mode: int) -> bool:
    """Whether an entry is one of those that are told."""
    return setuid(mode) or world_writable(path, mode) or program(path, mode)


def setuid(mode: int) -> bool:
    """A regular file with the setuid or setgid bit."""
    return stat.S_ISREG(mode) and bool(mode & SETUID)


def world_writable(path: str, mode: int) -> bool:
    """A regular file, or a folder that is not sticky, that anybody may write."""
    if not mode & stat.S_IWOTH or path.startswith(KERNEL_FOLDERS):
        return False
    return stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and not mode & stat.S_ISVTX)


def program(path: str, mode: int) -> bool:
    """An executable of the closed list, in a folder whose name ends with bin."""
    if not stat.S_ISREG(mode) or not mode & 0o111:
        return False
    folder, _, name = path.rpartition("/")
    return folder.endswith("bin") and PROGRAM.fullmatch(name) is not None


def told(modes: dict[str, int], releases: dict[str, str]) -> dict[str, Any]:
    """The keys of an Image: ``modes`` of its notable entries, ``releases`` the texts of os-release files, by path."""
    facts: dict[str, Any] = {"Release": release(releases)}
    found = [path for path in sorted(modes) if setuid(modes[path])]
    if len(found) <= MAX_SETUID:
        facts["SetuidFiles"] = [{"Path": path[:4096], "Mode": stat.S_IMODE(modes[path])} for path in found]
    programs = [path[:4096] for path in sorted(modes) if program(path, modes[path])]
    facts["Programs"] = programs[:MAX_PROGRAMS]
    writable = [path[:4096] for path in sorted(modes) if world_writable(path, modes[path])]
    facts["WorldWritable"] = writable[:MAX_WRITABLE]
    return facts


def release(texts: dict[str, str]) -> dict[str, str]:
    """ImageRelease of the file that counts; empty words without one."""
    for path in RELEASES:
        if path in texts:
            variables = osrelease.variables(texts[path])
            return {"Id": variables.get("ID", "linux"), "VersionId": variables.get("VERSION_ID", "")}
    return {"Id": "", "VersionId": ""}
