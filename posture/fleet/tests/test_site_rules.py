"""A site's own rules come in when the product starts; one that is wrong stops it and says where."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from posture.evaluation import catalogue
from posture.fleet.site_rules import use_site_rules

RULE = """\
id: site-no-latest
subject: container
severity: low
title: {en: No container is called test}
why: {en: Names say what a thing is for.}
evidence: {en: The name that was seen.}
check: {fact: Config.Image, not_equals: test}
fix:
  effect: none
  breaks: {en: Nothing.}
  steps:
    - {via: host, text: "docker rename {name} something-else"}
references: ["House rule 1"]
examples:
  - {status: pass, facts: {Config.Image: web}}
  - {status: fail, facts: {Config.Image: test}}
  - {status: unknown, facts: {}}
"""


@pytest.fixture(autouse=True)
def _leave_no_site() -> Iterator[None]:
    yield
    catalogue.use_site(None)


def test_a_sites_rule_is_in_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "site-no-latest.yaml").write_text(RULE, encoding="utf-8")
    use_site_rules(tmp_path)
    assert catalogue.load().rules["site-no-latest"].title["fr"] == "No container is called test"


def test_a_wrong_rule_stops_the_start_with_file_line_and_field(tmp_path: Path) -> None:
    (tmp_path / "site-no-latest.yaml").write_text(RULE.replace("severity: low", "severity: huge"), encoding="utf-8")
    with pytest.raises(ImproperlyConfigured, match=r"site-no-latest\.yaml:3: severity: "):
        use_site_rules(tmp_path)
    with pytest.raises(ImproperlyConfigured, match="no folder that can be read"):
        use_site_rules(tmp_path / "missing")


def test_the_product_itself_does_not_start_with_a_wrong_rule(tmp_path: Path) -> None:
    (tmp_path / "site-no-latest.yaml").write_text(RULE.replace("Config.Image:", "Config.Naem:"), encoding="utf-8")
    command = [sys.executable, "manage.py", "check"]
    wanted = {**os.environ, "POSTURE_SECRET_KEY": "x", "POSTURE_SITE_RULES": str(tmp_path)}
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=wanted, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    assert "site-no-latest.yaml" in done.stderr
    launcher = [sys.executable, "-m", "posture.launch.django_commands", "check"]
    told = subprocess.run(launcher, cwd=settings.BASE_DIR, env=wanted, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert "site-no-latest.yaml:" in line, "who starts the product reads a sentence, no trace"
