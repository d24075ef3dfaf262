"""When operating systems and engines stop to get security updates: one table, read from public lists.

Source: the products/*.md files of github.com/endoflife-date/endoflife.date at their state of 22 August 2026; Docker 1.x
from the dates in moby's CHANGELOG.md, where each release ended the one before. What counts:

* the last day on which everybody gets updates without a contract: Debian's LTS counts, Ubuntu Pro, Debian ELTS and
  SUSE LTSS do not;
* a rolling release never ends;
* a branch whose end was not announced when the table was read is vouched for by this table for one year, no longer:
  an old table must not call an engine maintained for ever;
* a release that the table does not know is Unseen.
"""

import re

from posture.facts.observed import NOT_COLLECTED
from posture.facts.values import Unseen

NEVER = "9999-12-31T00:00:00Z"
_UNANNOUNCED = "2027-08-22"  # a year after the table was read

_RELEASE = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}", re.ASCII)
_ENGINE = re.compile(r"v?([0-9]{1,4}(?:\.[0-9]{1,4}){1,3})", re.ASCII)

_ROLLING = frozenset(
    ["arch", "archarm", "endeavouros", "gentoo", "kali", "manjaro", "manjaro-arm", "opensuse-tumbleweed", "void"]
)
# Systems that get their updates from another one and count as it does.
_SAME_AS = {
    "raspbian": ("debian",),
    "armbian": ("debian", "ubuntu"),
    "centos": ("centos", "centos-stream"),
    "opensuse-leap": ("opensuse",),
    "sles_sap": ("sles",),
}

_SYSTEMS = {
    "debian": """
        13=2030-06-30 12=2028-06-30 11=2026-08-31 10=2024-06-30 9=2022-07-01 8=2020-06-30 7=2018-05-31 6=2016-02-29
        5=2012-02-06
    """,
    "devuan": "6=2030-06-30 5=2028-06-10 4=2026-08-15 3=2024-06-01",
    "ubuntu": """
        26.04=2031-04-30 25.10=2026-07-01 25.04=2026-01-17 24.10=2025-07-10 24.04=2029-05-31 23.10=2024-07-12
        23.04=2024-01-20 22.10=2023-07-20 22.04=2027-04-01 21.10=2022-07-14 21.04=2022-01-20 20.10=2021-07-22
        20.04=2025-05-31 19.10=2020-07-06 19.04=2020-01-23 18.10=2019-07-18 18.04=2023-05-31 17.10=2018-07-19
        17.04=2018-01-13 16.10=2017-07-20 16.04=2021-04-02 15.10=2016-07-28 15.04=2016-02-04 14.10=2015-07-23
        14.04=2019-04-02 13.10=2014-07-17 13.04=2014-01-27 12.10=2014-05-16 12.04=2017-04-28
    """,
    "alpine": """
        3.24=2028-06-01 3.23=2027-11-01 3.22=2027-05-01 3.21=2026-11-01 3.20=2026-04-01 3.19=2025-11-01
        3.18=2025-05-09 3.17=2024-11-22 3.16=2024-05-23 3.15=2023-11-01 3.14=2023-05-01 3.13=2022-11-01
        3.12=2022-05-01 3.11=2021-11-01 3.10=2021-05-01 3.9=2020-11-01 3.8=2020-05-01 3.7=2019-11-01 3.6=2019-05-01
        3.5=2018-11-01 3.4=2018-05-01 3.3=2017-11-01 3.2=2017-05-01 3.1=2016-11-01 3.0=2016-05-01
    """,
    "rhel": "10=2035-05-31 9=2032-05-31 8=2029-05-31 7=2024-06-30 6=2020-11-30 5=2017-03-31",
    "almalinux": "10=2035-05-31 9=2032-05-31 8=2029-05-31",
    "rocky": "10=2035-05-31 9=2032-05-31 8=2029-05-31",
    # CentOS Stream 8 prints the same id and version as CentOS 8, which ended first.
    "centos": "8=2021-12-31 7=2024-06-30 6=2020-11-30 5=2017-03-31",
    "centos-stream": "10=2030-05-31 9=2027-05-31",
    "ol": f"10={_UNANNOUNCED} 9=2032-06-30 8=2029-07-31 7=2024-12-31 6=2021-03-31",
    "fedora": """
        44=2027-06-02 43=2026-12-09 42=2026-05-27 41=2025-12-15 40=2025-05-13 39=2024-11-26 38=2024-05-21
        37=2023-12-05 36=2023-05-16 35=2022-12-13 34=2022-06-07 33=2021-11-30 32=2021-05-25 31=2020-11-24
        30=2020-05-26 29=2019-11-26 28=2019-05-28 27=2018-11-30 26=2018-05-29 25=2017-12-12 24=2017-08-08
        23=2016-12-20 22=2016-07-19 21=2015-12-01
    """,
    "opensuse": """
        16.0=2027-10-31 15.6=2026-04-30 15.5=2024-12-31 15.4=2023-12-07 15.3=2022-12-31 15.2=2022-01-04
        15.1=2021-02-02 15.0=2019-12-03 42.3=2019-07-01 42.2=2018-01-26 42.1=2017-05-17 13.2=2017-01-17
        13.1=2016-02-03
    """,
    "sles": """
        16.0=2027-11-30 15.7=2031-07-31 15.6=2025-12-31 15.5=2024-12-31 15.4=2023-12-31 15.3=2022-12-31
        15.2=2021-12-31 15.1=2021-01-31 15.0=2019-12-31 15=2019-12-31 12.5=2024-10-31 12.4=2020-06-30 12.3=2019-06-30
        12.2=2018-03-31 12.1=2017-05-31 12.0=2016-06-30 12=2016-06-30 11.4=2019-03-31 11.3=2016-01-31 11.2=2014-01-31
    """,
    "amzn": "2023=2029-06-30 2=2026-06-30 2018.03=2023-12-31 2017.09=2023-12-31 2017.03=2023-12-31 2016.09=2023-12-31",
}
_ENGINES = {
    "docker": f"""
        29={_UNANNOUNCED} 28=2026-05-13 27=2025-05-03 26.1=2025-02-17 26.0=2024-06-08 25.0=2026-12-04 24.0=2024-06-08
        23.0=2025-05-19 20.10=2023-12-10 19.03=2021-01-08 18.09=2019-08-22 18.06=2018-12-08 18.05=2018-08-18
        18.04=2018-06-09 18.03=2018-05-10 18.02=2018-04-21 18.01=2018-03-07 17.12=2018-02-10 17.11=2018-01-27
        17.10=2017-12-20 17.09=2017-11-17 17.07=2017-10-26 17.06=2017-09-29 17.05=2017-07-28 17.04=2017-06-04
        17.03=2017-05-05 1.13=2017-03-01 1.12=2017-01-18 1.11=2016-07-28 1.10=2016-04-13 1.9=2016-02-04 1.8=2015-11-03
    """,
    "podman": f"""
        6.1={_UNANNOUNCED} 6.0=2026-08-12 5.8=2026-09-26 5.7=2026-02-12 5.6=2025-11-11 5.5=2025-08-15 5.4=2025-05-13
        5.3=2025-02-11 5.2=2024-11-12 5.1=2024-08-01 5.0=2024-05-29 4.9=2024-05-30 4.8=2024-01-03 4.7=2023-10-31
        4.6=2023-08-28 4.5=2023-05-26 4.4=2023-03-27 4.3=2022-11-10 4.2=2022-09-06 4.1=2022-06-14 4.0=2022-04-01
        3.4=2022-04-20 3.3=2021-08-30 3.2=2021-07-16 3.1=2021-04-21 3.0=2022-05-16
    """,
}

