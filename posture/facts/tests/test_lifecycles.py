"""Ends of support: releases are found by their branch, and what is not known is never called supported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.facts.lifecycles import NEVER, engine_support_end, os_support_end
from posture.facts.moments import canonical_moment, parse_moment
from posture.facts.observed import NOT_COLLECTED


@pytest.mark.parametrize(
    ("os_id", "version", "day"),
    [
        ("debian", "12", "2028-06-30"),
        ("debian", "8", "2020-06-30"),
        ("raspbian", "11", "2026-08-31"),
        ("armbian", "12", "2028-06-30"),
        ("armbian", "24.04", "2029-05-31"),
        ("ubuntu", "22.04", "2027-04-01"),
        ("alpine", "3.19.1", "2025-11-01"),
        ("alpine", "3.2", "2017-05-01"),
        ("rhel", "9.4", "2032-05-31"),
        ("centos", "8", "2021-12-31"),
        ("centos", "9", "2027-05-31"),
        ("opensuse-leap", "15.6", "2026-04-30"),
        ("sles", "15.5", "2024-12-31"),
        ("amzn", "2", "2026-06-30"),
        ("Fedora", " 41 ", "2025-12-15"),
    ],
)
def test_end_of_a_release(os_id: str, version: str, day: str) -> None:
    assert os_support_end(os_id, version) == f"{day}T00:00:00Z"


@pytest.mark.parametrize("version", ["", "20260101", "rolling"])
def test_a_rolling_release_never_ends(version: str) -> None:
    assert os_support_end("archarm", version) == NEVER


@pytest.mark.parametrize(
    ("os_id", "version"),
    [
        ("debian", ""),
        ("debian", "trixie/sid"),
        ("debian", "99"),
        ("alpine", "3.23_alpha20250612"),
        ("alpine", "edge"),
        ("armbian", "24.11"),
        ("ubuntu", "22"),
        ("odroid-os", "1"),
        ("", ""),
    ],
)
def test_an_unknown_release_is_unseen(os_id: str, version: str) -> None:
    assert os_support_end(os_id, version) == NOT_COLLECTED


@pytest.mark.parametrize(
    ("kind", "version", "day"),
    [
        ("docker", "20.10.24+dfsg1", "2023-12-10"),
        ("docker", "18.09.1", "2019-08-22"),
        ("docker", "17.03.2-ce", "2017-05-05"),
        ("docker", "1.11.2", "2016-07-28"),
        ("docker", "1.9.1", "2016-02-04"),
        ("docker", "v28.0.4", "2026-05-13"),
        ("docker", "29.1.0-rc.1", "2027-08-22"),
        ("docker", "25.0.3", "2026-12-04"),
        ("podman", "4.3.1", "2022-11-10"),
        ("podman", "5.8.0", "2026-09-26"),
    ],
)
def test_end_of_an_engine(kind: str, version: str, day: str) -> None:
    assert engine_support_end(kind, version) == f"{day}T00:00:00Z"


@pytest.mark.parametrize("version", ["", "dev", "30.0.0", "17", "0.9.1", "library-import", "999999.1"])
def test_an_unknown_engine_is_unseen(version: str) -> None:
    assert engine_support_end("docker", version) == NOT_COLLECTED


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_gets_a_moment_or_unseen(os_id: str, version: str) -> None:
    for end in (os_support_end(os_id, version), engine_support_end(os_id, version)):
        moment = parse_moment(end) if isinstance(end, str) else None
        assert end == NOT_COLLECTED or (moment is not None and canonical_moment(moment) == end)
