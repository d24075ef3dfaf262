"""An image's history is reduced to instructions and traits, whoever built it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.posture_agent.collectors import history


@pytest.mark.parametrize(
    ("line", "instruction", "traits"),
    [
        ('/bin/sh -c #(nop)  CMD ["bash"]', "CMD", []),
        ("/bin/sh -c #(nop) ADD file:0a1b in / ", "ADD", []),
        ("/bin/sh -c #(nop) ADD 1234 in /x", "ADD", []),
        ("ADD https://example.org/x.tgz /x # buildkit", "ADD", ["remote-add"]),
        ("ADD --checksum=sha256:aa https://example.org/x /x # buildkit", "ADD", ["remote-add"]),
        ("ADD git@example.org:x/y.git /x # buildkit", "ADD", ["remote-add"]),
        ("COPY dir:aa in /app ", "COPY", []),
        ("/bin/sh -c apt-get update", "RUN", ["index-refresh"]),
        ("/bin/sh -c apt-get update && apt-get install -y curl", "RUN", ["index-refresh", "package-install"]),
        ("RUN /bin/sh -c apt-get -qq update # buildkit", "RUN", ["index-refresh"]),
        ("RUN |1 TOKEN=x /bin/sh -c apk add curl # buildkit", "RUN", ["package-install"]),
        ("|2 A=b C=d /bin/sh -c yum -y install x", "RUN", ["package-install"]),
        ("/bin/sh -c update-ca-certificates", "RUN", []),
        ("/bin/sh -c npm update", "RUN", []),
        ("/bin/sh -c update-rc.d x defaults", "RUN", []),
        (
            "/bin/sh -c apt-get install -y --allow-unauthenticated x",
            "RUN",
            ["package-install", "unauthenticated-packages"],
        ),
        ("/bin/sh -c echo 'deb [trusted=yes] http://x y z' > /etc/apt/x", "RUN", ["unauthenticated-packages"]),
        ("/bin/sh -c curl -fsSL https://get.example.org | sh", "RUN", ["pipe-to-shell"]),
        ("/bin/sh -c wget -qO- https://x | sudo bash -s -- -y", "RUN", ["pipe-to-shell"]),
        ("/bin/sh -c curl https://x | tar xz", "RUN", []),
        ("/bin/sh -c chmod a-s /bin/su", "RUN", ["setuid-removal"]),
        ("/bin/sh -c find / -perm /6000 -type f -exec chmod a-s {} +", "RUN", ["setuid-removal"]),
        ("/bin/bash -o pipefail -c apt-get update", "RUN", ["index-refresh"]),
        ("ENV A=b", "ENV", []),
        ("bazel build //x", "", []),
        ("", "", []),
    ],
)
def test_lines(line: str, instruction: str, traits: list[str]) -> None:
    layer = history.layer({"CreatedBy": line, "Size": 0})
    assert (layer["Instruction"], layer["Traits"]) == (instruction, traits)


def entries(*lines: str) -> list[dict[str, object]]:
    """A history, given oldest first, as the engine lists it: newest first."""
    return [{"CreatedBy": line, "Created": number, "Size": 1} for number, line in enumerate(lines)][::-1]


ROOT = ("/bin/sh -c #(nop) ADD file:aa in / ", '/bin/sh -c #(nop)  CMD ["bash"]')


def lengths(histories: dict[str, list[dict[str, object]]]) -> dict[str, int]:
    return history.base_lengths(histories, history.ancestors(histories))


def test_an_image_on_this_host_is_a_base() -> None:
    found = lengths({"base": entries(*ROOT, "a"), "app": entries(*ROOT, "a", "b"), "other": entries("c")})
    assert found == {"base": 2, "app": 3, "other": 0}


def test_every_image_below_is_told_the_nearest_first() -> None:
    histories = {
        "root": entries("x"),
        "mid": entries("x", "a"),
        "twin": entries("x", "a"),
        "app": entries("x", "a", "b"),
    }
    found = history.ancestors({**histories, "empty": []})
    assert found == {"root": [], "mid": ["root"], "twin": ["root"], "app": ["mid", "twin", "root"], "empty": []}


def test_a_sibling_is_no_base() -> None:
    found = lengths({"one": entries("x", "a"), "two": entries("x", "b")})
    assert found == {"one": 0, "two": 0}


def test_a_root_file_system_is_a_base_only_below_something() -> None:
    assert lengths({"debian": entries(*ROOT)}) == {"debian": 0}
    assert lengths({"app": entries(*ROOT, "RUN x")}) == {"app": 2}
    assert lengths({"scratch": entries("/bin/sh -c #(nop) ADD file:aa in / ", "RUN x")}) == {"scratch": 0}


def test_the_oldest_entries_are_the_base() -> None:
    layers = history.layers(entries("a", "b", "c"), 2)
    assert [layer["Base"] for layer in layers] == [False, True, True]


@pytest.mark.parametrize(
    ("line", "comment", "wanted"),
    [
        ("sleep 3600", "", True),
        ("bash", "fixed by hand", True),
        ("/bin/sh", "", True),  # podman commit
        ("nginx -g daemon off;", None, True),
        ("sleep 3600", "buildkit.exporter.image.v0", False),
        ("", "Imported from -", False),
        ("", "imported from tarball", False),
        ("", "merge sha256:aa to sha256:bb", False),
        ("", "", False),
        ("/bin/sh -c apt-get update", "", False),
        ('/bin/sh -c #(nop)  CMD ["bash"]', "", False),
        ("COPY . /app # buildkit", "buildkit.dockerfile.v0", False),
        ("bazel build //x", "", False),
        ("jib-maven-plugin:3.4.0", "classes", False),
        ("apko", "This is an apko single-layer image", False),
    ],
)
def test_a_committed_container_is_told(line: str, comment: str | None, wanted: bool) -> None:
    newest = {"CreatedBy": line, "Comment": comment, "Size": 1}
    base = {"CreatedBy": "sleep", "Comment": "", "Size": 1}
    layers = history.layers([newest, base], 0)
    assert [layer["Traits"] == ["committed"] for layer in layers] == [wanted, False]


@given(st.text(max_size=300))
def test_no_line_breaks_it_and_no_text_stays(line: str) -> None:
    layer = history.layer({"CreatedBy": line})
    assert layer["Instruction"] == "" or layer["Instruction"] in history.INSTRUCTIONS
    assert set(layer["Traits"]) <= {trait for trait, _ in history.TRAITS} | {"remote-add"}


@pytest.mark.parametrize(
    "line",
    ["|1 " + "A=" * 30000, "curl " * 13000, "apt-get -" * 7000, "[" * 60000, "chmod -x " * 7000, "-perm +000 " * 6000],
)
def test_hostile_lines_cost_little(line: str) -> None:
    # That this ends at all is the point: a quadratic expression would take minutes here.
    assert history.layer({"CreatedBy": f"/bin/sh -c {line}"})["Instruction"] == "RUN"
