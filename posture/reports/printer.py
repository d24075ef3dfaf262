"""Has one document set in a child process with bounds on memory, processor and wall time."""

import json
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import font_source_sans_pro

TEMPLATE = Path(__file__).resolve().parent / "typst" / "report.typ"
FONTS = Path(font_source_sans_pro.__file__).resolve().parent / "files"
MEMORY = 2 * 1024**3  # bytes of address space; a part of 1,500 rows takes well under half of it
SECONDS = 120


class PressError(Exception):
    """The typesetter could not set a document; the text says why, in words for people."""


def print_document(*, data: dict[str, Any], made_at: datetime, memory: int = MEMORY, seconds: int = SECONDS) -> bytes:
    """The PDF of one data object. Raises PressError when it fails or would need more than it may have."""
    job = {
        "template": str(TEMPLATE),
        "fonts": str(FONTS),
        "data": data,
        "made_at": int(made_at.timestamp()),
        "memory": memory,
        "seconds": seconds,
    }
    root = TEMPLATE.parents[3]
    command = [sys.executable, "-P", "-m", "posture.reports.press"]
    environment = {"PYTHONPATH": str(root), "PATH": "", "LC_ALL": "C.UTF-8", "RAYON_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module, no word of it comes from outside
            command,
            input=json.dumps(job, ensure_ascii=False).encode(),
            capture_output=True,
            cwd=root,
            env=environment,
            timeout=seconds * 2,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PressError(f"Setting the document took more than {seconds * 2} seconds and was stopped.") from error
    if done.returncode == 0 and done.stdout.startswith(b"%PDF-"):
        return done.stdout
    raise PressError(explain(done.returncode, done.stderr.decode("utf-8", "replace"), memory))


def explain(code: int, words: str, memory: int) -> str:
    """Why the child ended, as one sentence."""
    if code == 3:
        return f"The typesetter refused the document: {words.strip()[:1000]}"
    if code == -signal.SIGXCPU or code == -signal.SIGKILL:
        return "Setting the document took more processor time than it may."
    if "memory" in words.lower() or "alloc" in words.lower() or code in (-signal.SIGABRT, -signal.SIGSEGV):
        return f"Setting the document needs more than the {memory // 1024**2} MiB it may use."
    return f"The typesetter ended with code {code}: {words.strip()[-500:]}"
