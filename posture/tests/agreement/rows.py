"""The known situations in which docker-bench-security says something untrue, and where each is staged.

The numbers are those of our own list of them. ``test_agreement`` holds each entry against what the stages really
produce; the bench holds the other tool's word too.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """One comparison: ``subject`` is a container or image looked at alone, "" the whole host."""

    stage: str
    scene: str
    subject: str
    number: str
    said: str
    ours: str


@dataclass(frozen=True, slots=True)
class Row:
    """``cannot``: what of it this machine cannot stage and why; ``posture/rules/tests/test_where_others_err.py`` then
    holds it on imagined facts."""

    number: int
    words: str
    shown: tuple[Shown, ...] = ()
    cannot: str = ""


def alone(subject: str, number: str, said: str, ours: str, stage: str = "loose") -> Shown:
    return Shown(stage, "all", subject, number, said, ours)


def whole(stage: str, number: str, said: str, ours: str, scene: str = "all") -> Shown:
    return Shown(stage, scene, "", number, said, ours)


ROWS = (
    Row(1, "A TCP port without TLS on the command line is not seen.", (
        whole("loose", "2.7", "INFO", "fail"), whole("spelled", "2.7", "INFO", "fail"),
    )),
    Row(2, "A hosts array of several lines is not seen; one of one line with verified TLS is called open; so is a log"
           " server's address.", (
        whole("array", "2.7", "INFO", "fail"), whole("line", "2.7", "WARN", "pass"),
        whole("logs", "2.7", "WARN", "pass"), whole("tight", "2.7", "INFO", "pass"),
    )),
    Row(3, "Modes are compared as decimal numbers: smaller ones that let strangers write pass, a sticky bit fails.", (
        whole("tight", "3.2", "PASS", "fail", "mode 606"), whole("tight", "3.4", "PASS", "fail", "mode 622"),
        whole("tight", "3.6", "PASS", "fail", "mode 606"), whole("tight", "3.6", "PASS", "fail", "mode 622"),
        whole("tight", "3.6", "WARN", "pass", "mode 437"), whole("tight", "3.8", "PASS", "fail", "mode 437"),
        whole("tight", "3.10", "PASS", "fail", "TLS modes"), whole("tight", "3.12", "PASS", "fail", "TLS modes"),
        whole("tight", "3.16", "PASS", "fail", "mode 646"), whole("tight", "3.18", "PASS", "fail", "mode 606"),
        whole("tight", "3.20", "PASS", "fail", "mode 622"), whole("tight", "3.21", "PASS", "fail", "mode 622"),
        whole("tight", "3.24", "PASS", "fail", "mode 646"),
    )),
    Row(4, "Mounts of parents, children and links of the listed directories pass, read-only ones too; a volume whose"
           " place in the container is /etc fails.", (
        alone("zeroes", "5.6", "PASS", "fail"), alone("zerogroup", "5.6", "PASS", "fail"),
        alone("doublezero", "5.6", "PASS", "fail"), alone("rooted", "5.6", "PASS", "fail"),
        alone("dropper", "5.6", "PASS", "fail"), alone("shell", "5.6", "PASS", "fail"),
        alone("hostly", "5.6", "WARN", "pass"), alone("doublezero", "5.32", "PASS", "fail"),
        alone("rooted", "5.32", "PASS", "fail"),
    )),
    Row(5, "User is compared as text: other spellings of root pass, images that drop root themselves fail.", (
        alone("zeroes", "4.1", "PASS", "fail"), alone("zerogroup", "4.1", "PASS", "fail"),
        alone("doublezero", "4.1", "PASS", "fail"), alone("rooted", "4.1", "PASS", "fail"),
        alone("dropper", "4.1", "WARN", "pass"),
    )),
    Row(6, "Dropped capabilities are not read: a container with all defaults passes, NET_RAW is not looked for.", (
        alone("plain", "5.4", "PASS", "fail"), alone("rooted", "5.4", "PASS", "fail"),
    )),
    Row(7, "Only a number of tries above five fails: restarting without end passes.", (
        alone("zeroes", "5.15", "PASS", "fail"), alone("zerogroup", "5.15", "PASS", "fail"),
        alone("doublezero", "5.15", "PASS", "fail"), whole("swarm", "5.15", "PASS", "fail"),
    )),
    Row(8, "A flag that is set to false counts as set.", (
        whole("loose", "2.14", "PASS", "fail"), whole("loose", "2.15", "PASS", "fail"),
        alone("zeroes", "5.26", "PASS", "fail"),
    )),
    Row(9, "The log level of the command line is not read.", (
        whole("loose", "2.3", "PASS", "fail"), whole("logs", "2.3", "PASS", "fail"),
    )),
    Row(10, "A cgroup parent in daemon.json is not seen.", (whole("array", "2.10", "PASS", "fail"),)),
    Row(11, "Any version of the engine gets the same answer.", (whole("loose", "1.2.2", "INFO", "fail"),)),
    Row(12, "A daemon without any remapping passes the check against the host's user namespace.", (
        alone("plain", "5.31", "PASS", "fail"),
    )),
    Row(13, "Only the word unconfined fails seccomp: a profile that allows every call passes, as does privileged.", (
        alone("zerogroup", "5.22", "PASS", "fail"), whole("array", "5.22", "PASS", "fail"),
        alone("asleep", "5.22", "nothing", "fail"),
    ), "This machine's kernel starts no privileged container and has seccomp: the privileged one stays stopped."),
    Row(14, "Any security option at all passes SELinux.", (alone("doublezero", "5.3", "PASS", "not_applicable"),),
        "There is no SELinux here, so the label itself cannot be staged."),
    Row(15, "A kernel module that is not there is a warning, not a matter that does not apply.", (
        alone("plain", "5.3", "WARN", "not_applicable"),
    ), "There is neither AppArmor nor SELinux here: a kernel with one of them cannot be staged."),
    Row(16, "Without ps in the image an SSH server is not seen.", (alone("shell", "5.7", "PASS", "fail"),)),
    Row(17, "Port 1024 is called privileged, publications on IPv6 are not seen, every port is one too many.", (
        alone("zerogroup", "5.8", "WARN", "pass"), alone("rooted", "5.8", "PASS", "fail"),
        alone("doublezero", "5.14", "PASS", "fail"), alone("zeroes", "5.9", "WARN", "manual"),
    )),
    Row(18, "1024 CPU shares pass, which is what a container without any has; a quota is not seen.", (
        alone("zeroes", "5.12", "PASS", "fail"), alone("zerogroup", "5.12", "WARN", "pass"),
    )),
    Row(19, "The check of ulimits is the wrong way round: who overrides them passes.", (
        alone("zeroes", "5.19", "PASS", "fail"), alone("plain", "5.19", "INFO", "pass"),
    )),
    Row(20, "Logs that are thrown away or stay here pass as remote.", (
        whole("array", "2.13", "PASS", "fail"), whole("line", "2.13", "PASS", "fail"),
        whole("tight", "2.13", "PASS", "fail"),
    )),
    Row(21, "The engine's own seccomp profile has another name since 23.0.", (whole("array", "2.17", "INFO", "fail"),),
        "The engine here is older (20.10) and prints the old name; shown is a custom profile that allows all."),
    Row(22, "Audit rules are searched for as pieces of text: one rule answers several checks, whatever it records.", (
        whole("audited", "1.1.6", "PASS", "fail", "beside"), whole("audited", "1.1.4", "PASS", "fail", "beside"),
        whole("audited", "1.1.14", "PASS", "fail", "shim alone"),
        whole("audited", "1.1.15", "PASS", "fail", "shim alone"),
        whole("audited", "1.1.18", "WARN", "fail", "shim alone"),
        whole("audited", "1.1.18", "PASS", "fail", "beside"), whole("audited", "1.1.6", "PASS", "fail", "reads only"),
        whole("audited", "1.1.6", "PASS", "fail", "never first"),
        whole("audited", "1.1.11", "WARN", "pass", "parents"),
    )),
    Row(23, "Units outside two folders are not found.", (
        whole("tight", "3.2", "INFO", "fail", "units in /usr/local"),
        whole("tight", "3.4", "INFO", "fail", "units in /usr/local"),
        whole("audited", "1.1.7", "INFO", "fail", "units in /usr/local"),
    )),
    Row(24, "A mount of the same file system on itself, which dockerd makes, passes as a partition of its own.", (
        whole("loose", "1.1.1", "PASS", "fail"), whole("tight", "1.1.1", "PASS", "pass"),
    ), "Running in a container and rootless engines cannot be staged."),
    Row(25, "Trusted people are compared as pieces of text, and a primary group is not read.", (
        whole("tight", "1.1.2", "PASS", "fail", "bob"), whole("tight", "1.1.2", "PASS", "fail", "primary"),
    )),
    Row(26, "Content trust is read from its own environment only.", (whole("tight", "4.5", "WARN", "pass"),)),
    Row(27, "A health check that is switched off passes, as does a container that is unhealthy.", (
        alone("zeroes", "5.27", "PASS", "fail"), alone("stage/silenced:1", "4.6", "PASS", "fail"),
    )),
    Row(28, "History is cut at 45 characters and searched for bare words; what a base did is the child's fault.", (
        alone("stage/hidden:1", "4.7", "PASS", "fail"), alone("stage/harmless:1", "4.7", "INFO", "pass"),
        alone("stage/child:1", "4.9", "INFO", "pass"), alone("stage/address:1", "4.9", "INFO", "pass"),
    )),
    Row(29, "Managers are counted as leaders, of which there is one; workers fail.", (
        whole("swarm", "7.1", "PASS", "pass"),
    ), "Four managers need four hosts, a worker needs a second one."),
    Row(30, "Only a certificate's life of two days passes; an ingress network always warns (here unless accepted).", (
        whole("swarm", "7.7", "INFO", "pass", "closed"), whole("swarm", "7.7", "PASS", "pass", "leak beside"),
        whole("swarm", "7.3", "WARN", "fail"),
    )),
    Row(31, "Ulimits and authorization plugins were reported as wrong; the newest version is right.", (
        whole("loose", "2.8", "INFO", "fail"), whole("spelled", "2.8", "PASS", "pass"),
        whole("loose", "2.12", "WARN", "fail"),
    )),
    Row(32, "Experimental features are not judged on engines after 19.03.", (
        whole("array", "2.18", "INFO", "fail"), whole("line", "2.18", "INFO", "pass"),
    )),
    Row(33, "Stopped containers are not judged.", (
        alone("asleep", "5.5", "nothing", "fail"), whole("loose", "5.5", "PASS", "fail"),
    )),
    Row(34, "A swarm that is not there earns points.", (
        whole("tight", "7.1", "PASS", "not_applicable"), whole("tight", "7.5", "PASS", "not_applicable"),
    )),
    Row(35, "Run in its own container it misses what was not mounted, and its own container would fail.", (),
        "Its image is not to be had without a registry."),
    Row(36, "Paths are fixed: a configuration file elsewhere is not judged.", (
        whole("line", "3.18", "INFO", "fail"),
    ), "Rootless engines do not start on this machine."),
)  # fmt: skip
