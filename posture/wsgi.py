"""The WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

from posture.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")

# The web processes enqueue through the same Celery application that the workers run.
celery_app.set_default()
application = get_wsgi_application()
