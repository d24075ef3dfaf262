"""The words of the reference pages in English and French."""

from collections.abc import Mapping

from posture.evaluation.rule import LANGUAGES
from posture.evaluation.verdict import Severity, Status
from posture.facts.vocabulary import Kind

WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Rules", "Règles"),
    "intro": (
        "Every rule of the product: what it judges, which controls of which edition it stands for, which facts it "
        "reads, and what shows that it judges right. Written by `manage.py export-rules`; a test keeps it current.",
        "Toutes les règles du produit : ce que chacune juge, quels contrôles de quelle édition elle représente, quels "
        "faits elle lit, et ce qui montre qu’elle juge juste. Page écrite par `manage.py export-rules` ; un test la "
        "garde à jour.",
    ),
    "other": ("[En français](rules.fr.md)", "[In English](rules.md)"),
    "examples_note": (
        "An example gives facts and the status that must follow; a rule whose example is wrong stops the start. Tests "
        "are files that name the rule; beyond those, every rule takes part in the tests of all rules: hiding any node "
        "of recorded facts, garbage on the wire, and empty facts.",
        "Un exemple donne des faits et le statut qui doit en résulter ; une règle dont un exemple est faux empêche le "
        "démarrage. Les tests cités sont les fichiers qui nomment la règle ; toutes passent aussi les tests communs : "
        "nœuds cachés dans des faits enregistrés, valeurs absurdes reçues, faits vides.",
    ),
    "editions": ("Editions", "Éditions"),
    "edition": ("edition", "édition"),
    "section": ("section", "section"),
    "controls": ("controls", "contrôles"),
    "machine": ("by machine", "par la machine"),
    "person": ("by a person", "par une personne"),
    "nothing": ("nothing asked by default", "rien de demandé par défaut"),
    "all": ("all", "toutes"),
    "by_section": ("By section", "Par section"),
    "judged": (
        "“By a person” is what stays manual as long as the operator gives no list or threshold. Policies stand at "
        "their defaults.",
        "« Par une personne » : ce qui reste manuel tant que l’exploitant ne donne ni liste ni seuil. Les politiques "
        "sont à leur valeur par défaut.",
    ),
    "severity": ("severity", "gravité"),
    "files": ("files", "fichiers"),
    "parameters": ("parameters", "paramètres"),
    "not_given": ("not given", "non donné"),
    "manual": ("judged", "jugée"),
    "manual_always": ("by a person", "par une personne"),
    "manual_until": ("by a person until `{name}` is given", "par une personne tant que `{name}` n’est pas donné"),
    "facts": ("facts", "faits"),
    "examples": ("examples", "exemples"),
    "tests": ("tests", "tests"),
    "related": ("related", "voisines"),
    "none": ("–", "–"),
    "policy": ("policy {policy}", "politique {policy}"),
    "separator": ("; ", "\u00a0; "),
    "colon": (": ", "\u00a0: "),
}
KINDS: Mapping[Kind, tuple[str, str]] = {
    Kind.HOST: ("Host", "Hôte"),
    Kind.DAEMON: ("Daemon", "Moteur"),
    Kind.FILE: ("Files", "Fichiers"),
    Kind.IMAGE: ("Images", "Images"),
    Kind.CONTAINER: ("Containers", "Conteneurs"),
    Kind.NETWORK: ("Networks", "Réseaux"),
    Kind.SWARM: ("Swarm", "Swarm"),
}
SEVERITIES: Mapping[Severity, tuple[str, str]] = {
    Severity.CRITICAL: ("critical", "critique"),
    Severity.HIGH: ("high", "élevée"),
    Severity.MEDIUM: ("medium", "moyenne"),
    Severity.LOW: ("low", "faible"),
}
STATUSES: Mapping[Status, tuple[str, str]] = {
    Status.PASS: ("pass", "conforme"),
    Status.FAIL: ("fail", "échec"),
    Status.UNKNOWN: ("unknown", "indéterminé"),
    Status.MANUAL: ("manual", "manuel"),
    Status.NOT_APPLICABLE: ("not applicable", "sans objet"),
}


class Speaker:
    """Says it in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.column = LANGUAGES.index(language)

    def __call__(self, key: str, **values: str) -> str:
        return WORDS[key][self.column].format(**values)
