"""Who is let in, how often, and until when."""

from datetime import timedelta

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from posture.fleet.models import AuditEntry, EnrolmentKey, Host, Installation, RulesetAssignment
from posture.fleet.services.agents import authenticate
from posture.fleet.services.enrolment import enrol
from posture.fleet.services.enrolment_keys import create_enrolment_key, revoke_enrolment_key
from posture.fleet.services.groups import get_or_create_group
from posture.fleet.services.refusals import AlreadyEnrolled, KeyRefused, UnknownToken
from posture.fleet.services.tokens import revoke_installation
from posture.fleet.tests.cast import START, enrolment, machine, make_key, minute

pytestmark = pytest.mark.django_db


def test_a_key_lets_a_host_in() -> None:
    made = enrol(enrolment=enrolment(make_key(group="Shop"), name="web-1"), now=START)
    host = Host.objects.get(pk=made.host)
    assert (host.name, host.group.name, host.state) == ("web-1", "Shop", "never_seen")
    assert authenticate(token=made.token, now=START).host == host.pk
    assert RulesetAssignment.objects.filter(host=host, from_at__lt=minute(-10_000)).count() == 1


def test_neither_key_nor_token_is_stored() -> None:
    secret = make_key()
    made = enrol(enrolment=enrolment(secret), now=START)
    for model in (EnrolmentKey, Installation, AuditEntry):
        kept = repr(list(model._default_manager.values()))
        assert secret not in kept
        assert made.token not in kept


def test_a_key_is_used_up() -> None:
    secret = make_key(uses=2)
    for name in ("a", "b"):
        enrol(enrolment=enrolment(secret, name=name), now=START)
    with pytest.raises(KeyRefused, match="as often as it may"):
        enrol(enrolment=enrolment(secret, name="c"), now=START)
    assert Host.objects.count() == 2


def test_a_key_expires_and_can_be_revoked() -> None:
    group = get_or_create_group()
    key, secret = create_enrolment_key(group=group, actor="test", lifetime=timedelta(days=1))
    with pytest.raises(KeyRefused):
        enrol(enrolment=enrolment(secret), now=key.expires_at)
    revoke_enrolment_key(key=key, actor="test")
    with pytest.raises(KeyRefused):
        enrol(enrolment=enrolment(secret), now=START)
    with pytest.raises(KeyRefused):
        enrol(enrolment=enrolment("pek_made-up"), now=START)


def test_a_lost_answer_may_be_asked_for_again_until_the_first_report() -> None:
    secret = make_key(uses=1)
    first = enrol(enrolment=enrolment(secret), now=START)
    second = enrol(enrolment=enrolment(secret), now=minute(2))
    assert second.host == first.host
    with pytest.raises(UnknownToken):
        authenticate(token=first.token, now=START)
    with pytest.raises(AlreadyEnrolled):
        enrol(enrolment=enrolment(secret), now=minute(62))
    with pytest.raises(AlreadyEnrolled):
        enrol(enrolment=enrolment(make_key()), now=minute(3))


def test_a_machine_that_has_reported_is_not_enrolled_again() -> None:
    secret = make_key(uses=2)
    alpha = machine(key=secret)
    alpha.report([], at=minute(1))
    with pytest.raises(AlreadyEnrolled):
        enrol(enrolment=enrolment(secret), now=minute(2))


def test_a_revoked_token_is_unknown() -> None:
    alpha = machine()
    revoke_installation(installation=Installation.objects.get(pk=alpha.agent.installation), actor="test")
    with pytest.raises(UnknownToken):
        alpha.report([], at=minute(1))
    with pytest.raises(UnknownToken):
        authenticate(token=alpha.token, now=START)


def test_every_key_and_token_is_in_the_audit_log() -> None:
    alpha = machine()
    revoke_installation(installation=Installation.objects.get(pk=alpha.agent.installation), actor="test")
    revoke_enrolment_key(key=EnrolmentKey.objects.get(), actor="test")
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["enrolment_key.created", "host.enrolled", "agent_token.revoked", "enrolment_key.revoked"]


@pytest.mark.parametrize("statement", ["UPDATE fleet_auditentry SET actor = 'x'", "DELETE FROM fleet_auditentry"])
def test_the_audit_log_can_only_grow(statement: str) -> None:
    make_key()
    with pytest.raises((ProgrammingError, InternalError), match="can only grow"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEntry.objects.count() == 1
