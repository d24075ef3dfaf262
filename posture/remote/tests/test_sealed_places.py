"""What this room seals is sealed again by ``manage.py reseal``."""

import pytest

from posture.fleet.services.credentials import PURPOSE
from posture.fleet.services.resealing import places
from posture.remote import by_tls, delivering, keys


@pytest.mark.django_db
def test_every_purpose_is_known() -> None:
    assert {one.purpose for one in places()} == {PURPOSE, by_tls.PURPOSE, delivering.PURPOSE, keys.PURPOSE}
