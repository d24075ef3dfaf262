"""The child process that sets one document: reads a job from stdin, writes the PDF to stdout.

Job (JSON): ``{"template": path, "fonts": path, "data": {…}, "made_at": unix seconds, "memory": bytes, "seconds": n}``.
It limits itself before it loads the typesetter, opens no network and is told everything. The exit code is 0, or 3
with the typesetter's own words on stderr.
"""

import json
import resource
import sys
from pathlib import Path


def press() -> int:
    job = json.load(sys.stdin.buffer)
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (job["seconds"], job["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import typst  # noqa: PLC0415 - must be loaded under the limits set above

    template = Path(job["template"])
    try:
        body = typst.compile(
            template,
            root=template.parent,
            font_paths=[Path(job["fonts"])],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"data": json.dumps(job["data"], ensure_ascii=False)},
            pdf_standards=["a-2a", "ua-1"],
            timestamp=job["made_at"],
        )
    except typst.TypstError as error:
        sys.stderr.write(f"{error.message}\n{error.diagnostic[:2000]}\n")
        return 3
    sys.stdout.buffer.write(body)
    return 0


if __name__ == "__main__":
    sys.exit(press())
