"""What a rule would say, in words: on a fleet, or on one host."""

from collections.abc import Iterable, Iterator, Mapping

from posture.evaluation.display import safe
from posture.evaluation.rule import LANGUAGES, Rule
from posture.evaluation.trial import HostTrial, Trial
from posture.evaluation.verdict import Evidence, Status, Verdict
from posture.facts.resource import HostFacts
from posture.reports.asked import say_seen, say_wanted
from posture.reports.figures import Numerals
from posture.reports.phrases import PHRASES

WORDS: Mapping[str, tuple[str, str]] = {
    "right": ("{rule} is right: {title}", "{rule} est correcte : {title}"),
    "fails": ("would fail on {failed} of {judged} hosts", "échouerait sur {failed} des {judged} hôtes"),
    "manual": ("a person has to look: no machine judges it", "une personne doit vérifier : aucune machine n’en juge"),
    "nobody": ("no host has reported yet", "aucun hôte n’a encore envoyé de relevé"),
    "without": ("hosts that have not reported yet: {count}", "hôtes sans aucun relevé : {count}"),
    "line": ("{status}: hosts {hosts}, resources {resources}", "{status} : hôtes {hosts}, ressources {resources}"),
    "unsupported": (
        "of these, failing because the kernel cannot protect them: {count}",
        "dont échecs parce que le noyau ne sait pas les protéger : {count}",
    ),
    "unknown": ("Why something is unknown:", "Raisons des indéterminés :"),
    "worst": ("Hosts on which most fails:", "Hôtes les plus touchés :"),
    "host": ("{host}: fails {failed} of {all}", "{host} : {failed} échecs sur {all}"),
    "first": ("first {resource}", "d’abord {resource}"),
    "evidence": ("{fact} is {seen}, wanted {wanted}", "{fact} vaut {seen}, attendu {wanted}"),
    "between": ("; ", " ; "),
    "nothing": ("this host has nothing of this kind", "cet hôte n’a rien de cette sorte"),
    "incomplete": ("a list could not be read: {reason}", "une liste n’a pas pu être lue : {reason}"),
    "pass": ("pass", "conforme"),
    "fail": ("fail", "échec"),
    "not_applicable": ("not applicable", "sans objet"),
    "undecided": ("unknown", "indéterminé"),
    "by_person": ("manual review", "vérification manuelle"),
}
STATUSES: Mapping[Status, str] = {
    Status.FAIL: "fail",
    Status.UNKNOWN: "undecided",
    Status.PASS: "pass",
    Status.NOT_APPLICABLE: "not_applicable",
    Status.MANUAL: "by_person",
}


class Speaker:
    """Says it in one language."""

    def __init__(self, language: str) -> None:
        self.column = LANGUAGES.index(language)
        self.numerals = Numerals(language=language, zone="UTC")

    def say(self, key: str, **values: int | str) -> str:
        """A phrase with its values; whole numbers as the language prints them."""
        shown = {name: self.numerals.count(one) if isinstance(one, int) else one for name, one in values.items()}
        return WORDS[key][self.column].format(**shown)

    def reason(self, reason: str) -> str:
        return PHRASES[f"reason.{reason}"][self.column]

    def evidence(self, found: Evidence) -> str:
        language = LANGUAGES[self.column]
        seen, wanted = say_seen(found.seen, language), say_wanted(found.wanted, language)
        return self.say("evidence", fact=found.fact, seen=seen, wanted=wanted)


def fleet_lines(rule: Rule, trial: Trial, language: str) -> Iterator[str]:
    """What the rule would say on the hosts of the trial."""
    speaker = Speaker(language)
    yield speaker.say("right", rule=rule.id, title=rule.title[language])
    if not trial.judged:
        yield speaker.say("nobody")
    elif trial.hosts[Status.MANUAL]:
        yield speaker.say("manual")
    else:
        yield speaker.say("fails", failed=trial.hosts[Status.FAIL], judged=trial.judged)
        for status, word in STATUSES.items():
            if trial.hosts[status] or trial.resources[status]:
                counts = {"hosts": trial.hosts[status], "resources": trial.resources[status]}
                yield "  " + speaker.say("line", status=speaker.say(word), **counts)
        if trial.unsupported:
            yield "  " + speaker.say("unsupported", count=trial.unsupported)
        yield from _reasons(speaker, trial)
        yield from _worst(speaker, trial.worst)
    if trial.without_facts:
        yield speaker.say("without", count=trial.without_facts)


def _reasons(speaker: Speaker, trial: Trial) -> Iterator[str]:
    if trial.unknown:
        yield speaker.say("unknown")
    for reason, count in trial.unknown.most_common():
        yield f"  {speaker.numerals.count(count)} × {speaker.reason(reason.value)}"


def _worst(speaker: Speaker, hosts: Iterable[HostTrial]) -> Iterator[str]:
    for index, one in enumerate(hosts):
        if not index:
            yield speaker.say("worst")
        failed = one.resources[Status.FAIL]
        yield "  " + speaker.say("host", host=safe(one.host), failed=failed, all=sum(one.resources.values()))
        if one.first is not None:
            yield "    " + speaker.say("between").join(
                (
                    speaker.say("first", resource=safe(one.first.resource.name)),
                    *(speaker.evidence(found) for found in one.first.evidence),
                )
            )


def host_lines(rule: Rule, facts: HostFacts, verdicts: Iterable[Verdict], language: str) -> Iterator[str]:
    """What the rule would say about each resource of one host."""
    speaker = Speaker(language)
    yield speaker.say("right", rule=rule.id, title=rule.title[language])
    if rule.manual is True:
        yield speaker.say("manual")
        return
    said = False
    for verdict in verdicts:
        said = True
        reason = f" ({speaker.reason(verdict.reason.value)})" if verdict.reason else ""
        yield f"{speaker.say(STATUSES[verdict.status])}{reason}  {safe(verdict.resource.name)}"
        for found in verdict.evidence:
            yield f"  {speaker.evidence(found)}"
    for gap in facts.gaps:
        if gap.kind is rule.subject:
            said = True
            yield speaker.say("incomplete", reason=speaker.reason(gap.reason.value))
    if not said:
        yield speaker.say("nothing")
