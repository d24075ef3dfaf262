"""What agents say of sources that they could not read is French on French pages, values and all."""

from django.utils import translation

from agents.posture_agent import engine_api
from posture.reports.source_words import FORMS, say_source


def test_a_line_is_translated_with_its_values() -> None:
    told = engine_api.unanswered(FileNotFoundError(), "unix:///run/docker.sock").detail
    with translation.override("fr"):
        said = say_source(f"{told}\nThe engine has more than 5000 containers.\nwhat nobody knows")
    first, second, third = said.split("\n")
    assert first.startswith("Il n’y a pas de socket de moteur à unix:///run/docker.sock. Si le moteur écoute ailleurs")
    assert (second, third) == ("Le moteur a plus de 5000 conteneurs.", "what nobody knows")
    with translation.override("en"):
        assert say_source(told) == told


def test_a_value_stays_as_it_is() -> None:
    with translation.override("fr"):
        assert "100%s %d" in say_source("The agent's account may not use 100%s %d. Do so.")


def test_every_form_has_its_french() -> None:
    with translation.override("fr"):
        assert not [
            form for form in FORMS if say_source(form % ((7,) * form.count("%"))) == form % ((7,) * form.count("%"))
        ]
