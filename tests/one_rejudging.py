"""A worker that counts the past by a new threshold and is killed, on the database it is told.

`between NAME VERSION WHEN` dies when two deals are done and kept; `within …` before they are kept.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from deals import thresholds  # noqa: E402

moment, name, rejudging, when = sys.argv[1:]
connection.settings_dict["NAME"] = name
if moment == "within":
    transaction.atomic().__enter__()
thresholds.rejudge_batch(int(rejudging), datetime.fromisoformat(when), limit=2)
os.kill(os.getpid(), signal.SIGKILL)
