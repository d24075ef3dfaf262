"""The production compose file on an engine of the tests' own: base image, stand-ins, secrets, up, down."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from posture.tests.engine import TestEngine

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).parent
SUITE = "bookworm"
SLIMMED = ("usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man")  # what a slim image leaves out
BASE = "debian:bookworm-slim"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
INSIDE = "etc/ssl/build-authorities.pem"
PORT = 18443


def debian_tree(folder: Path) -> Path:
    """A minimal Debian, made by debootstrap once a machine and kept under `folder`."""
    tree = folder / SUITE
    done = folder / f"{SUITE}.slim"
    if not done.exists():
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        run("debootstrap", "--variant=minbase", SUITE, str(tree))
        shutil.rmtree(tree / "var/cache/apt/archives", ignore_errors=True)
        shutil.rmtree(tree / "var/lib/apt/lists", ignore_errors=True)
        for part in SLIMMED:
            shutil.rmtree(tree / part, ignore_errors=True)
        done.touch()
    # What this machine trusts may change between two runs.
    (tree / INSIDE).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(AUTHORITIES, tree / INSIDE)
    return tree


def import_base(engine: TestEngine, tree: Path) -> None:
    """`docker import` of the tree. pip inside it trusts what this machine trusts."""
    with subprocess.Popen(["tar", "--create", "--directory", str(tree), "."], stdout=subprocess.PIPE) as archive:
        subprocess.run(
            ["docker", "-H", engine.endpoint, "import", "--change", f"ENV PIP_CERT=/{INSIDE}", "-", BASE],
            stdin=archive.stdout,
            check=True,
            capture_output=True,
        )
    assert archive.returncode == 0


def build_stand_ins(engine: TestEngine) -> None:
    """PostgreSQL and Redis from Debian's packages under the names that the compose file asks for."""
    for name, tag in (("postgres", "postgres:17-bookworm"), ("redis", "redis:7-bookworm")):
        run(
            "docker", "-H", engine.endpoint, "build", "--quiet", "--tag", tag,
            "--file", str(HERE / f"{name}.Dockerfile"), str(HERE), environment={"DOCKER_BUILDKIT": "0"},
        )  # fmt: skip


class Stack:
    """A checkout with secrets, brought up by docker-compose."""

    def __init__(self, engine: TestEngine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder / "posture"
        self.url = f"https://127.0.0.1:{PORT}"

    def prepare(self) -> None:
        """The files that git tracks, and secrets."""
        tracked = run("git", "-C", str(ROOT), "ls-files", "-z").split("\0")
        for name in filter(None, tracked):
            source, target = ROOT / name, self.folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        run(str(self.folder / "bin" / "secrets"), "posture.test")

    def compose(self, *words: str) -> str:
        """Output of `docker-compose WORDS`."""
        return run(
            "docker-compose", *words, folder=self.folder,
            environment={
                "DOCKER_HOST": self.engine.endpoint, "DOCKER_BUILDKIT": "0", "COMPOSE_PROJECT_NAME": "posture",
                "POSTURE_PUBLIC_URL": self.url, "POSTURE_PORT": str(PORT),
                "POSTURE_ALLOWED_HOSTS": "127.0.0.1,web",
            },
        )  # fmt: skip

    def authority_digest(self) -> str:
        """SHA-256 of the authority's DER form."""
        der = subprocess.run(
            ["openssl", "x509", "-in", str(self.folder / "secrets/tls_ca"), "-outform", "DER"],
            check=True,
            capture_output=True,
        ).stdout
        return hashlib.sha256(der).hexdigest()


def run(*words: str, folder: Path | None = None, environment: dict[str, str] | None = None) -> str:
    """Output of a command; its own words when it fails."""
    done = subprocess.run(
        words, cwd=folder, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words[:4]}: {(done.stdout + done.stderr)[-3000:]}"
    return done.stdout
