"""The commands that put the agent on a host, to copy and paste."""

import shlex
from dataclasses import dataclass

from django.conf import settings

from posture.fleet.own_address import agent_digest, authority_digest

FILE = "posture-agent.pyz"


@dataclass(frozen=True, slots=True)
class Install:
    """Shell texts. ``digest``: SHA-256 of the agent, "" where there is none to offer; ``authority``: of our own CA."""

    install: str  # download, check, enrol, timer, first snapshot
    once: str  # download, check, enrol, one snapshot; nothing is installed
    proxied: str  # as install, through a proxy
    trusting: str  # as install, trusting an authority of the site
    present: str  # for a host that has the agent already
    digest: str
    authority: str


def commands(*, secret: str) -> Install:
    """The commands for this server. ``secret`` is read from standard input, so that no list of processes shows it."""
    url, digest, authority = settings.PUBLIC_URL, agent_digest(), authority_digest()
    server = shlex.quote(url)
    # Our own authority is not known to curl yet: the SHA-256 below it says that the file is the right one.
    trust = " --insecure" if authority else ""
    pin = f" --ca-sha256 {authority}" if authority else ""

    def download(curl: str = "") -> str:
        address = shlex.quote(f"{url}/agent/{FILE}")
        return f"curl -fsS{trust}{curl} -o {FILE} {address} &&\necho '{digest}  {FILE}' | sha256sum -c - &&\n"

    def run(words: str, program: str = f"python3 {FILE}") -> str:
        return f"printf %s {shlex.quote(secret)} | sudo {program} {words} --key -{pin}"

    proxy, bundle = "http://PROXY:3128", "/etc/ssl/site-ca.pem"
    return Install(
        install=download() + run(f"install --enrol {server}"),
        once=f"{download()}{run(f'enrol {server}')} &&\nsudo python3 {FILE} send",
        proxied=download(f" --proxy {proxy}") + run(f"install --enrol {server} --proxy {proxy}"),
        trusting=download(f" --cacert {bundle}") + run(f"install --enrol {server} --ca {bundle}"),
        present=run(f"install --enrol {server}", "posture-agent"),
        digest=digest,
        authority=authority,
    )
