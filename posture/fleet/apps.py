"""Django's registration of this room."""

from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "posture.fleet"
    default_auto_field = "django.db.models.BigAutoField"
