"""Django's registration of this room."""

from django.apps import AppConfig


class RemoteConfig(AppConfig):
    name = "posture.remote"
    default_auto_field = "django.db.models.BigAutoField"
