"""Security options: the list of ``/info`` and those of one container, in every spelling engines have used."""

from collections.abc import Iterable
from dataclasses import dataclass

from posture.facts.values import Unseen


@dataclass(frozen=True, slots=True)
class EngineSecurity:
    """What is known of an engine, part by part. ``seccomp`` is its profile as printed, None without seccomp."""

    apparmor: bool | Unseen
    selinux: bool | Unseen
    userns: bool | Unseen
    rootless: bool | Unseen
    no_new_privileges: bool | Unseen
    seccomp: str | None | Unseen


def unseen_security(unseen: Unseen) -> EngineSecurity:
    """Of an engine that did not say."""
    return EngineSecurity(unseen, unseen, unseen, unseen, unseen, unseen)


def engine_security(options: Iterable[str]) -> EngineSecurity:
    """From ``SecurityOptions``: "name=seccomp,profile=default" since 1.13, plain "seccomp" before."""
    found: dict[str, dict[str, str]] = {}
    for option in options:
        parts = dict(part.partition("=")[::2] for part in option.split(","))
        name = parts.pop("name", option.split(",")[0]).strip()
        found[name] = parts
    return EngineSecurity(
        apparmor="apparmor" in found,
        selinux="selinux" in found,
        userns="userns" in found,
        rootless="rootless" in found,
        no_new_privileges="no-new-privileges" in found,
        seccomp=found["seccomp"].get("profile", "default") if "seccomp" in found else None,
    )


def container_option(options: Iterable[str], name: str) -> str | None:
    """The last value of one option of ``SecurityOpt``: "name=value", "name:value"; "" for the bare name."""
    value: str | None = None
    for option in options:
        if option == name:
            value = ""
        elif option[: len(name) + 1] in (f"{name}=", f"{name}:"):
            value = option[len(name) + 1 :]
    return value


def label_disabled(options: Iterable[str]) -> bool:
    """Whether SELinux labels are switched off: ``label=disable`` or ``label:disable``."""
    return any(option.replace(":", "=", 1) == "label=disable" for option in options)


def no_new_privileges(options: Iterable[str]) -> bool | None:
    """True, False (``no-new-privileges=false``), or None when nothing is said."""
    value = container_option(options, "no-new-privileges")
    if value is None:
        return None
    return value.strip().lower() not in ("false", "0", "f")
