"""The command lines of the product's own processes."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from posture.launch.account import Account
from posture.launch.child import Command
from posture.launch.environment import agent_environment
from posture.launch.places import CHECKOUT, Places

# A person who tries the product changes a container and wants to see the score move within the minute. An unchanged
# check-in is one small request, so this costs nothing on one's own machine.
AGENT_INTERVAL = 60
CONCURRENCY = "POSTURE_REMOTE_CONCURRENCY"


@dataclass(frozen=True)
class Commands:
    """Makes commands that run in the checkout: the server's with its account and environment, the agent's with ours."""

    places: Places
    account: Account
    own: Account
    environment: Mapping[str, str]

    def manage(self, *words: str, name: str | None = None) -> Command:
        return self.server(name or words[0], ["manage.py", *words])

    def several(self, *commands: str) -> Command:
        """Several management commands in one process: each start of Django costs a second."""
        return self.server(commands[0], ["-m", "posture.launch.django_commands", *commands])

    def web(self) -> Command:
        return self.server("web", ["-m", "gunicorn", "--config=python:posture.launch.gunicorn_conf", "posture.wsgi"])

    def worker(self) -> Command:
        words = ["--concurrency=1", "--loglevel=INFO", "--without-gossip", "--without-mingle", "--hostname=posture@%h"]
        return self.server("worker", ["-m", "celery", "-A", "posture.celery", "worker", *words])

    def remote(self) -> Command:
        """The worker that visits machines: it mostly waits, so its visits are threads. POSTURE_REMOTE_CONCURRENCY
        bounds how many go on at once."""
        words = ["--queues=remote", "--pool=threads", f"--concurrency={self.environment.get(CONCURRENCY, '8')}"]
        words += ["--loglevel=INFO", "--without-gossip", "--without-mingle", "--hostname=remote@%h"]
        return self.server("remote", ["-m", "celery", "-A", "posture.celery", "worker", *words])

    def beat(self) -> Command:
        schedule = self.places.home / "beat-schedule"
        words = [f"--schedule={schedule}", "--pidfile=", "--loglevel=WARNING"]
        return self.server("beat", ["-m", "celery", "-A", "posture.celery", "beat", *words])

    def server(self, name: str, words: list[str]) -> Command:
        return Command(name, [sys.executable, *words], self.account, self.environment, CHECKOUT)

    def build_agent(self) -> Command:
        words = [sys.executable, "agents/build.py", "--output", str(self.places.agent_file)]
        return Command("agent", words, self.own, agent_environment(), CHECKOUT)

    def agent(self, *words: str, key: str | None = None) -> Command:
        """A command of the agent on this machine; `key` lets it in."""
        state = f"--state={self.places.agent_state}"
        line = [sys.executable, str(self.places.agent_file), words[0], state, *words[1:]]
        environment = {**agent_environment(), **({"POSTURE_ENROLMENT_KEY": key} if key else {})}
        return Command("agent", line, self.own, environment, self.places.var, essential=False, stage=2)
