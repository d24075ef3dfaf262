"""Kinds of machines: boards and servers as their kernels describe themselves."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 2**30


@dataclass(frozen=True)
class Model:
    """One kind of machine. ``architecture`` is `uname -m`, ``platform`` what images for it are built for."""

    board: str
    architecture: str
    platform: str
    kernel: str
    system: str
    system_id: str
    system_version: str
    cpus: int
    memory: int
    cgroups: str = "2"
    limits_memory: bool = True
    limits_pids: bool = True
    apparmor: bool = True
    seccomp: bool = True
    user_namespaces: bool = True

    @property
    def lsms(self) -> list[str]:
        return ["capability", "lockdown"] + (["apparmor"] if self.apparmor else [])


def debian(board: str, cpus: int, memory: int) -> Model:
    return Model(
        board, "x86_64", "amd64", "6.1.0-26-amd64", "Debian GNU/Linux 12 (bookworm)", "debian", "12", cpus, memory
    )


def ubuntu(board: str, cpus: int, memory: int) -> Model:
    return Model(board, "x86_64", "amd64", "5.15.0-122-generic", "Ubuntu 22.04.5 LTS", "ubuntu", "22.04", cpus, memory)


RASPBERRY_OS = ("Debian GNU/Linux 12 (bookworm)", "debian", "12")

MODELS = {
    "r650": debian("Dell Inc. PowerEdge R650", 32, 128 * GIB),
    "dl360": ubuntu("HPE ProLiant DL360 Gen10", 24, 96 * GIB),
    "vm": debian("QEMU Standard PC (Q35 + ICH9, 2009)", 4, 8 * GIB),
    "nuc": ubuntu("Intel NUC11TNHi5", 8, 16 * GIB),
    "altra": Model(
        "Ampere Altra Mt. Jade",
        "aarch64",
        "arm64",
        "6.1.0-26-arm64",
        "Debian GNU/Linux 12 (bookworm)",
        "debian",
        "12",
        80,
        256 * GIB,
    ),
    # Raspberry Pi OS starts its kernel with the memory controller off.
    "pi5": Model(
        "Raspberry Pi 5 Model B Rev 1.0",
        "aarch64",
        "arm64",
        "6.6.51+rpt-rpi-2712",
        *RASPBERRY_OS,
        cpus=4,
        memory=8 * GIB,
        limits_memory=False,
        apparmor=False,
    ),
    "pi4": Model(
        "Raspberry Pi 4 Model B Rev 1.4",
        "aarch64",
        "arm64",
        "6.6.51+rpt-rpi-v8",
        *RASPBERRY_OS,
        cpus=4,
        memory=4 * GIB,
        limits_memory=False,
        apparmor=False,
    ),
    "pi3": Model(
        "Raspberry Pi 3 Model B Plus Rev 1.3",
        "armv7l",
        "arm",
        "6.1.21-v7+",
        "Raspbian GNU/Linux 11 (bullseye)",
        "raspbian",
        "11",
        4,
        GIB,
        limits_memory=False,
        apparmor=False,
    ),
    "xu4": Model(
        "Hardkernel Odroid XU4",
        "armv7l",
        "arm",
        "6.6.36-current-odroidxu4",
        "Armbian 24.8.1 bookworm",
        "debian",
        "12",
        8,
        2 * GIB,
    ),
    # The vendor's kernel of 2014: no pids controller, no LSM, no user namespaces.
    "c1": Model(
        "Hardkernel ODROID-C1+",
        "armv7l",
        "arm",
        "3.10.107-13",
        "Ubuntu 16.04.7 LTS",
        "ubuntu",
        "16.04",
        4,
        GIB,
        cgroups="1",
        limits_memory=False,
        limits_pids=False,
        apparmor=False,
        seccomp=False,
        user_namespaces=False,
    ),
}
