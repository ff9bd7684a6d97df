"""Settings of a worker that a test starts in a process of its own, on the database of the test."""

import json
import os

from tests.settings import *  # noqa: F403

DATABASES["default"] |= json.loads(os.environ["TEST_DATABASE"])  # noqa: F405
