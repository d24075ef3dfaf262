"""Django's registration of this room."""

from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "posture.ingest"
    default_auto_field = "django.db.models.BigAutoField"
