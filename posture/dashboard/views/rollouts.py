"""Roll-out: the agent on many hosts over SSH, with its live page."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from posture.dashboard.access import page
from posture.dashboard.address import address_of
from posture.dashboard.forms.rollout import RolloutForm
from posture.dashboard.request import Asked
from posture.dashboard.shown_keys import read_shown
from posture.fleet.models import RemoteRun, Role, Rollout, RolloutKind, RunState, SshKey
from posture.fleet.own_address import is_reachable_from_elsewhere
from posture.fleet.queries.rollouts import latest_rollouts
from posture.fleet.services.groups import get_or_create_group
from posture.remote.host_keys import kind_of
from posture.remote.problems import PROBLEMS
from posture.remote.rollout.host_list import WrongList
from posture.remote.rollout.starting import (
    By,
    approve_shown,
    cancel,
    retry_failed,
    start_install,
    start_removal,
    unknown_keys,
)
from posture.remote.rollout.steps import INSTALL, REMOVE, TITLES
from posture.remote.rollout.tasks import run_soon

MANY = 100  # hosts; a page of more is fetched less often
ORDER = (RunState.FAILED, RunState.RUNNING, RunState.WAITING, RunState.DONE, RunState.UNCHANGED)


def by(request: HttpRequest, asked: Asked) -> By:
    """Who does it, for the audit log."""
    return By(asked.account.username, address_of(request))


@never_cache
@require_http_methods(["GET", "POST"])
@page(Role.ADMINISTRATOR)
def rollouts(request: HttpRequest, asked: Asked) -> HttpResponse:
    """The roll-outs so far; a POST begins another one."""
    fallback = get_or_create_group() if request.method == "GET" else None
    initial = {"group": fallback.pk if fallback else None}
    form = RolloutForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = start_install(
                wish=form.wish(), listed=given["hosts"], known=given.get("known", ()), by=by(request, asked)
            )
        except WrongList as error:
            form.refuse(error)
        else:
            run_soon(runs=made.runs.values_list("pk", flat=True))
            return redirect("settings-rollout", made.pk)
    context = {
        "section": "settings",
        "tab": "rollouts",
        "form": form,
        "has_key": SshKey.objects.exists(),
        "reachable": is_reachable_from_elsewhere(),
        "rollouts": latest_rollouts(limit=20),
    }
    return render(request, "settings/rollouts.html", context)


@never_cache
@require_GET
@page(Role.ADMINISTRATOR)
def rollout(request: HttpRequest, asked: Asked, rollout_id: UUID) -> HttpResponse:
    """How far each host has come, live."""
    found = get_object_or_404(Rollout, pk=rollout_id)
    return render(request, "settings/rollout.html", progress(found))


def progress(found: Rollout) -> dict[str, Any]:
    """What the page shows."""
    runs = sorted(
        found.runs.select_related("reach__host"), key=lambda run: (ORDER.index(RunState(run.state)), run.reach.name)
    )
    counts = Counter(run.state for run in runs)
    steps = INSTALL if found.kind == RolloutKind.INSTALL else REMOVE
    return {
        "section": "settings",
        "tab": "rollouts",
        "rollout": found,
        "is_removal": found.kind == RolloutKind.REMOVE,
        "lines": [line_of(run, steps) for run in runs],
        "counts": [(state, counts[state]) for state in RunState.values if counts[state]],
        "total": len(runs),
        "pause": 2 if len(runs) <= MANY else 10,
        "over": sum(counts[state] for state in (RunState.DONE, RunState.UNCHANGED, RunState.FAILED)),
        "failed": counts[RunState.FAILED],
        "removable": found.kind == RolloutKind.INSTALL and any(run.brought for run in runs),
        "keys": keys_of(found) if counts[RunState.WAITING] else [],
    }


def keys_of(found: Rollout) -> list[dict[str, Any]]:
    """The host keys that wait for a person."""
    return [
        {"reach": reach, "kind": kind_of(reach.offered_key), "fingerprint": fingerprint}
        for reach, fingerprint in unknown_keys(rollout=found).items()
    ]


def line_of(run: RemoteRun, steps: tuple[str, ...]) -> dict[str, Any]:
    """One host: how far it came, and what to do where it failed."""
    reached = run.state in (RunState.RUNNING, RunState.FAILED) and run.step in steps
    place = steps.index(run.step) if reached else -1
    return {
        "run": run,
        "step": TITLES[run.step] if reached else "",
        "place": place + 1,
        "steps": len(steps),
        "problem": PROBLEMS.get(run.problem),
    }


@require_POST
@page(Role.ADMINISTRATOR)
def approve(request: HttpRequest, asked: Asked, rollout_id: UUID) -> HttpResponse:
    """Approve the host keys that the page showed, and go on with their machines."""
    found = get_object_or_404(Rollout, pk=rollout_id)
    shown = read_shown(request.POST.getlist("key"))
    ready = approve_shown(rollout=found, shown=shown, by=by(request, asked))
    run_soon(runs=ready)
    number = len(ready)
    told = ngettext("%(number)s host goes on.", "%(number)s hosts go on.", number) % {"number": number}
    messages.success(request, told)
    return redirect("settings-rollout", rollout_id)


@require_POST
@page(Role.ADMINISTRATOR)
def retry(request: HttpRequest, asked: Asked, rollout_id: UUID) -> HttpResponse:
    """Try the failed hosts again."""
    run_soon(runs=retry_failed(rollout=get_object_or_404(Rollout, pk=rollout_id), by=by(request, asked)))
    return redirect("settings-rollout", rollout_id)


@require_POST
@page(Role.ADMINISTRATOR)
def stop(request: HttpRequest, asked: Asked, rollout_id: UUID) -> HttpResponse:
    """Begin no further host."""
    cancel(rollout=get_object_or_404(Rollout, pk=rollout_id), by=by(request, asked))
    return redirect("settings-rollout", rollout_id)


@require_POST
@page(Role.ADMINISTRATOR)
def remove(request: HttpRequest, asked: Asked, rollout_id: UUID) -> HttpResponse:
    """Take the agent off the hosts that this roll-out changed."""
    found = get_object_or_404(Rollout, pk=rollout_id, kind=RolloutKind.INSTALL)
    removal = start_removal(rollout=found, retire="retire" in request.POST, by=by(request, asked))
    if removal is None:
        messages.info(request, _("This roll-out changed no host: there is nothing to take back."))
        return redirect("settings-rollout", rollout_id)
    run_soon(runs=removal.runs.values_list("pk", flat=True))
    return redirect("settings-rollout", removal.pk)
