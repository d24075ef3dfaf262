"""The addresses of the downloads."""

from django.urls import URLPattern, path

from posture.ingest import downloads

urlpatterns: list[URLPattern] = [
    path(downloads.NAME, downloads.agent, name="agent-file"),
    path(f"{downloads.NAME}.sha256", downloads.agent_digest, name="agent-digest"),
    path("ca.pem", downloads.authority, name="agent-authority"),
]
