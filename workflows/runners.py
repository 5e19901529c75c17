"""Prefect's task runners by name, and the server they report to."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from protfold.errors import InputError

Runner = Literal["threads", "processes", "dask", "ray"]


def task_runner(name: Runner, workers: int) -> TaskRunner[Any]:
    """The runner, with at most `workers` targets at a time.

    Raises:
        InputError: the package it needs is not installed.
    """
    if name == "threads":
        return ThreadPoolTaskRunner(max_workers=workers)
    if name == "processes":
        return ProcessPoolTaskRunner(max_workers=workers)
    if importlib.util.find_spec(f"prefect_{name}") is None:
        raise InputError(f"--runner {name} needs an extra package: pip install 'protfold[{name}]'")
    if name == "dask":
        import dask
        from prefect_dask import DaskTaskRunner

        dask.config.set({"distributed.worker.daemon": False})  # work under a time limit is a process of the worker's own
        return DaskTaskRunner(cluster_kwargs={"n_workers": workers, "threads_per_worker": 1})
    from prefect_ray import RayTaskRunner

    return RayTaskRunner(init_kwargs={"num_cpus": workers})


@contextmanager
def one_server() -> Iterator[None]:
    """A Prefect server on this machine's loopback for the length of the run, where none is configured.

    Without it every worker process would start one of its own.
    """
    if PREFECT_API_URL.value():
        yield
        return
    server = SubprocessASGIServer()
    server.start()  # stops when the interpreter does, after the last log lines are sent
    with temporary_settings({PREFECT_API_URL: server.api_url}):
        yield
