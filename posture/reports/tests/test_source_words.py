"""What agents say of sources that they could not read is French on French pages, values and all."""

import msgspec
from django.utils import translation

from agents.posture_agent import engine_api, tls
from agents.posture_agent.dial import Untrusted
from posture.evaluation import catalogue
from posture.evaluation.assessed import assess
from posture.facts.tests.builders import snapshot
from posture.facts.wire.snapshot import Source
from posture.reports.content import Uncovered
from posture.reports.listing.bench import listing
from posture.reports.sheet import Sheet
from posture.reports.source_words import FORMS, say_source
from posture.reports.tests.samples import content


def test_a_line_is_translated_with_its_values() -> None:
    told = engine_api.unanswered(FileNotFoundError(), "unix:///run/docker.sock").detail
    with translation.override("fr"):
        said = say_source(f"{told}\nThe engine has more than 5000 containers.\nwhat nobody knows")
    first, second, third = said.split("\n")
    assert first.startswith("Il n’y a pas de socket de moteur à unix:///run/docker.sock. Si le moteur écoute ailleurs")
    assert (second, third) == ("Le moteur a plus de 5000 conteneurs.", "what nobody knows")
    with translation.override("en"):
        assert say_source(told) == told


def test_what_a_value_says_is_translated_too() -> None:
    told = engine_api.unanswered(Untrusted(tls.UNKNOWN), "https://engine:2376").detail
    with translation.override("fr"):
        said = say_source(told)
    assert said.startswith("Le certificat de https://engine:2376 n’est pas digne de confiance")
    assert ": son autorité est inconnue ici. ca.pem, dans le dossier de --engine-certs, doit" in said


def test_listings_and_reports_say_it_in_their_own_language() -> None:
    detail = "The engine has more than 5000 containers."
    taken = snapshot()
    source = Source(Name="docker.containers", Status="failed", Reason="too_large", Detail=detail)
    taken = msgspec.structs.replace(taken, facts=msgspec.structs.replace(taken.facts, Sources=[source]))
    assessed = assess(taken, catalogue.load(), edition="cis-docker-1.6.0")
    assert list(listing(assessed))[2].endswith(detail)
    assert list(listing(assessed, language="fr"))[2].endswith("Le moteur a plus de 5000 conteneurs.")
    line = Uncovered("gamma", "unread", "docker.containers", "too_large", detail)
    assert Sheet(content(language="fr")).why(line).endswith("(Le moteur a plus de 5000 conteneurs.)")
    assert Sheet(content()).why(line).endswith(f"({detail})")


def test_a_value_stays_as_it_is() -> None:
    with translation.override("fr"):
        assert "100%s %d" in say_source("The agent's account may not use 100%s %d. Do so.")


def test_every_form_has_its_french() -> None:
    with translation.override("fr"):
        assert not [
            form for form in FORMS if say_source(form % ((7,) * form.count("%"))) == form % ((7,) * form.count("%"))
        ]
