"""What `bin/audit` itself says, in the language of the person; the judging command speaks for itself."""

from collections.abc import Mapping

LANGUAGES = ("en", "fr")
WORDS: Mapping[str, tuple[str, str]] = {
    "reading": ("Reading this machine …", "Lecture de cette machine…"),
    "unread": ("✕ This machine could not be read.", "✕ Cette machine n’a pas pu être lue."),
    "unjudged": ("✕ This machine could not be judged.", "✕ Cette machine n’a pas pu être évaluée."),
    "description": (
        "Reads this machine and its container engines and judges them by one benchmark. Changes nothing.",
        "Lit cette machine et ses moteurs de conteneurs et les évalue selon un référentiel. Ne change rien.",
    ),
    "statuses": (
        "Exit status: 0 fine, 10 something fails that must not, 2 wrong command line, 3 this machine could not be read"
        " or judged.",
        "Code de sortie : 0 tout va bien, 10 un échec inadmissible, 2 ligne de commande erronée, 3 cette machine n’a"
        " pas pu être lue ou évaluée.",
    ),
    "options": ("options", "options"),
    "help": ("show this and exit", "affiche ceci et s’arrête"),
    "engine": ("engine to read; may be given several times", "moteur à lire ; plusieurs fois si besoin"),
    "scans": ("folder with results of scanners", "dossier des résultats d’analyseurs"),
    "edition": ("edition of a benchmark (default: %(default)s)", "édition d’un référentiel (par défaut : %(default)s)"),
    "language": ("default: that of the locale", "par défaut : celle de l’environnement"),
    "format": ("listing for people, or for programs", "liste pour les personnes, ou pour les programmes"),
    "fail_on": (
        "the mildest severity that must not fail, or could not be judged (default: %(default)s)",
        "la sévérité la plus faible qui ne doit ni échouer ni rester indéterminée (par défaut : %(default)s)",
    ),
    "fail_under": ("the score must not be lower, 0 to 100", "le score ne doit pas être inférieur, de 0 à 100"),
    "colour": (
        "auto: on a terminal, unless NO_COLOR is set or TERM is dumb",
        "auto : sur un terminal, sauf si NO_COLOR est défini ou si TERM vaut dumb",
    ),
    "no_score": ("%s is no number from 0 to 100", "%s n’est pas un nombre de 0 à 100"),
    "no_engine": (
        "an engine is named unix:///PATH, tcp://HOST:PORT or https://HOST:PORT",
        "un moteur se nomme unix:///CHEMIN, tcp://HÔTE:PORT ou https://HÔTE:PORT",
    ),
}


def language_of(environment: Mapping[str, str]) -> str:
    """The language of the locale: the first that is set of LC_ALL, LC_MESSAGES and LANG decides, as everywhere."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "fr" if locale.startswith("fr") else "en"


def say(word: str, language: str) -> str:
    """One of WORDS."""
    return WORDS[word][LANGUAGES.index(language)]
