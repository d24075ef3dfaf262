"""The pages of roll-outs: who may, what is refused, what is kept, what is shown."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from posture.dashboard.tests.conftest import ClientOf
from posture.fleet.models import AuditEntry, Label, Reach, RemoteRun, Role, Rollout, RunState, SshKey
from posture.fleet.tests.factories import make_group
from posture.remote.host_keys import fingerprint_of
from posture.remote.keys import make_ssh_key
from posture.remote.rollout import tasks

LIST = "adresse;nom;rebond\r\n192.0.2.7;alpha;\r\n192.0.2.8;bêta;alpha\r\n"
KEY = "ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAAIKJ1hJ0m1Y0kq2r8Qm5c0y8J3m0lqv5x2b1c3d4e5f6g"


@pytest.fixture
def ssh_key(db: None) -> SshKey:
    return make_ssh_key(name="fleet", actor="alice", address=None)


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What would be enqueued; the broker is no part of these tests."""
    found: list[int] = []
    monkeypatch.setattr(tasks, "enqueue", found.extend)
    monkeypatch.setattr(transaction, "on_commit", lambda function: function())
    return found


def post(client: Client, ssh_key: SshKey, /, **values: Any) -> Any:
    data = {"key": ssh_key.pk, "user": "ops", "use_sudo": "on", "group": make_group("Lyon").pk, **values}
    return client.post(reverse("settings-rollouts"), data)


def test_a_choice_of_nothing_is_not_asked(administrator: Client, ssh_key: SshKey) -> None:
    assert 'name="known"' not in administrator.get(reverse("settings-rollouts")).content.decode()
    assert 'name="labels"' not in administrator.get(reverse("settings-rollouts")).content.decode()
    Label.objects.create(name="edge")
    assert 'name="labels"' in administrator.get(reverse("settings-rollouts")).content.decode()


def test_a_list_begins_a_roll_out(administrator: Client, ssh_key: SshKey, enqueued: list[int]) -> None:
    label = Label.objects.create(name="edge")
    upload = SimpleUploadedFile("hôtes.csv", b"\xef\xbb\xbf" + LIST.encode())
    answer = post(administrator, ssh_key, file=upload, labels=[label.pk])
    rollout = Rollout.objects.get()
    assert answer["Location"] == reverse("settings-rollout", args=[rollout.pk])
    alpha, beta = Reach.objects.order_by("name")
    assert (beta.name, beta.jump, beta.user, beta.use_sudo, beta.group.name) == ("bêta", alpha, "ops", True, "Lyon")
    assert sorted(enqueued) == sorted(rollout.runs.values_list("pk", flat=True))
    assert list(rollout.labels.all()) == [label]
    html = administrator.get(answer["Location"]).content.decode()
    assert "0 of 2 hosts finished" in html
    assert 'hx-trigger="every 2s"' in html
    assert post(administrator, ssh_key, listed=LIST).status_code == 302
    assert Reach.objects.count() == 2, "machines that are known are not made twice"
    assert post(administrator, ssh_key, known=[alpha.pk]).status_code == 302
    assert "rollout.started" in AuditEntry.objects.values_list("action", flat=True)


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({}, "listed", "Name at least one host."),
        ({"listed": "address\n$(id)\n"}, "listed", "Line 2, column address “$(id)” – This is neither a host name"),
        ({"listed": "address,jump\na,nowhere\n"}, "listed", "Line 2, column jump “nowhere” – No machine has this name"),
        ({"listed": "a\n", "file": "b"}, "file", "Give a file or a pasted list"),
        ({"file": "x" * 300_000}, "file", "larger than 256 KiB"),
        ({"listed": "address\na\n", "user": "-oProxyCommand=x"}, "user", "Enter a valid value."),
        ({"listed": "address\na\n", "key": 99}, "key", "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    administrator: Client, ssh_key: SshKey, enqueued: list[int], values: dict[str, Any], field: str, words: str
) -> None:
    if "file" in values:
        values = {**values, "file": SimpleUploadedFile("list.csv", values["file"].encode())}
    answer = post(administrator, ssh_key, **values)
    assert answer.status_code == 200
    assert words in " ".join(answer.context["form"].errors.get(field, [])), answer.context["form"].errors
    assert not enqueued
    assert not Reach.objects.exists()


