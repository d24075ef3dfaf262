"""The fix of one finding: a rule's template with the real names and values of the resource it failed on."""

from collections.abc import Mapping, Sequence

from posture.evaluation.rule import Effect, Rule, Step, Via
from posture.evaluation.verdict import Evidence
from posture.facts.resource import Resource
from posture.facts.values import Value
from posture.facts.vocabulary import Kind
from posture.remediation.encoding import positional, shell
from posture.remediation.fix import LANGUAGE_OF, Fix, FixStep, Language
from posture.remediation.notes import LIVE_UNTIL_RECREATED, MERGED, NOTHING, RECREATED, Words
from posture.remediation.offending import Parameters
from posture.remediation.placeholders import Name, Subject, placeholders, read_subject
from posture.remediation.rendering import PLACEHOLDER, render

# Tabs that act on the container itself.
_FOR_THE_CONTAINER = frozenset((Via.COMPOSE, Via.RUN, Via.LIVE, Via.SWARM))


def fix(
    rule: Rule,
    resource: Resource,
    context: Mapping[str, Value],
    evidence: Sequence[Evidence] = (),
    parameters: Parameters | None = None,
) -> Fix:
    """How to fix this rule on this resource. ``context`` is that of its engine (HostFacts.context[resource.engine]).

    Steps that the facts are not enough for are left out. ``evidence`` is what decided: callers hand over the whole
    finding, though today's placeholders take every value from the resource itself. ``parameters`` are those that the
    rule judged it with, its own defaults unless given; a step that a missing one is needed for is left out.
    """
    if parameters is None:
        parameters = {name: parameter.default for name, parameter in rule.parameters.items()}
    subject = read_subject(resource, context, parameters)
    needed = {word for step in rule.fix.steps for word in PLACEHOLDER.findall(step.text)} | {"service"}
    values = placeholders(subject, rule.id, needed)
    steps = []
    for step in ordered(rule.fix.steps, subject):
        text = render(_for_engine(step, subject.program), values)
        if text is not None:
            service = values["service"]
            then = _then(step.via, rule.fix.effect, subject, service.value if isinstance(service, Name) else "")
            steps.append(FixStep(step.via, LANGUAGE_OF[step.via], text, then, _note(step, subject)))
    return Fix(rule.fix.effect, rule.fix.breaks, tuple(steps))


def ordered(steps: Sequence[Step], subject: Subject) -> tuple[Step, ...]:
    """The tool that made the container first. A step for the daemon or the image that its rule puts first stays there:
    nothing done to the container would help without it."""
    if subject.resource.kind is not Kind.CONTAINER or not steps or steps[0].via not in _FOR_THE_CONTAINER:
        return tuple(steps)
    if subject.resource.facts.get("SwarmTask") is True and any(step.via is Via.SWARM for step in steps):
        # Whatever is done to a task by hand is undone by its service.
        lasting = (step for step in steps if step.via not in (Via.RUN, Via.LIVE))
        return tuple(sorted(lasting, key=lambda step: step.via is not Via.SWARM))
    made_by = (Via.COMPOSE,) if subject.text("ComposeService") else (Via.RUN, Via.LIVE)
    kept = (step for step in steps if step.via is not Via.SWARM)
    return tuple(sorted(kept, key=lambda step: (step.via not in made_by, step.via not in _FOR_THE_CONTAINER)))


def _for_engine(step: Step, program: str) -> Step:
    """The same command line under the other engine's name."""
    if program == "docker" or LANGUAGE_OF[step.via] is not Language.SHELL:
        return step
    lines = step.text.split("\n")
    lines = [f"{program}{line.removeprefix('docker')}" if line.startswith("docker ") else line for line in lines]
    return Step(step.via, "\n".join(lines))


def _then(via: Via, effect: Effect, subject: Subject, service: str) -> str:
    if via is Via.COMPOSE:
        return _compose_up(subject, service)
    if via is Via.DAEMON_JSON:
        manager = "systemctl --user" if subject.context.get("engine.Rootless") is True else "systemctl"
        return f"{manager} {'reload' if effect is Effect.LIVE else 'restart'} docker"
    return ""


def _compose_up(subject: Subject, service: str) -> str:
    if not subject.text("ComposeService"):
        return "docker compose up --detach"
    project = subject.text("ComposeProject")
    words = ["docker compose"]
    words += [f"--project-name {shell(project)}"] if project else []
    words += [f"--file {shell(path)}" for path in _compose_files(subject)]
    return " ".join([*words, "up --detach", positional(service, "SERVICE")])


def _compose_files(subject: Subject) -> list[str]:
    listed = subject.blueprint.labels.get("com.docker.compose.project.config_files", "") if subject.blueprint else ""
    return [path for path in listed.split(",") if path]


def _note(step: Step, subject: Subject) -> Words:
    if step.via is Via.RUN and "{run_command}" in step.text:
        return RECREATED
    if step.via is Via.LIVE and "docker update" in step.text and subject.text("ComposeService"):
        return LIVE_UNTIL_RECREATED
    return MERGED.get(step.via, NOTHING)
