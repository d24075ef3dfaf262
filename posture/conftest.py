"""The database that the tests of the product begin with."""

import pytest
from pytest_django.plugin import DjangoDbBlocker

from posture.fleet.models import Group
from posture.fleet.services.rulesets import current_ruleset


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """As pytest-django makes it, with the ruleset of a group for which nobody chose anything: writing its hundreds of
    controls and reading its body again is most of what enrolling a host costs, and no test changes it."""
    with django_db_blocker.unblock():
        current_ruleset(group=Group())
