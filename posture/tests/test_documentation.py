"""What README says is so: every setting stands in its table, every link leads somewhere."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
READ = re.compile(r'\bread(?:_flag)?\(\s*"([A-Z_]+)"')


def settings_read() -> set[str]:
    """Names of the environment variables that the settings read."""
    return set(READ.findall((ROOT / "posture" / "settings.py").read_text(encoding="utf-8")))


def settings_documented() -> set[str]:
    """Names in the first column of README's table."""
    return set(re.findall(r"^\| `([A-Z_]+)` \|", README, flags=re.MULTILINE))


def test_every_setting_is_documented() -> None:
    assert len(settings_read()) > 10
    assert settings_documented() == settings_read()


def test_every_link_of_a_document_leads_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    broken = [
        f"{path.name}: {target}"
        for path in documents
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_the_readme_shows_the_product() -> None:
    picture = re.search(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert picture is not None
    assert (ROOT / picture.group(1)).read_bytes().startswith(b"\x89PNG")
