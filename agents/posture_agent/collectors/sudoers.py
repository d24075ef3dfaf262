"""Who may act as root through sudo: the names that its files give rights to, and nothing else of them."""

from __future__ import annotations

import os
import re

from ..hostfiles import HostFiles
from ..reading import TOO_LARGE, Unreadable
from .groups import group_names

MAIN = "/etc/sudoers"
OTHER = "/etc/sudoers-rs"  # sudo-rs reads it instead where it is there
INCLUDE = re.compile(r'[#@]include(dir)?\s+(?:"([^"]+)"|((?:\\.|[^\s\\])+))')
ALIAS = re.compile(r"User_Alias\s+(.*)")
NO_RULE = re.compile(r"(?:Defaults|Host_Alias|Runas_Alias|Cmnd_Alias|Cmd_Alias)")
MAX_FILES = 256
MAX_NAMES = 4096


def collect(files: HostFiles) -> list[str]:
    """``alarm``, ``%wheel``, ``#1000``, ``ALL``, sorted; empty without sudo. A group's number becomes its name.

    Raises OSError, or Unreadable where there are too many files or names to say who has no right.
    """
    names: set[str] = set()
    aliases: dict[str, list[str]] = {}
    pending = [MAIN, OTHER]
    read: set[str] = set()
    while pending:
        path = pending.pop()
        if path in read or not files.exists(path):
            continue
        if len(read) == MAX_FILES:
            raise Unreadable(TOO_LARGE, "The rules of sudo are in more than %d files." % MAX_FILES)
        read.add(path)
        for line in lines(files.text(path)):
            found = INCLUDE.fullmatch(line)
            if found:
                pending += included(files, spelled(files, found), bool(found.group(1)))
            elif ALIAS.match(line):
                aliases.update(users(ALIAS.sub(r"\1", line)))
            elif "=" in line and not line.startswith("#include") and not NO_RULE.match(line):
                names.update(subjects(line))
    named = {by_name(files, name)[:4096] for name in resolved(names, aliases)}
    if len(named) > MAX_NAMES:
        raise Unreadable(TOO_LARGE, "The rules of sudo name more than %d users." % MAX_NAMES)
    return sorted(named)


def spelled(files: HostFiles, include: re.Match[str]) -> str:
    """The path of an include: in quotes or with escaped spaces, ``%h`` for the short name of this host."""
    path = include.group(2) or re.sub(r"\\(.)", r"\1", include.group(3))
    host = files.word("/proc/sys/kernel/hostname") or ""
    return path.replace("%h", host.partition(".")[0])


def by_name(files: HostFiles, name: str) -> str:
    """``%#27`` as the name of that group, if it has one."""
    known = group_names(files) if re.fullmatch(r"%#\d+", name) else {}
    return "%" + known[int(name[2:])] if known and int(name[2:]) in known else name


def lines(text: str) -> list[str]:
    """Logical lines without comments. ``#`` before a digit is a uid, before ``include`` an instruction."""
    joined = re.sub(r"\\\n\s*", " ", text).splitlines()
    bare = (re.sub(r"(?<!\\)#(?!\d|include).*", "", line).strip() for line in joined)
    return [line for line in bare if line]


def included(files: HostFiles, path: str, folder: bool) -> list[str]:
    """Files that an include names; sudo leaves names with a dot or a tilde at the end out of a folder."""
    path = os.path.join(os.path.dirname(MAIN), path)
    if not folder:
        return [path]
    try:
        names = files.names(path)
    except FileNotFoundError:
        return []
    return ["%s/%s" % (path, name) for name in names if "." not in name and not name.endswith("~")]


def subjects(line: str) -> list[str]:
    """Those before the first host list: ``a, %b ALL=(ALL) ALL`` names a and %b. What ``!`` denies is left out."""
    left = re.sub(r"\s*,\s*", ",", line.partition("=")[0].replace('"', ""))
    return [name for name in re.split(r"(?<!\\)\s", left)[0].split(",") if name and not name.startswith("!")]


def users(text: str) -> dict[str, list[str]]:
    """``ADMINS = a, b : OTHERS = c`` by alias."""
    pairs = (part.partition("=") for part in text.split(":"))
    return {name.strip(): [user.strip() for user in members.split(",") if user.strip()] for name, _, members in pairs}


def resolved(names: set[str], aliases: dict[str, list[str]]) -> set[str]:
    """Names with aliases taken apart, also where one holds another."""
    found: set[str] = set()
    pending, seen = list(names), set()
    while pending:
        name = pending.pop()
        if name in aliases and name not in seen:
            seen.add(name)
            pending += [user for user in aliases[name] if not user.startswith("!")]
        elif name not in aliases:
            found.add(name)
    return found
