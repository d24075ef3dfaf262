"""Kernel settings that decide how well containers are isolated."""

from __future__ import annotations

from ..hostfiles import HostFiles

NAMES = (
    "fs.protected_fifos",
    "fs.protected_hardlinks",
    "fs.protected_regular",
    "fs.protected_symlinks",
    "fs.suid_dumpable",
    "kernel.apparmor_restrict_unprivileged_userns",
    "kernel.dmesg_restrict",
    "kernel.kexec_load_disabled",
    "kernel.kptr_restrict",
    "kernel.modules_disabled",
    "kernel.perf_event_paranoid",
    "kernel.randomize_va_space",
    "kernel.sysrq",
    "kernel.unprivileged_bpf_disabled",
    "kernel.unprivileged_userns_clone",
    "kernel.yama.ptrace_scope",
    "net.bridge.bridge-nf-call-ip6tables",
    "net.bridge.bridge-nf-call-iptables",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.conf.default.route_localnet",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv6.conf.all.forwarding",
    "user.max_user_namespaces",
)


def collect(files: HostFiles) -> dict[str, str]:
    """The listed settings as texts, empty where this kernel has no such setting; one that may not be read is left out.

    Raises OSError where /proc/sys cannot be read.
    """
    files.names("/proc/sys")
    values = {}
    for name in NAMES:
        try:
            values[name] = " ".join(files.head("/proc/sys/" + name.replace(".", "/"), 4096).split())
        except (FileNotFoundError, NotADirectoryError):
            values[name] = ""
        except OSError:
            continue
    return values
