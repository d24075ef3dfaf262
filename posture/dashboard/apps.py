"""Django's registration of this room."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "posture.dashboard"
    default_auto_field = "django.db.models.BigAutoField"
