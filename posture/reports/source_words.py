"""Why a source could not be read, in the reader's language: the agent says it in English, with values in it."""

import re

from django.utils.translation import gettext, override

# What agents say with values in it; without values the text itself is looked up.
FORMS = (
    "More than %d accounts may use an engine.",
    "More than %d sockets wait for strangers.",
    "No engine listens on %s. Start the engine. %s",
    "The agent's account may not use %s. %s",
    "The certificate of %s is not trusted: %s. %s",
    "The engine answered with status %d.",
    "The engine at %s answered with something that is not HTTP.",
    "The engine at %s broke off the connection, as for a certificate that it does not take. %s",
    "The engine at %s broke off the connection.",
    "The engine at %s did not answer in time.",
    "The engine at %s does not speak TLS as it should.",
    "The engine at %s refuses our certificate. %s",
    "The engine has more than %d containers.",
    "The engine has more than %d images.",
    "The engine has more than %d networks.",
    "The engine refuses what is not encrypted. %s",
    "The folder of scan results holds more than %d files.",
    "The rules of sudo are in more than %d files.",
    "The rules of sudo name more than %d users.",
    "The swarm has more than %d services.",
    "There are more than %d files to look at.",
    "There is no engine socket at %s. %s",
    "This host has more than %d engines: not all are read.",
    "ca.pem, cert.pem and key.pem in %s cannot be read.",
)
PLACE = re.compile("(%[sd])")


def say_source(detail: str) -> str:
    """Each line of an agent's words in the active language, as far as it is known; names and numbers stay."""
    return "\n".join(_said(line) for line in detail.split("\n"))


def say_source_in(language: str, detail: str) -> str:
    """The same in the language of a report or a listing."""
    with override(language):
        return say_source(detail)


def _said(line: str) -> str:
    said = gettext(line) if line else ""
    if said != line:
        return said
    for form, pattern in PATTERNS:
        found = pattern.fullmatch(line)
        if found is not None:
            return gettext(form).replace("%d", "%s") % tuple(_said(one) for one in found.groups())
    return line


def _pattern(form: str) -> re.Pattern[str]:
    places = {"%s": "(.+)", "%d": "([0-9]+)"}
    return re.compile("".join(places.get(one) or re.escape(one) for one in PLACE.split(form)))


PATTERNS = tuple((form, _pattern(form)) for form in FORMS)
