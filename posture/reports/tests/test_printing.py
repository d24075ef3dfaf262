"""The printed report: what it says, how it is numbered, that data stays data and memory stays bounded."""

import io
import itertools
from dataclasses import replace

import pikepdf
import pypdf
import pytest

from posture.evaluation.rule import ParameterValue
from posture.reports import rows, sheet
from posture.reports.binder import make_pdf
from posture.reports.content import Term
from posture.reports.phrases import PHRASES, phrases_in
from posture.reports.printer import PressError, print_document
from posture.reports.sheet import Sheet
from posture.reports.tests.samples import AS_OF, content
from posture.reports.text import RANGES, SIGNS, printable


def pages_of(body: bytes) -> list[str]:
    """The text of each page, blanks made alike."""
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(body)).pages]


def test_a_report_says_what_an_auditor_asks_for() -> None:
    pages = pages_of(make_pdf(content()))
    whole = " ".join(pages)
    cover = pages[0]
    for text in ("alpha", "61.4", "87%", "CIS Docker Benchmark 1.6.0 (cis-docker-1.6.0)", "Europe/Paris", "alice"):
        assert text in cover
    assert "10 March 2026 08:30 (UTC+01:00)" in cover
    assert "sha256:" + "ab" * 32 in cover
    assert "Demonstration: this fleet is imaginary." in cover
    for text in (
        "Rule 5.1",
        "Without it things go wrong.",
        "mem_limit: 512m",
        "Could not be read",
        "Found, not judged",
        "/var/lib/lxc",
        "Silent",
    ):
        assert text in whole


def test_a_report_says_by_which_choices_and_values_was_judged() -> None:
    whole = " ".join(pages_of(make_pdf(content())))
    assert "Choices and values in force" in whole
    assert "Memory A limit alone the operator" in whole
    assert "443 default" in whole


def test_a_value_is_said_in_the_language_of_the_report() -> None:
    french, english = (Sheet(content(language=language)) for language in ("fr", "en"))
    values: tuple[ParameterValue, ...] = (None, True, False, 5000, (), ("a", "b"), ("",))
    assert [french.value(one) for one in values] == [
        "non renseigné",
        "oui",
        "non",
        "5\u202f000",
        "liste vide",
        "a, b",
        "“”",
    ]
    assert [english.value(one) for one in values] == ["not given", "yes", "no", "5,000", "empty list", "a, b", "“”"]
    part = Term(("5.1",), "Memory", None, "set", 1)
    whole = replace(content().figures, judged_hosts=3)
    assert Sheet(replace(content(), figures=whole)).term(part)["value"] == "not given (1 host)"


def test_picture_and_cover_round_alike() -> None:
    found = content()
    end = replace(found.trend.points[-1], score=67.89)
    sheet = Sheet(replace(found, trend=replace(found.trend, points=(*found.trend.points[:-1], end)),
                          figures=replace(found.figures, score=67.89)))  # fmt: skip
    assert sheet.figures()[0]["value"] == "67.8"
    trend = sheet.main()["trend"]
    assert ">67.8<" in trend["svg"]
    assert "to 67.8" in trend["alt"]


def test_every_page_names_scope_moment_and_edition_and_is_numbered() -> None:
    pages = pages_of(make_pdf(content()))
    for number, page in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in page
        assert "alpha · As of 10 March 2026 08:30 (UTC+01:00) · CIS Docker Benchmark 1.6.0" in page


def test_a_report_in_french() -> None:
    whole = " ".join(pages_of(make_pdf(content(language="fr"))))
    for text in ("Rapport de conformité", "61,4", "Non conforme", "À vérifier", "Critique", "10 mars 2026", "Constaté"):
        assert text in whole
    assert "Manual review" not in whole


def test_values_of_facts_are_printed_and_never_run() -> None:
    whole = " ".join(pages_of(make_pdf(content())))
    assert "*strong*" in whole
    assert "$x^2$" in whole
    assert "root:x:0" not in whole
    assert "[U+4E2D]" in whole
    assert "[U+202E]" in whole


def test_what_is_wanted_stands_beside_what_was_seen() -> None:
    long = "HostConfig.RestartPolicy.MaximumRetryCount"
    facts = ((long, "seen-first", "wanted-first"), (long, "seen-second", "wanted-second"))
    found = content()
    row = replace(next(one.evidence[0] for one in found.controls if one.evidence), facts=facts)
    controls = tuple(replace(one, evidence=(row,)) if one.evidence else one for one in found.controls)
    places: dict[str, tuple[float, float]] = {}

    def note(text: str, matrix: list[float], *_font: object) -> None:
        places[text.strip()] = matrix[4], matrix[5]

    for page in pypdf.PdfReader(io.BytesIO(make_pdf(replace(found, controls=controls)))).pages:
        page.extract_text(visitor_text=note)
    for name in ("first", "second"):
        assert places[f"seen-{name}"][0] < places[f"wanted-{name}"][0]
    heights = [places[name][1] for name in ("wanted-first", "seen-first", "wanted-second", "seen-second")]
    assert heights == sorted(set(heights), reverse=True), "a fact of two lines takes its wish along"


