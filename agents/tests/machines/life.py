"""An agent's life with one Python: enrolled over TLS, turned away, delivering all the same, left alone."""

from dataclasses import dataclass, field
from pathlib import Path

from agents.posture_agent.state import State
from agents.tests.machines.interpreters import Interpreter
from agents.tests.protocol_server import Answer, ProtocolServer, serving
from agents.tests.sending import patience_over
from posture.launch.tls import Papers

# A connection that is still open when the program ends is no trouble of the Python that runs it.
STRICT = ("-W", "error", "-W", "ignore::ResourceWarning")
BUSY: Answer = (503, {"title": "Frozen", "status": 503, "detail": "Ingest is paused."}, {})


@dataclass
class Life:
    """What the server was asked, the numbers of collections it heard of, and the exit status of each command."""

    requests: list[str] = field(compare=False)  # on a host where services come and go more is delivered
    sequences: list[int]
    statuses: list[int]


def live(python: Interpreter, agent: Path, papers: Papers, folder: Path) -> Life:
    """Lead that life in a state directory below `folder`, on a host whose engine is not there."""
    state = ["--state", str(folder / "state")]
    send = ["send", *state, "-H", f"unix://{folder}/none.sock"]
    statuses = []

    def run(*words: str) -> None:
        done = python.run(*STRICT, str(agent), *words)
        assert "Traceback" not in done.stderr, done.stderr
        print(words[0], done.returncode, done.stderr)
        statuses.append(done.returncode)

    with serving(papers.certificate, papers.key) as server:
        server.authority = papers.authority.read_bytes()
        url = server.url.replace("http:", "https:")
        run("enrol", url, "--key", "k3y", "--ca-sha256", papers.digest, *state)
        server.failing = [BUSY]
        run(*send)
        patience_over(State(str(folder / "state")))
        run(*send)
        requests, sequences = server.paths(), collections(server)
    run(*send)
    return Life(requests, sequences, statuses)


def collections(server: ProtocolServer) -> list[int]:
    """The sequence numbers that its clients named, each once."""
    return sorted({body["sequence"] for _, body, _ in server.requests if "sequence" in body})
