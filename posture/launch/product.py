"""The product from nothing to a page that answers, step by step."""

import compileall
import datetime as dt
import os
from dataclasses import dataclass, field

from posture.launch import environment, lock, tls
from posture.launch.account import Account, own_account, server_account
from posture.launch.child import Child
from posture.launch.commands import AGENT_INTERVAL, Commands
from posture.launch.console import Console, Step
from posture.launch.disk import require_room
from posture.launch.engine import trouble_with_engine
from posture.launch.given import require_database, require_redis
from posture.launch.options import Options
from posture.launch.places import CHECKOUT, Places, make_places
from posture.launch.port import free_port, require_free
from posture.launch.postgres import PROGRAMS, Postgres
from posture.launch.supervisor import Supervisor
from posture.launch.translations import compile_translations
from posture.launch.trouble import Stopped, Trouble
from posture.launch.valkey import Valkey
from posture.launch.web import Door

DAY = 24 * 3600


@dataclass
class Product:
    """Everything that one `bin/up` runs."""

    options: Options
    console: Console
    supervisor: Supervisor
    held: int
    account: Account = field(init=False)
    places: Places = field(init=False)
    commands: Commands = field(init=False)
    papers: tls.Papers | None = None
    web: Child | None = None
    renew_at: dt.datetime = field(default_factory=lambda: now() + dt.timedelta(seconds=DAY))
    first_words: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Bring everything up, say where, and go on until somebody ends it."""
        self.prepare()
        if self.options.remove_demo:
            self.remove_demo()
            return
        try:
            self.serve()
        except (Trouble, Stopped):
            # They are said once: the next start will not know them.
            if self.first_words:
                self.console.box(self.first_words)
            raise
        self.announce()
        self.supervisor.loud = True
        self.supervisor.watch(self.renew_papers)

    def prepare(self) -> None:
        """Stores and data: after this the database is as the code wants it."""
        require_room(self.options.var)
        if not self.options.remove_demo:
            for host in self.options.binds:
                require_free(host, self.options.port)
        self.account = server_account(CHECKOUT, self.options.var, PROGRAMS)
        self.places = make_places(self.options.var, self.account)
        if self.account.barred:
            self.console.note(
                f"Only root may enter {self.account.barred}, where the checkout or its Python lies: the server's "
                f"processes (account {self.account.name}) keep the capability {self.account.right}. In /opt or /srv "
                "they need none."
            )
        with self.console.step("PostgreSQL") as step:
            database = self.find_database(step)
        with self.console.step("Redis protocol (Valkey)") as step:
            redis_url = self.find_redis(step)
        if self.options.address:
            with self.console.step("TLS certificate") as step:
                self.papers = self.make_papers()
                step.say(f"for {self.options.address}")
        variables = environment.server_environment(
            self.options, self.places, self.account, database=database, redis=redis_url, papers=self.papers
        )
        environment.store(self.places.environment, self.account, variables)
        self.commands = Commands(self.places, self.account, own_account(), variables)
        with self.console.step("Translations and code"):
            compile_translations()
            # The server's account may not write into the checkout, so what it starts with is compiled by us.
            compileall.compile_dir(CHECKOUT / "posture", quiet=2)
        self.fill_database()

    def serve(self) -> None:
        """The processes that people and agents talk to."""
        with self.console.step("Agent file"):
            self.supervisor.run(self.commands.build_agent())
        if self.options.demo:
            self.console.line("  Demo fleet")
            self.supervisor.run(self.commands.manage("demo"), terminal=True)
        with self.console.step("Web server, workers, beat") as step:
            self.web = self.supervisor.start(self.commands.web())
            worker = self.supervisor.start(self.commands.worker())
            self.supervisor.start(self.commands.remote())
            self.supervisor.start(self.commands.beat())
            door = Door(self.options.port, self.papers.authority if self.papers else None)
            self.supervisor.wait_until(door.answers, limit=60, what="web")
            step.say("the web server answers")
            self.supervisor.wait_until(lambda: is_ready(worker), limit=60, what="worker")
            step.say("")
        if self.options.agent:
            self.start_agent()

    def find_database(self, step: Step) -> str:
        """The address of the database: the one that was given, or our own server's."""
        given = os.environ.get("DATABASE_URL")
        if given:
            step.say("from DATABASE_URL")
            require_database(given)
            return given
        server = Postgres(self.places.postgres, self.account, free_port())
        step.say("making the data directory")
        made = server.create(self.supervisor)
        step.say("starting")
        server.start(self.supervisor)
        step.say("new" if made else "data kept")
        return server.url

    def find_redis(self, step: Step) -> str:
        """The address of the broker: the one that was given, or our own server's."""
        given = os.environ.get("REDIS_URL")
        if given:
            step.say("from REDIS_URL")
            require_redis(given)
            return given
        server = Valkey(self.places.valkey, self.account, free_port())
        server.start(self.supervisor)
        return server.url

    def fill_database(self) -> None:
        """Tables, rulesets and, the first time, the administrator."""
        with self.console.step("Tables and rules") as step:
            heard = self.supervisor.run(
                self.commands.several("migrate --no-input", "assign_rulesets", "create_first_administrator"),
                heard=lambda line: step.say(line.strip() if line.startswith("  Applying ") else ""),
            )
            step.say("")
        self.first_words = after_last(heard, "create_first_administrator")

    def remove_demo(self) -> None:
        self.console.line("  Demo fleet")
        self.supervisor.run(self.commands.manage("demo", "--remove"), terminal=True)

    def start_agent(self) -> None:
        """Let this machine's agent look at the engine; whatever keeps it from that, the product goes on."""
        try:
            with self.console.step("This machine's agent") as step:
                self.let_in(step)
                self.supervisor.start(self.commands.agent("run", f"--interval={AGENT_INTERVAL}"))
                step.say(f"looks every {AGENT_INTERVAL} seconds")
        except Trouble as trouble:
            self.console.trouble(f"This machine is not looked at: {trouble}", trouble.details)
        sentence = trouble_with_engine(os.environ)
        if sentence:
            self.console.note(sentence)

    def let_in(self, step: Step) -> None:
        """Enrol this machine, or tell its agent where the server is by now: the port may be new, or TLS."""
        if self.first_words or not (self.places.agent_state / "enrolment.json").exists():
            step.say("enrolling")
            self.enrol()
        else:
            self.supervisor.run(self.commands.agent("move", self.options.url, *self.trust()))

    def enrol(self) -> None:
        """Let the agent in with a key that is good once; a database that is new knows no enrolment of before."""
        key = self.supervisor.run(self.commands.manage("enrolment_key", "--local"))[-1].strip()
        # By environment: a command line can be read by everybody on the machine.
        self.supervisor.run(self.commands.agent("enrol", self.options.url, "--again", *self.trust(), key=key))

    def trust(self) -> list[str]:
        """What tells the agent which certificate authority is ours."""
        return [f"--ca-sha256={self.papers.digest}"] if self.papers else []

    def announce(self) -> None:
        """The box: where to go, who one is there, and how to end."""
        lines = [f"Posture is up:  {self.options.url}", *self.first_words]
        if self.papers:
            lines.append(f"SHA-256 of its certificate authority:  {self.papers.digest}")
        self.console.box([*lines, "Ctrl-C ends it; the data is kept."])
        lock.note(self.held, f"process {os.getpid()}, {self.options.url}")

    def make_papers(self) -> tls.Papers:
        if self.options.address is None:
            raise ValueError("without --listen there is no TLS")
        return tls.make_papers(
            authority=self.places.authority,
            server=self.places.tls,
            account=self.account,
            address=self.options.address,
            now=now(),
        )

    def renew_papers(self) -> None:
        """Once a day: a fresh certificate where the present one ends soon; gunicorn takes it on SIGHUP."""
        if self.papers is None or self.web is None or now() < self.renew_at:
            return
        self.renew_at = now() + dt.timedelta(seconds=DAY)
        self.papers = self.make_papers()
        if self.papers.renewed:
            self.web.reload()
            self.console.note("The server's certificate was renewed.")


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def is_ready(worker: Child) -> bool:
    """Whether the Celery worker said that it takes tasks."""
    return any(line.endswith(" ready.") for line in worker.heard)


def after_last(lines: list[str], name: str) -> list[str]:
    """What the management command of that name printed, of the output of `django_commands`."""
    at = max((index for index, line in enumerate(lines) if line.strip() == name), default=len(lines))
    return [line for line in lines[at + 1 :] if line.strip()]
