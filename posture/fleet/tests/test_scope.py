"""A scope says the same as a query set and as SQL, whatever it is narrowed by."""

import pytest
from django.db import connection

from posture.fleet.models import Label
from posture.fleet.queries.checks import check_rows
from posture.fleet.queries.scope import Scope, hosts_sql
from posture.fleet.tests.factories import judge, make_group, make_host, make_resource

pytestmark = pytest.mark.django_db


def hosts_by_sql(scope: Scope) -> set[str]:
    """Ids of the hosts that the SQL form of a scope names."""
    query, parameters = hosts_sql(scope=scope)
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return {str(row[0]) for row in cursor.fetchall()}


def test_both_forms_name_the_same_hosts() -> None:
    north, south = make_group("North"), make_group("South")
    one, two = make_host("one", group=north), make_host("two", group=south)
    label = Label.objects.create(name="edge")
    two.labels.add(label)
    scopes = [
        (Scope(), {one, two}),
        (Scope(groups=frozenset({north.pk})), {one}),
        (Scope(groups=frozenset()), set()),
        (Scope(group=south.pk), {two}),
        (Scope(label=label.pk), {two}),
        (Scope(host=one.pk), {one}),
        (Scope(host=one.pk, group=south.pk), set()),
    ]
    for scope, hosts in scopes:
        wanted = {str(host.pk) for host in hosts}
        assert {str(pk) for pk in scope.hosts().values_list("pk", flat=True)} == wanted, scope
        assert hosts_by_sql(scope) == wanted, scope


def test_the_checks_of_one_host_leave_the_others_out() -> None:
    bad, good = make_host("bad"), make_host("good")
    web = make_resource(bad, "web")
    judge(bad, {"container-not-privileged": [web]}, at=bad.created_at)
    judge(good, {}, at=good.created_at)
    rows = check_rows(scope=Scope(host=good.pk), at=None, critical=())
    assert {row.hosts["fail"] for row in rows} == {0}
    assert {sum(row.hosts.values()) for row in rows} == {1}
