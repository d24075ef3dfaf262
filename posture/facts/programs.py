"""Programs inside an image that give somebody a way in, or up."""

import posixpath

from posture.facts.wire.image import SetuidFile

SSH_SERVERS = frozenset(("sshd", "dropbear", "dropbearmulti", "tinysshd", "lshd", "wolfsshd"))
# su is no part: every Debian base has it, and it asks for the password of an account that has none.
_SUDO = frozenset(("sudo", "sudo-rs", "sudo.ws", "doas"))
_SETUID = 0o4000


def ssh_servers(programs: list[str]) -> tuple[str, ...]:
    """Those of the paths that are SSH servers."""
    return tuple(path for path in programs if posixpath.basename(path) in SSH_SERVERS)


def sudo_programs(files: list[SetuidFile]) -> tuple[str, ...]:
    """Paths of the setuid programs that run commands as somebody else."""
    return tuple(file.Path for file in files if file.Mode & _SETUID and posixpath.basename(file.Path) in _SUDO)
