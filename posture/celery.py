"""The Celery application. Tasks are doors to services: at least once, idempotent, acknowledged late."""

import gc
import os

from celery import Celery
from celery.signals import task_prerun, worker_process_init
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")

app = Celery("posture")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect  # type: ignore[untyped-decorator]  # celery ships no types
def rest_collector(**_more: object) -> None:
    """What is loaded by now stays: the garbage collector need not look at it after every few objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@task_prerun.connect  # type: ignore[untyped-decorator]  # celery ships no types
def check_connections(**_more: object) -> None:
    """Tasks share a connection to the database: one that broke or grew old is left, as it is between two requests."""
    close_old_connections()
