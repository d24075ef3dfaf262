"""Pages of machines that this server reaches by itself."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture.dashboard.tests.conftest import People
from posture.fleet.models import AuditEntry, Host, Reach, RemoteRun, Role, RunKind, RunState, Source, SshKey
from posture.fleet.services.groups import get_or_create_group
from posture.remote.host_keys import fingerprint_of
from posture.remote.keys import make_ssh_key, private_key

pytestmark = pytest.mark.django_db
OLD = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
NEW = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEE"


@pytest.fixture
def client(people: People) -> Client:
    return signed_in(people, Role.ADMINISTRATOR)


def signed_in(people: People, role: Role) -> Client:
    client = Client()
    client.force_login(people[role], backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def key(db: None) -> SshKey:
    return make_ssh_key(name="fleet", actor="alice", address=None)


def wish(with_key: SshKey, **more: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "method": "ssh", "name": "web-1", "group": get_or_create_group().pk, "address": "192.0.2.7", "port": 22,
        "user": "ops", "use_sudo": "on", "key": with_key.pk, "scheduled": "on",
    }  # fmt: skip
    return {**fields, **more}


def add(client: Client, key: SshKey, **more: object) -> Reach:
    assert client.post(reverse("add-reach"), wish(key, **more)).status_code == 302
    return Reach.objects.latest("created_at")


def html(client: Client, name: str, *args: object) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def test_only_administrators_enter(people: People, key: SshKey, client: Client) -> None:
    reach = add(client, key)
    for role in (Role.VIEWER, Role.AUDITOR, Role.OPERATOR):
        stranger = signed_in(people, role)
        for address in (
            reverse("settings-remote"), reverse("add-reach"), reverse("settings-reach", args=[reach.pk]),
        ):  # fmt: skip
            assert stranger.get(address).status_code == 403
        assert stranger.post(reverse("act-on-reach", args=[reach.pk]), {"do": "visit"}).status_code == 403
        assert "Remote hosts</a>" not in html(stranger, "settings-groups")
    assert "Remote hosts</a>" in html(client, "settings-groups")
    assert not RemoteRun.objects.exists()


def test_a_key_is_made_and_its_private_part_never_shown(client: Client) -> None:
    client.post(reverse("settings-remote"), {"kind": "new", "new-name": "fleet"})
    key = SshKey.objects.get()
    page = html(client, "settings-remote")
    assert key.public in page
    assert key.fingerprint in page
    assert "PRIVATE" not in page
    assert AuditEntry.objects.get(action="ssh_key.created").details["fingerprint"] == key.fingerprint
    client.post(reverse("delete-ssh-key", args=[key.pk]))
    assert not SshKey.objects.exists()


def test_a_key_is_brought_along(client: Client) -> None:
    text = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.BestAvailableEncryption(b"open sesame"),
    )
    fields = {"kind": "import", "import-name": "mine", "import-private": text.decode(), "import-passphrase": ""}
    address = reverse("settings-remote")
    assert "give its passphrase" in client.post(address, fields).content.decode()
    wrong = client.post(address, {**fields, "import-passphrase": "sesame"}).content.decode()
    assert "does not open this key" in wrong
    assert "sesame" not in wrong
    assert "no private key" in client.post(address, {**fields, "import-private": "x"}).content.decode()
    assert client.post(address, {**fields, "import-passphrase": "open sesame"}).status_code == 302
    kept = SshKey.objects.get()
    assert private_key(kept).get_base64() in kept.public
    assert b"sesame" not in bytes(kept.private_sealed)


def test_a_machine_is_added_changed_and_deleted(client: Client, key: SshKey) -> None:
    reach = add(client, key)
    assert (reach.user, reach.use_sudo, reach.scheduled, reach.key) == ("ops", True, True, key)
    assert reach.due_at is not None
    client.post(reverse("settings-reach", args=[reach.pk]), wish(key, address="192.0.2.8"))
    reach.refresh_from_db()
    assert reach.address == "192.0.2.8"
    assert AuditEntry.objects.get(action="reach.changed").details["changed"] == ["address"]
    assert "web-1" in html(client, "settings-remote")
    client.post(reverse("act-on-reach", args=[reach.pk]), {"do": "delete"})
    assert not Reach.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("address", "ops@web-1"), ("address", "-oProxyCommand=x"), ("address", "a b"), ("user", "-l root"), ("key", ""),
     ("port", "0"), ("name", ""), ("method", "agent")],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(client: Client, key: SshKey, field: str, value: str) -> None:
    answer = client.post(reverse("add-reach"), wish(key, **{field: value}))
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}
    assert not Reach.objects.exists()


def test_two_ways_to_one_machine_and_circles_are_refused(client: Client, key: SshKey) -> None:
    first = add(client, key)
    twin = client.post(reverse("add-reach"), wish(key, name="web-2"))
    assert "web-1" in twin.context["form"].errors["address"][0]
    second = add(client, key, name="web-2", address="192.0.2.9", jump=first.pk)
    answer = client.post(reverse("settings-reach", args=[first.pk]), wish(key, jump=second.pk))
    assert answer.context["form"].errors.keys() == {"jump"}
    client.post(reverse("act-on-reach", args=[first.pk]), {"do": "delete"})
    assert Reach.objects.count() == 2


def test_an_engine_over_tls_needs_its_papers(client: Client, key: SshKey) -> None:
    answer = client.post(reverse("add-reach"), wish(key, method="tls", tls_ca="no", tls_key="no"))
    assert answer.context["form"].errors.keys() == {"tls_ca", "tls_certificate", "tls_key"}
    assert answer.context["form"].cleaned_data["key"] is None, "no SSH key is held by an engine over TLS"


def test_a_host_key_is_approved_or_refused_as_it_was_seen(client: Client, key: SshKey) -> None:
    reach = add(client, key)
    Reach.objects.update(offered_key=NEW, offered_at=timezone.now())
    address = reverse("act-on-reach", args=[reach.pk])
    assert fingerprint_of(NEW) in html(client, "settings-remote")
    client.post(address, {"do": "approve", "fingerprint": fingerprint_of(OLD)})
    reach.refresh_from_db()
    assert reach.host_key == ""
    client.post(address, {"do": "approve", "fingerprint": fingerprint_of(NEW)})
    reach.refresh_from_db()
    assert (reach.host_key, reach.offered_key) == (NEW, "")
    assert reach.host_key_approved_by
    Reach.objects.update(host_key=OLD, offered_key=NEW, offered_at=timezone.now())
    page = html(client, "settings-reach", reach.pk)
    assert fingerprint_of(OLD) in page
    assert fingerprint_of(NEW) in page
    client.post(address, {"do": "refuse", "fingerprint": fingerprint_of(NEW)})
    reach.refresh_from_db()
    assert (reach.host_key, reach.offered_key) == (OLD, "")
    assert AuditEntry.objects.filter(action="host_key.refused").count() == 1


def test_visits_are_shown_with_what_to_do(client: Client, key: SshKey) -> None:
    reach = add(client, key)
    client.post(reverse("act-on-reach", args=[reach.pk]), {"do": "visit"})
    client.post(reverse("act-on-reach", args=[reach.pk]), {"do": "visit"})
    assert RemoteRun.objects.count() == 1
    for page in (html(client, "settings-reach", reach.pk), html(client, "settings-remote")):
        assert 'hx-trigger="every' in page, "a visit that is under way is looked after"
    RemoteRun.objects.update(state=RunState.FAILED, problem="sudo_refused", detail="<b>a password</b>")
    page = html(client, "settings-reach", reach.pk)
    assert "NOPASSWD" in page
    assert 'hx-select="#reach-now"' not in page
    assert "&lt;b&gt;a password" in page
    assert "sudo refuses" in html(client, "settings-remote")


def test_the_only_ssh_key_is_chosen(client: Client, key: SshKey) -> None:
    chosen = f'<option value="{key.pk}" selected>'
    assert chosen in html(client, "add-reach")
    make_ssh_key(name="other", actor="alice", address=None)
    assert chosen not in html(client, "add-reach")


def test_regular_visits_take_the_source(client: Client, key: SshKey) -> None:
    host = Host.objects.create(name="old", group=get_or_create_group(), created_at=timezone.now())
    client.post(f"{reverse('add-reach')}?host={host.pk}", wish(key))
    host.refresh_from_db()
    assert host.source == Source.SSH
    assert Reach.objects.get().host == host
    assert RemoteRun.objects.filter(kind=RunKind.COLLECT).count() == 0


@pytest.mark.parametrize(
    ("kind", "file"), [("ssh-ed25519", "ed25519"), ("ecdsa-sha2-nistp384", "ecdsa"), ("ssh-rsa", "rsa")]
)
def test_the_machine_is_asked_for_the_key_it_offered(client: Client, key: SshKey, kind: str, file: str) -> None:
    reach = add(client, key)
    Reach.objects.update(offered_key=f"{kind} {NEW.split()[1]}", offered_at=timezone.now())
    for page in (html(client, "settings-reach", reach.pk), html(client, "settings-remote")):
        assert f"ssh-keygen -lf /etc/ssh/ssh_host_{file}_key.pub" in page
        assert "Approved host key" not in page, "the question says it already"


@pytest.mark.parametrize(("state", "glyph"), [("failed", "✕"), ("unchanged", "✓"), ("done", "✓"), ("running", "◔")])
def test_an_outcome_is_a_glyph_and_words(client: Client, key: SshKey, state: str, glyph: str) -> None:
    reach = add(client, key)
    RemoteRun.objects.create(reach=reach, kind=RunKind.COLLECT, state=state, created_at=timezone.now())
    for page in (html(client, "settings-reach", reach.pk), html(client, "settings-remote")):
        assert f'<i aria-hidden="true">{glyph}</i>' in page


def many(key: SshKey, number: int, **more: object) -> list[Reach]:
    """Machines as a roll-out brings them."""
    fields = {"group": get_or_create_group(), "key": key, "created_at": timezone.now(), "created_by": "alice", **more}
    return Reach.objects.bulk_create(
        Reach(name=f"web-{one:03}", address=f"192.0.2.{one}", **fields) for one in range(1, number + 1)
    )


def names(client: Client, **query: str | int) -> list[str]:
    """Machines that the list shows."""
    page = client.get(reverse("settings-remote"), query).context["page"]
    return [line.reach.name for line in page.rows]


def test_many_machines_are_pages(client: Client, key: SshKey) -> None:
    many(key, 120)
    assert names(client) == [f"web-{one:03}" for one in range(1, 51)]
    assert names(client, page=3) == [f"web-{one:03}" for one in range(101, 121)]
    assert names(client, page=9) == names(client, page=3)
    page = client.get(f"{reverse('settings-remote')}?page=2&q=web").content.decode()
    assert "51–100 of 120" in page
    assert "?q=web&amp;page=3" in page


def test_machines_are_found_by_text_and_by_their_visits(client: Client, key: SshKey) -> None:
    first, second, third = many(key, 3)
    Reach.objects.filter(pk=first.pk).update(scheduled=True)
    for at, state in ((3, "done"), (2, "failed")):
        when = timezone.now() - timedelta(minutes=at)
        RemoteRun.objects.create(reach=second, kind=RunKind.COLLECT, state=state, created_at=when)
        RemoteRun.objects.create(reach=third, kind=RunKind.COLLECT, state=state, created_at=when)
    RemoteRun.objects.create(reach=third, kind=RunKind.COLLECT, state=RunState.DONE, created_at=timezone.now())
    RemoteRun.objects.create(reach=first, kind=RunKind.INSTALL, state=RunState.FAILED, created_at=timezone.now())
    assert names(client, visits="regular") == [first.name]
    assert names(client, visits="asked") == [second.name, third.name]
    assert names(client, visits="failed") == [second.name]
    assert names(client, q="192.0.2.3") == [third.name]
    assert names(client, q=first.group.name.upper(), visits="nonsense") == [first.name, second.name, third.name]
    page = client.get(reverse("settings-remote"), {"q": "nowhere"}).content.decode()
    assert "No remote host fits these filters." in page
    assert "There is no remote host yet" not in page


def test_there_is_nothing_to_filter_before_the_first_machine(client: Client) -> None:
    page = client.get(reverse("settings-remote")).content.decode()
    assert "There is no remote host yet" in page
    assert 'class="filters"' not in page
    assert 'class="filters"' in client.get(reverse("settings-remote"), {"q": "nothing"}).content.decode()


def test_many_new_host_keys_are_a_table_and_approved_as_they_were_seen(client: Client, key: SshKey) -> None:
    first, second, changed = many(key, 3, offered_key=NEW, offered_at=timezone.now())
    Reach.objects.filter(pk=changed.pk).update(host_key=OLD)
    page = html(client, "settings-remote")
    assert page.count('name="key" value=') == 2
    assert "Approve these 2 host keys" in page
    assert page.count('name="fingerprint"') == 1, "a key that changed is a question of its own"
    Reach.objects.filter(pk=second.pk).update(offered_key=OLD)
    shown = [f"{reach.pk} {fingerprint_of(NEW)}" for reach in (first, second, changed)]
    answer = client.post(reverse("approve-host-keys"), {"key": [*shown, "nonsense", f"{first.pk}"]}, follow=True)
    assert "1 host key is approved." not in answer.content.decode(), "the last word for a machine counts"
    answer = client.post(reverse("approve-host-keys"), {"key": [*shown, "nonsense"]}, follow=True)
    assert "1 host key is approved." in answer.content.decode()
    kept = list(Reach.objects.order_by("name").values_list("host_key", flat=True))
    assert kept == [NEW, "", OLD]
    assert AuditEntry.objects.filter(action="host_key.approved").count() == 1


def test_only_administrators_approve_many(people: People) -> None:
    for role in (Role.VIEWER, Role.AUDITOR, Role.OPERATOR):
        assert signed_in(people, role).post(reverse("approve-host-keys"), {"key": []}).status_code == 403


def test_the_keys_of_the_largest_roll_out_are_approved_at_once(client: Client, key: SshKey) -> None:
    shown = [f"{reach.pk} x" for reach in many(key, 1000)]
    assert client.post(reverse("approve-host-keys"), {"key": shown, "csrfmiddlewaretoken": "x"}).status_code == 302
