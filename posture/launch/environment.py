"""The environment variables of the server's processes: what is listed here and nothing else."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from posture.launch import secret_file
from posture.launch.account import Account
from posture.launch.options import Options
from posture.launch.places import Places
from posture.launch.tls import Papers

# What a person may have set for us. Anything else in their shell (keys of other services, say) stays there.
HANDED_ON = ("PATH", "LANG", "LC_ALL", "LC_MESSAGES", "TZ", "TMPDIR", "SSL_CERT_FILE", "NO_COLOR", "TERM", "COLUMNS")
OURS = ("POSTURE_", "DATABASE_URL", "REDIS_URL")
FOR_THE_AGENT = ("DOCKER_", "XDG_RUNTIME_DIR", "HOME", "USER")


def server_environment(
    options: Options, places: Places, account: Account, *, database: str, redis: str, papers: Papers | None
) -> dict[str, str]:
    """What the web server, worker, beat and management commands get."""
    secret_file.keep(places.secret_key, account)
    names = [options.address] if options.address else []
    environment = {
        **chosen(os.environ, HANDED_ON, OURS),
        "HOME": str(places.home),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "POSTURE_SECRET_KEY_FILE": str(places.secret_key),
        "POSTURE_PUBLIC_URL": options.url,
        "POSTURE_ALLOWED_HOSTS": ",".join(["127.0.0.1", "localhost", "[::1]", *map(in_url, names)]),
        "POSTURE_AGENT_FILE": str(places.agent_file),
        "POSTURE_BIND": ",".join(f"{in_url(host)}:{options.port}" for host in options.binds),
    }
    if papers:
        environment["POSTURE_CA_FILE"] = str(papers.authority)
        environment["POSTURE_TLS_CERTIFICATE"] = str(papers.certificate)
        environment["POSTURE_TLS_KEY"] = str(papers.key)
    return environment


def agent_environment() -> dict[str, str]:
    """What the agent on this machine gets: it finds the engine as the person's own commands would."""
    return {**chosen(os.environ, HANDED_ON, FOR_THE_AGENT), "PYTHONUNBUFFERED": "1"}


def chosen(source: Mapping[str, str], names: tuple[str, ...], prefixes: tuple[str, ...]) -> dict[str, str]:
    """The variables with these names or prefixes."""
    return {key: value for key, value in source.items() if key in names or key.startswith(prefixes)}


def in_url(host: str) -> str:
    """An address as it is written before a port."""
    return f"[{host}]" if ":" in host else host


def store(path: Path, account: Account, environment: Mapping[str, str]) -> None:
    """Keep the environment for `bin/manage`; it holds passwords, so only the server's account may read it."""
    secret_file.write(path, account, text=json.dumps(dict(environment), indent=1))


def load(path: Path) -> dict[str, str]:
    """The environment that `store` kept."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    return {str(name): str(value) for name, value in kept.items()}