Branch = tuple[int, ...]


def _table(text: str) -> dict[Branch, str]:
    pairs = (word.split("=") for word in text.split())
    return {_branch(version): f"{day}T00:00:00Z" for version, day in pairs}


def _branch(version: str) -> Branch:
    return tuple(int(part) for part in version.split("."))


_SYSTEM_ENDS = {name: _table(text) for name, text in _SYSTEMS.items()}
_ENGINE_ENDS = {name: _table(text) for name, text in _ENGINES.items()}


def os_support_end(os_id: str, version: str) -> str | Unseen:
    """RFC 3339 midnight UTC of the last day of security updates of a release; far ahead for a rolling one.

    ``os_id`` and ``version`` are ID and VERSION_ID of os-release: ("debian", "12"), ("alpine", "3.19.1"), ("arch", "").
    Unseen (not_collected) for a release that the table does not know, and for development releases.
    """
    name = os_id.strip().lower()
    if name in _ROLLING:
        return NEVER
    found = _RELEASE.fullmatch(version.strip())
    if found is None:
        return NOT_COLLECTED
    ends = (_end(_SYSTEM_ENDS.get(one, {}), found[0]) for one in _SAME_AS.get(name, (name,)))
    return next((end for end in ends if end is not None), NOT_COLLECTED)


def engine_support_end(kind: str, version: str) -> str | Unseen:
    """The same of an engine's branch upstream, whoever packaged it. ``kind``: docker or podman; ``version`` as it
    prints it: "20.10.24+dfsg1", "v4.3.1"."""
    found = _ENGINE.match(version.strip())
    end = None if found is None else _end(_ENGINE_ENDS.get(kind, {}), found[1])
    return NOT_COLLECTED if end is None else end


def _end(table: dict[Branch, str], version: str) -> str | None:
    """Of the branch that a version belongs to: 3.19.1 is of 3.19, 9.4 of 9."""
    branch = _branch(version)
    while branch:
        if branch in table:
            return table[branch]
        branch = branch[:-1]
    return None
