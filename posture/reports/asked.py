"""What a rule wants, in the report's language: the operators' closed list of words; values stay as they are."""

import re

UNSEEN = re.compile(r"not seen \([a-z_]+\)")
DAYS = re.compile(r"(newer than|at least|more than|at most) ([0-9]+) days(?: ahead| old)?")
IN_FRENCH = {"newer than": "moins de", "at least": "au moins", "more than": "dans plus de", "at most": "dans au plus"}
FRENCH = {
    "one of": "l’un de",
    "none of": "aucun de",
    "any of": "au moins un de",
    "all of": "chacun de",
    "not all of": "pas chacun de",
    "only": "seulement",
    "not only": "pas seulement",
    "contains": "contient",
    "does not contain": "ne contient pas",
    "matches": "correspond à",
    "does not match": "ne correspond pas à",
    "under": "sous",
    "not under": "pas sous",
    "beyond": "au-delà de",
    "empty": "vide",
    "not empty": "non vide",
}
WORDS = sorted(FRENCH, key=len, reverse=True)


def say_wanted(text: str, language: str) -> str:
    """ "one of a, b" as "l’un de a, b"; signs such as ≥ need no language."""
    if language != "fr":
        return text
    if days := DAYS.fullmatch(text):
        return f"{IN_FRENCH[days[1]]} {days[2]} jours"
    word = next((word for word in WORDS if text == word or text.startswith(f"{word} ")), "")
    return FRENCH[word] + text[len(word) :] if word else text


def say_seen(text: str, language: str) -> str:
    """The value; for one that was not seen the words alone, as the reason stands beside it."""
    if UNSEEN.fullmatch(text):
        return "non constaté" if language == "fr" else "not seen"
    return text
