"""Django's registration of this room."""

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

from posture.fleet.site_rules import use_site_rules


class FleetConfig(AppConfig):
    name = "posture.fleet"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Before anything is judged: a site's rule that is wrong stops the start."""
        if settings.SITE_RULES:
            use_site_rules(Path(settings.SITE_RULES))
