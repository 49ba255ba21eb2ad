"""The settings that the tests run with: the real ones, on a folder of their own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.kit import postgresql

FOLDER = Path(tempfile.mkdtemp(prefix="doorward-tests-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
for name in [name for name in os.environ if name.startswith("DOORWARD_")]:
    del os.environ[name]
os.environ["DOORWARD_DATA_DIR"] = str(FOLDER)
if url := postgresql.url():
    os.environ["DOORWARD_DATABASE_URL"] = url

from doorward.settings.django import *  # noqa: E402, F403
from doorward.settings.django import DATABASES  # noqa: E402

# The same hasher with small parameters: a test signs in often, and nobody attacks its passwords.
PASSWORD_HASHERS = [
    "tests.kit.hashers.Small",
    "doorward.credentials.password.hashers.TakenOver",
]
if not url:
    # A file, not memory: threads and processes of one test meet in it. Power cuts are not tested.
    DATABASES["default"]["TEST"] = {"NAME": str(FOLDER / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA synchronous=OFF;"
