"""One process of the small product of `family`: `python member.py FOLDER KIND`. Standard library only: starts fast."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MEMBER = Path(__file__)


def main(folder: Path, kind: str) -> None:
    if kind.startswith("stubborn"):
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, signal.SIG_IGN)
    if kind == "stubborn":
        subprocess.Popen([sys.executable, str(MEMBER), str(folder), "stubborn-child"], start_new_session=True)
    (folder / f"{kind}.pid").write_text(str(os.getpid()), encoding="ascii")
    print(f"{kind} lives", flush=True)
    if kind in {"mortal", "optional"}:
        time.sleep(0.5)
        print("something \x1b[31mbroke", flush=True)
        sys.exit(3)
    time.sleep(120)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
