"""Prefect flows over protfold's functions: many targets, resumable, on threads, processes or a cluster.

Prefect lives here only. Each task is one line over a function of `protfold.runs`; what is finished is told by the files in the run
folder, never by Prefect's cache. Import this package before Prefect: it keeps Prefect from reporting its use to anybody, and gives
the server that Prefect starts for a run without one the time it needs on a busy machine.
"""

import os

os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "300")
