"""Django's registration of this room."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "posture.reports"
    default_auto_field = "django.db.models.BigAutoField"
