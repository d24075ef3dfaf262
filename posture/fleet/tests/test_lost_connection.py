"""A database that goes away under an agent's check-in is an error that the door knows, whatever statement meets it."""

import psycopg2
import pytest
from django.db import OperationalError, connection

from posture.fleet.services.check_in import _prepared, confirm


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_before_the_statement_was_prepared() -> None:
    connection.ensure_connection()
    _prepared.discard(connection.connection)
    with psycopg2.connect(**connection.get_connection_params()) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    other.close()
    with pytest.raises(OperationalError):
        confirm({})
    connection.close()