@pytest.mark.parametrize("name", ["HostConfig.RestartPolicy.MaximumRetryCount", "x" * 90])
def test_a_long_word_stays_in_its_column_and_is_copied_whole(name: str) -> None:
    found = content()
    row = replace(next(one.evidence[0] for one in found.controls if one.evidence), facts=((name, "1", "2"),))
    controls = tuple(replace(one, evidence=(row,)) if one.evidence else one for one in found.controls)
    reader = pypdf.PdfReader(io.BytesIO(make_pdf(replace(found, controls=controls))))
    page = next(text for one in reader.pages if name[:11] in (text := one.extract_text()))
    assert name not in page
    assert name in page.replace("\n", ""), "in the file nothing but a new line parts it"


def test_the_document_is_tagged_and_archivable() -> None:
    with pikepdf.open(io.BytesIO(make_pdf(content()))) as document:
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang) == "en"
        with document.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "2"
            assert metadata["pdfaid:conformance"] == "A"
            assert metadata["pdfuaid:part"] == "1"


def test_equal_content_gives_equal_files() -> None:
    assert make_pdf(content()) == make_pdf(content())


@pytest.mark.long
def test_a_long_report_is_set_in_parts_and_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "PART_ROWS", 40)
    monkeypatch.setattr(rows, "HOSTS", 1)
    long = content(kind="group", rows=120)
    assert len(Sheet(long).parts()) == 4  # 25 rows in the main part, 95 in three more
    body = make_pdf(long)
    pages = pages_of(body)
    assert all(f"{number} / {len(pages)}" in page for number, page in enumerate(pages, 1))
    whole = " ".join(pages)
    assert all(f"host-{at}: web-{at}" in whole for at in range(120))
    check_structure(body, parts=4)


def check_structure(body: bytes, *, parts: int) -> None:
    """The bound file has one tree of tags in which every page and every header cell is found once."""
    with pikepdf.open(io.BytesIO(body)) as document:
        tree = document.Root.StructTreeRoot
        numbers = [int(key) for key in list(tree.ParentTree.Nums)[::2]]
        assert numbers == sorted(set(numbers))
        keys = [int(page.obj.StructParents) for page in document.pages]
        assert len(set(keys)) == len(keys)
        assert set(keys) <= set(numbers)
        names = [bytes(name) for name in list(tree.IDTree.Names)[::2]]
        assert names == sorted(set(names))
        assert all(child.P.objgen == tree.K[0].objgen for child in tree.K[0].K)
        with document.open_outline() as outline:
            assert [item.title.startswith("Appendix") for item in outline.root[-(parts - 1) :]] == [True] * (parts - 1)


def test_progress_goes_forward_only() -> None:
    told: list[int] = []
    make_pdf(content(), progress=lambda percent, step: told.append(percent))
    assert told
    assert all(before <= after for before, after in itertools.pairwise(told))
    assert 0 <= told[0] <= told[-1] < 100


def test_every_sign_that_is_let_through_can_be_set() -> None:
    signs = "".join(chr(code) for low, high in RANGES for code in range(low, high + 1)) + "".join(
        sorted(SIGNS - {"\n"})
    )
    data = {**Sheet(content()).parts()[0], "title_line": signs, "description": "signs"}
    data["identity"] = [["Signs", signs, True]]  # the fixed-width face has to hold them as well
    assert print_document(data=data, made_at=AS_OF).startswith(b"%PDF-")


def test_other_signs_are_written_as_their_code() -> None:
    assert printable("a中\u202e\x1b") == "a[U+4E2D][U+202E][U+001B]"
    assert len(printable("x" * 1000)) == 400


def test_a_document_that_needs_too_much_memory_is_ended_with_words() -> None:
    with pytest.raises(PressError, match="MiB it may use"):
        print_document(data=Sheet(content()).parts()[0], made_at=AS_OF, memory=96 * 1024**2)


def test_the_typesetter_s_own_words_are_told() -> None:
    data = {**Sheet(content()).parts()[0], "glyphs": {"fail": "no picture"}}
    with pytest.raises(PressError, match="refused the document"):
        print_document(data=data, made_at=AS_OF)


def test_every_phrase_is_there_in_both_languages() -> None:
    assert all(english and french for english, french in PHRASES.values())
    assert phrases_in("fr")["status.fail"] == "Non conforme"
    assert phrases_in("de") == phrases_in("en")
