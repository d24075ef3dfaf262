"""Results of scanners on the host.

The samples are constructed after the public formats of Trivy and Grype; no tool made them.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agents.posture_agent.collectors import scans, severities
from agents.posture_agent.hostfiles import HostFiles
from agents.posture_agent.reading import Unreadable
from posture.facts.wire.image import ImageScan

IDENTITY = "sha256:" + "1a" * 32
OTHER = "sha256:" + "2b" * 32
DIGEST = "registry.example/shop/web@sha256:" + "3c" * 32


def constructed_trivy(*, created: str = "2026-01-08T10:00:00.5+02:00", **metadata: Any) -> dict[str, Any]:
    """A report as ``trivy image --format json`` writes it, schema version 2; constructed."""
    return {
        "SchemaVersion": 2,
        "CreatedAt": created,
        "ArtifactName": "shop/web:2",
        "ArtifactType": "container_image",
        "Metadata": {"OS": {"Family": "debian", "Name": "12.5"}, **metadata},
        "Results": [
            {
                "Target": "shop/web:2 (debian 12.5)",
                "Class": "os-pkgs",
                "Type": "debian",
                "Vulnerabilities": [
                    {"VulnerabilityID": "CVE-1", "Severity": "CRITICAL", "FixedVersion": "2", "Description": "a “b”"},
                    {"VulnerabilityID": "CVE-2", "Severity": "CRITICAL", "Status": "affected"},
                    {"VulnerabilityID": "CVE-3", "Severity": "HIGH", "FixedVersion": "1.1"},
                    {"VulnerabilityID": "CVE-4", "Severity": "UNKNOWN"},
                ],
            },
            {
                "Target": "Node.js",
                "Class": "lang-pkgs",
                "Vulnerabilities": [{"Severity": "LOW"}, {"Severity": "MEDIUM"}],
            },
        ],
    }


def constructed_grype(*, timestamp: str = "2026-01-09T08:00:00.123456789Z", **target: Any) -> dict[str, Any]:
    """A report as ``grype IMAGE -o json`` writes it; constructed."""
    found = [("Critical", "fixed"), ("High", "not-fixed"), ("Negligible", "wont-fix"), ("Unknown", "")]
    return {
        "matches": [
            {
                "vulnerability": {
                    "id": f"CVE-{severity}",
                    "severity": severity,
                    "fix": {"versions": [], "state": state},
                },
                "relatedVulnerabilities": [{"id": "CVE-9", "severity": "Critical"}],
                "artifact": {"name": "openssl", "type": "deb"},
            }
            for severity, state in found
        ],
        "source": {"type": "image", "target": {"userInput": "shop/web:2", **target}},
        "descriptor": {"name": "grype", "version": "0.87.0", "timestamp": timestamp},
    }


def folder(tmp_path: Path, reports: Mapping[str, Any]) -> Path:
    for name, content in reports.items():
        path = tmp_path / "scans" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
    return tmp_path / "scans"


def scan(
    tmp_path: Path, reports: Mapping[str, Any], *, tags: tuple[str, ...] = (), digests: tuple[str, ...] = ()
) -> dict[str, Any] | None:
    """The scan of an image with IDENTITY, these tags and digests; checked against the protocol."""
    found = scans.collect(HostFiles(), str(folder(tmp_path, reports)), None)
    one = found.of({"Id": IDENTITY, "RepoTags": list(tags), "RepoDigests": list(digests)})
    if one is not None:
        msgspec.convert(one, ImageScan)
    return one


def test_trivy(tmp_path: Path) -> None:
    assert scan(tmp_path, {"web.json": constructed_trivy(ImageID=IDENTITY)}) == {
        "Scanner": "trivy", "ScannedAt": "2026-01-08T08:00:00.000Z", "Critical": 2, "High": 1, "Medium": 1, "Low": 1,
        "FixableCritical": 1, "FixableHigh": 1,
    }  # fmt: skip


def test_grype(tmp_path: Path) -> None:
    assert scan(tmp_path, {"deep/er/web.json": constructed_grype(imageID=IDENTITY)}) == {
        "Scanner": "grype", "ScannedAt": "2026-01-09T08:00:00.000Z", "Critical": 1, "High": 1, "Medium": 0, "Low": 1,
        "FixableCritical": 1, "FixableHigh": 0,
    }  # fmt: skip


def test_an_image_is_known_by_its_id_its_digest_or_its_tag(tmp_path: Path) -> None:
    by_digest = constructed_trivy(ImageID=OTHER, RepoDigests=[DIGEST])
    assert scan(tmp_path / "a", {"x.json": by_digest}, digests=(DIGEST,)) is not None
    assert scan(tmp_path / "b", {"x.json": constructed_grype(manifestDigest=IDENTITY)}) is not None
    by_tag = {"x.json": constructed_grype(tags=["docker.io/library/nginx:1"])}
    assert scan(tmp_path / "c", by_tag, tags=("nginx:1",)) is not None
    assert scan(tmp_path / "d", by_tag, tags=("nginx:2",)) is None


def test_a_tag_that_moved_on_brings_nothing(tmp_path: Path) -> None:
    report = constructed_trivy(ImageID=OTHER, RepoTags=["nginx:1"])
    assert scan(tmp_path, {"x.json": report}, tags=("nginx:1",)) is None


def test_the_newest_wins(tmp_path: Path) -> None:
    reports = {"a.json": constructed_grype(imageID=IDENTITY), "b.json": constructed_trivy(ImageID=IDENTITY)}
    newest = scan(tmp_path, reports)
    assert newest is not None
    assert newest["Scanner"] == "grype"


def test_a_report_without_a_time_has_that_of_its_file(tmp_path: Path) -> None:
    report = constructed_grype(imageID=IDENTITY, timestamp="soon")
    place = folder(tmp_path, {"x.json": report})
    os.utime(place / "x.json", (1_700_000_000, 1_700_000_000))
    found = scans.collect(HostFiles(), str(place), None).of({"Id": IDENTITY})
    assert found is not None
    assert found["ScannedAt"] == "2023-11-14T22:13:20.000Z"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{broken",
        "[]",
        "[" * 100_000,
        json.dumps({"ArtifactType": "container_image", "Metadata": {"ImageID": IDENTITY}, "Results": [1]}),
        json.dumps({**constructed_trivy(ImageID=IDENTITY), "ArtifactType": "filesystem"}),
        json.dumps({**constructed_trivy(ImageID=IDENTITY), "Results": [{"Target": "x", "Class": "secret"}]}),
        json.dumps({**constructed_trivy(ImageID=IDENTITY), "Results": None}),
        json.dumps({**constructed_grype(imageID=IDENTITY), "source": {"type": "directory", "target": "/"}}),
        json.dumps({**constructed_grype(imageID=IDENTITY), "matches": [{}]}),
    ],
)
def test_what_is_no_scan_of_an_image_is_none(tmp_path: Path, content: str) -> None:
    assert scan(tmp_path, {"x.json": content}) is None


def test_a_clean_image_is_scanned_all_the_same(tmp_path: Path) -> None:
    report = {**constructed_trivy(ImageID=IDENTITY), "Results": [{"Target": "x", "Class": "os-pkgs"}]}
    clean = scan(tmp_path, {"x.json": report})
    assert clean is not None
    assert (clean["Critical"], clean["High"]) == (0, 0)


def test_files_that_cannot_be_believed_are_left_alone(tmp_path: Path) -> None:
    text = json.dumps(constructed_trivy(ImageID=IDENTITY))
    place = folder(tmp_path, {"open.json": text, "a/b/c/d/deep.json": text, "notes.txt": text})
    (place / "open.json").chmod(0o666)
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(text)
    (place / "link.json").symlink_to(elsewhere)
    (place / "linked").symlink_to(tmp_path)
    os.mkfifo(place / "pipe.json")
    with (place / "large.json").open("w") as file:
        file.write(text)
        file.truncate(scans.MAX_BYTES + 1)
    if os.geteuid() == 0:
        (place / "foreign.json").write_text(text)
        os.chown(place / "foreign.json", 65534, 65534)
        (place / "group.json").write_text(text)
        os.chown(place / "group.json", 0, 65534)
        (place / "group.json").chmod(0o664)
    assert scans.collect(HostFiles(), str(place), None).reports == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no folder"):
        scans.collect(HostFiles(), str(tmp_path / "none"), None)


def test_a_folder_of_too_many_files_is_not_judged_by_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder(tmp_path, {f"{number}.json": constructed_trivy(ImageID=IDENTITY) for number in range(4)})
    monkeypatch.setattr(scans, "MAX_LISTED", 3)
    with pytest.raises(Unreadable, match="more than 3 files"):
        scans.collect(HostFiles(), str(place), None)


def test_each_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, cache = folder(tmp_path, {"x.json": constructed_trivy(ImageID=IDENTITY)}), str(tmp_path / "cache")
    first = scans.collect(HostFiles(), str(place), cache)
    monkeypatch.setattr(scans, "SECONDS", 0.0)  # no time for any file that is not known
    assert scans.collect(HostFiles(), str(place), cache).reports == first.reports != []
    (place / "x.json").write_text(json.dumps(constructed_grype(imageID=IDENTITY)))
    with pytest.raises(Unreadable, match="next collection"):
        scans.collect(HostFiles(), str(place), cache)
    monkeypatch.setattr(scans, "SECONDS", 20.0)
    assert scans.collect(HostFiles(), str(place), cache).reports[0]["scan"]["Scanner"] == "grype"
    (place / "x.json").unlink()
    assert scans.collect(HostFiles(), str(place), cache).reports == []
    assert json.loads(Path(cache).read_text())["files"] == {}


@pytest.mark.parametrize(
    ("text", "otherwise", "wanted"),
    [
        ("2040-01-01T00:00:00Z", 0.0, "2040-01-01T00:00:00.000Z"),
        ("2026-11-22T01:30:00.5+02:00", 0.0, "2026-11-21T23:30:00.000Z"),
        ("yesterday", 86400.9, "1970-01-02T00:00:00.000Z"),
        ("yesterday", -5.0, "1970-01-01T00:00:00.000Z"),
        ("yesterday", 2.0**62, "2038-01-19T03:14:07.000Z"),
        ("0999-01-01T00:00:00Z", 0.0, "0999-01-01T00:00:00.000Z"),
    ],
)
def test_any_time_can_be_said_on_any_system(text: str, otherwise: float, wanted: str) -> None:
    assert severities.utc(text, otherwise) == wanted


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00", "2026-02-31T00:00:00Z"])
def test_a_moment_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        severities.utc(text, 0.0)
