"""One snapshot judged on the spot: the classic listing, the document for programs, and the command."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command

from posture.evaluation import catalogue
from posture.evaluation.assessed import assess
from posture.evaluation.verdict import Status
from posture.facts.tests.builders import container, snapshot
from posture.facts.wire.host import OtherRuntime
from posture.facts.wire.snapshot import Snapshot, Source
from posture.reports.listing.bench import SHOWN, TAGS, listing
from posture.reports.listing.document import document
from posture.reports.management.commands.assess import FAILED

EDITION = "cis-docker-1.6.0"


def lines(taken: Snapshot, **options: Any) -> list[str]:
    return list(listing(assess(taken, catalogue.load(), edition=EDITION), **options))


def test_every_control_has_its_line_with_its_tag() -> None:
    assessed = assess(snapshot([container("web")]), catalogue.load(), edition=EDITION)
    printed = list(listing(assessed))
    for control in assessed.controls():
        wanted = f"[{TAGS[control.status]}] {control.control.number} - {control.rule.title['en']}"
        assert printed.count(wanted) == 1
    assert f"[INFO] Checks: {len(list(assessed.controls()))}" in printed
    assert {control.status for control in assessed.controls()} >= {Status.PASS, Status.FAIL, Status.MANUAL}


def test_what_fails_is_named_with_what_was_seen_and_wanted() -> None:
    printed = lines(snapshot([container("web", HostConfig={"Privileged": True})]))
    assert "[WARN]      * web: HostConfig.Privileged true (wanted = false)" in printed


def test_what_nobody_saw_is_a_warning_with_its_reason() -> None:
    taken = snapshot([container("web", HostConfig={"Privileged": msgspec.UNSET})])
    printed = lines(taken)
    start = next(index for index, line in enumerate(printed) if " 5.5 - " in line)
    assert printed[start].startswith("[WARN]")
    assert printed[start + 1] == "[WARN]      * web: could not be judged (not collected)"


def test_an_engine_that_is_not_there_is_named_before_all_that_follows_from_it() -> None:
    taken = snapshot()
    missing = [
        Source(Name=f"docker.{part}", Status="absent", Reason="absent", Detail="There is no engine socket.")
        for part in ("containers", "version")
    ]
    taken = msgspec.structs.replace(taken, facts=msgspec.structs.replace(taken.facts, Sources=missing))
    assert lines(taken)[2] == "[WARN] docker: could not be read (absent). There is no engine socket."
    assert lines(taken, language="fr")[2].startswith("[WARN] docker\u00a0: n’a pas pu être lu (absent). ")
    found = document(assess(taken, catalogue.load(), edition=EDITION))["unread"]
    assert found == [{"sources": ["docker"], "reason": "absent", "detail": "There is no engine socket."}]


def test_what_else_runs_containers_is_named_as_not_judged() -> None:
    taken = snapshot([container("web")])
    host = msgspec.structs.replace(
        taken.facts.Host, OtherRuntimes=[OtherRuntime(Name="LXC", Evidence="/var/lib/\x1b[2Jlxc")]
    )
    taken = msgspec.structs.replace(taken, facts=msgspec.structs.replace(taken.facts, Host=host))
    english, french = lines(taken), lines(taken, language="fr")
    named = next(line for line in english if "LXC" in line)
    assert named.startswith("[NOTE] LXC (/var/lib/")
    assert named.endswith("): found, not judged: Posture reads Docker and Podman only")
    assert "\x1b" not in named
    assert english.index(named) < next(index for index, line in enumerate(english) if " 1 - " in line)
    assert any(line.startswith("[NOTE] LXC ") and "trouvé, non jugé" in line for line in french)
    found = document(assess(taken, catalogue.load(), edition=EDITION))
    assert [one["name"] for one in found["not_judged"]] == ["LXC"]
    assert document(assess(snapshot(), catalogue.load(), edition=EDITION))["not_judged"] == []


def test_names_of_the_engine_cannot_write_on_the_terminal() -> None:
    hostile = "web\x1b[2J\n[PASS] all is well"
    printed = lines(snapshot([container(hostile, HostConfig={"Privileged": True})]))
    assert not any("\x1b" in line or "\n" in line for line in printed)
    assert not any(line.startswith("[PASS] all") for line in printed)


def test_a_long_list_says_how_many_more() -> None:
    fleet = [container(f"web-{number}", HostConfig={"Privileged": True}) for number in range(SHOWN + 5)]
    assert "[WARN]      * … and 5 more" in lines(snapshot(fleet))


def test_it_speaks_french_and_colour() -> None:
    taken = snapshot([container("web", HostConfig={"Privileged": True})])
    french = lines(taken, language="fr")
    assert any("(attendu = false)" in line for line in french)
    assert any(line.startswith("[INFO] Score\u00a0: ") and "," in line for line in french)
    assert any(line.startswith("\x1b[1;31m[WARN]\x1b[0m 5.5 - ") for line in lines(taken, colour=True))


def test_the_document_says_the_same() -> None:
    assessed = assess(snapshot([container("web", HostConfig={"Privileged": True})]), catalogue.load(), edition=EDITION)
    found = json.loads(json.dumps(document(assessed)))
    statuses = {control["number"]: control["status"] for control in found["controls"]}
    assert statuses == {control.control.number: control.status.value for control in assessed.controls()}
    privileged = next(control for control in found["controls"] if control["number"] == "5.5")
    assert privileged["concerns"][0]["evidence"] == [
        {"fact": "HostConfig.Privileged", "seen": "true", "wanted": "= false"}
    ]
    assert found["open_criticals"] >= 1


def run(*words: str, fail_on: str = "never") -> str:
    output = io.StringIO()
    call_command("assess", *words, "--fail-on", fail_on, stdout=output, no_color=True)
    return output.getvalue()


def test_the_command_reads_a_file_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = msgspec.json.encode(snapshot([container("web")]))
    path = tmp_path / "one.json"
    path.write_bytes(raw)
    printed = run(str(path), "--edition", EDITION)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    assert run("-", "--edition", EDITION) == printed
    assert json.loads(run(str(path), "--edition", EDITION, "--format", "json"))["edition"] == EDITION


def test_the_command_names_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    with pytest.raises(CommandError, match="could not be read"):
        run(str(path), "--edition", EDITION)
    path.write_text('{"protocol": 2}')
    with pytest.raises(CommandError, match=r"no snapshot of this protocol.*protocol"):
        run(str(path), "--edition", EDITION)
    path.write_bytes(msgspec.json.encode(snapshot([container("web")])))
    with pytest.raises(CommandError, match="There is no edition nothing"):
        run(str(path), "--edition", "nothing")
    with pytest.raises(CommandError, match="wants a moment"):
        run(str(path), "--edition", EDITION, "--at", "yesterday")


def test_the_exit_status_is_for_scripts(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_bytes(msgspec.json.encode(snapshot([container("web", HostConfig={"Privileged": True})])))
    words = (str(path), "--edition", EDITION)
    with pytest.raises(SystemExit) as ended:
        run(*words, fail_on="critical")
    assert ended.value.code == FAILED == 10, "a crash of Python is 1"
    with pytest.raises(SystemExit):
        call_command("assess", *words, stdout=io.StringIO())  # high, as bin/audit has it
    run(*words)
    for wrong in ("nan", "inf", "-1", "101", "much"):
        with pytest.raises(CommandError, match="--fail-under"):
            run(*words, "--fail-under", wrong)


def test_troubles_are_told_in_french(tmp_path: Path) -> None:
    for words, said in (
        (("nowhere.json",), "n’a pas pu être lu"),
        (("-", "--edition", "nothing"), "Il n’y a pas d’édition nothing"),
    ):
        with pytest.raises(CommandError, match=said):
            run(*words, "--language", "fr")
