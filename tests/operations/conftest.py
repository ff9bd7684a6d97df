from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection


@pytest.fixture
def no_database(transactional_db: None) -> Iterator[None]:
    """The database is gone for the time of the test."""
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "no_such_database"
    try:
        with pytest.raises(OperationalError):
            connection.ensure_connection()
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