def test_only_administrators_may(client_of: ClientOf, ssh_key: SshKey, enqueued: list[int]) -> None:
    post(client_of(Role.ADMINISTRATOR), ssh_key, listed=LIST)
    rollout = Rollout.objects.get()
    operator = client_of(Role.OPERATOR)
    assert operator.get(reverse("settings-rollouts")).status_code == 403
    assert operator.get(reverse("settings-rollout", args=[rollout.pk])).status_code == 403
    for name in ("approve-rollout-keys", "retry-rollout", "cancel-rollout", "remove-rollout"):
        address = reverse(name, args=[rollout.pk])
        assert operator.post(address).status_code == 403
        assert client_of(Role.ADMINISTRATOR).get(address).status_code == 405
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(rollout_person(client_of), backend="django.contrib.auth.backends.ModelBackend")
        assert strict.post(address).status_code == 403


def rollout_person(client_of: ClientOf) -> Any:
    return client_of(Role.ADMINISTRATOR).get(reverse("settings-rollouts")).wsgi_request.user


def test_keys_are_approved_as_they_were_shown(administrator: Client, ssh_key: SshKey, enqueued: list[int]) -> None:
    post(administrator, ssh_key, listed=LIST)
    rollout, alpha = Rollout.objects.get(), Reach.objects.get(name="alpha")
    Reach.objects.filter(pk=alpha.pk).update(offered_key=KEY, offered_at=timezone.now())
    RemoteRun.objects.update(problem="host_key_unknown")
    html = administrator.get(reverse("settings-rollout", args=[rollout.pk])).content.decode()
    assert fingerprint_of(KEY) in html
    assert ">ecdsa-sha2-nistp256<" in html, "so that it is compared with the right one of the machine's keys"
    assert "Approve 1 host key" in html
    enqueued.clear()
    address = reverse("approve-rollout-keys", args=[rollout.pk])
    administrator.post(address, {"key": [f"{alpha.pk} SHA256:{'x' * 43}", "nonsense"]})
    assert not enqueued
    administrator.post(address, {"key": [f"{alpha.pk} {fingerprint_of(KEY)}"]})
    alpha.refresh_from_db()
    assert (alpha.host_key, alpha.offered_key, alpha.host_key_approved_by) == (KEY, "", "administrator")
    assert len(enqueued) == 2, "the machine and the one behind it"


def test_failures_say_what_to_do_and_are_tried_again(
    administrator: Client, ssh_key: SshKey, enqueued: list[int]
) -> None:
    post(administrator, ssh_key, listed=LIST)
    rollout = Rollout.objects.get()
    RemoteRun.objects.update(state=RunState.FAILED, step="copy", problem="disk_full", detail="<b>/usr/local</b>")
    html = administrator.get(reverse("settings-rollout", args=[rollout.pk])).content.decode()
    assert "There is no room on the disk." in html
    assert "&lt;b&gt;/usr/local" in html
    assert "Try 2 failed hosts again" in html
    enqueued.clear()
    administrator.post(reverse("retry-rollout", args=[rollout.pk]))
    assert len(enqueued) == 2
    administrator.post(reverse("cancel-rollout", args=[rollout.pk]))
    rollout.refresh_from_db()
    assert rollout.ended_at is not None
    assert set(rollout.runs.values_list("state", "problem")) == {("failed", "cancelled")}
    answer = administrator.post(reverse("remove-rollout", args=[rollout.pk]), follow=True)
    assert "there is nothing to take back" in answer.content.decode()


@pytest.mark.parametrize("brought", [True, False])
def test_only_what_was_brought_can_be_taken_back(
    administrator: Client, ssh_key: SshKey, enqueued: list[int], brought: bool
) -> None:
    post(administrator, ssh_key, listed=LIST)
    rollout = Rollout.objects.get()
    RemoteRun.objects.update(state=RunState.DONE, brought=brought)
    Rollout.objects.update(ended_at=timezone.now())
    html = administrator.get(reverse("settings-rollout", args=[rollout.pk])).content.decode()
    assert (reverse("remove-rollout", args=[rollout.pk]) in html) is brought


def test_a_server_for_this_machine_alone_warns(administrator: Client, ssh_key: SshKey, settings: Settings) -> None:
    for url, alone in (("http://127.0.0.1:8000", True), ("https://posture.example:8443", False)):
        settings.PUBLIC_URL = url
        html = administrator.get(reverse("settings-rollouts")).content.decode()
        assert ("agents elsewhere cannot reach it" in html) is alone
