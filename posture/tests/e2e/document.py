"""The downloaded PDF, read back."""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pypdf
from PIL import Image
from playwright.sync_api import Page

from posture.evaluation import catalogue
from posture.evaluation.catalogue import OWN_EDITION
from posture.evaluation.ruleset import build
from posture.fleet.services.choices import DEFAULT_EDITIONS

DOTS = 40  # an inch: enough to see whether anything is there
WHITE = 250


@dataclass(frozen=True)
class Document:
    """A report as it was downloaded, and what the pages said at the same moment."""

    file: Path
    file_name: str
    progress: str
    host: str
    score: str  # as the page of the host writes it, "67,5"
    pages: tuple[str, ...]  # text by page

    @property
    def words(self) -> frozenset[str]:
        return frozenset(word for text in self.pages for word in text.split())

    @property
    def controls(self) -> list[str]:
        """Numbers of the controls of the edition that comes first, judged or not."""
        return [control.number for control in catalogue.load().editions[OWN_EDITION].controls()]

    @property
    def ruleset(self) -> str:
        """Digest of the product's rules, as nobody has chosen or given anything."""
        loaded = catalogue.load()
        return build(loaded, parameters={}, editions=[one for one in DEFAULT_EDITIONS if one in loaded.editions]).digest


def read_document(file: Path, *, name: str, progress: str, page: Page) -> Document:
    """The text of the file; host and score from the pages."""
    texts = tuple(page.extract_text() for page in pypdf.PdfReader(file).pages)
    page.goto("/hosts")
    host = page.locator("main tbody th a")
    host_name = host.inner_text()
    host.click()
    found = re.match(r"\d+,\d", page.locator(".tile .big").first.inner_text())
    assert found is not None, "a French score has a comma"
    return Document(file, name, progress, host_name, found[0], texts)


def shades(file: Path) -> list[float]:
    """The share of each page that is not white, 0 to 1."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-r", str(DOTS), "-gray", "-png", str(file), f"{folder}/page"], check=True)
        return [darkness(picture) for picture in sorted(Path(folder).iterdir())]


def darkness(picture: Path) -> float:
    with Image.open(picture) as image:
        counts = image.convert("L").histogram()
    return sum(counts[:WHITE]) / sum(counts)
