"""The same work on many things, one after the other or in several processes; none stops another."""

import multiprocessing as mp
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Work = Callable[[Job], Result]
"""What does a job."""


class _Worker(NamedTuple):
    process: Any
    pipe: Connection


def each(
    work: Work[Job, Result],
    jobs: Sequence[Job],
    count: int,
) -> Iterator[tuple[Job, Result | None]]:
    """The jobs with what came of them, as they are done.

    Args:
        work: what does a job; known by its name in a module, as processes are new ones: a fork
            after Polars was imported can hang.
        jobs: what is to be done.
        count: how many processes work; with 1 it is this one.

    Yields:
        A job and its result; None where the process died of it.
    """
    if count == 1 or len(jobs) < 2:
        yield from ((job, work(job)) for job in jobs)
        return
    waiting = list(reversed(jobs))
    busy: dict[Any, tuple[_Worker, Job]] = {}
    try:
        for _ in range(min(count, len(jobs))):
            worker = _started(work)
            busy[worker.pipe] = worker, waiting.pop()
            worker.pipe.send(busy[worker.pipe][1])
        while busy:
            for pipe in wait(list(busy)):
                worker, job = busy.pop(pipe)
                result = None
                try:
                    result = worker.pipe.recv()
                except EOFError:  # it has died, out of memory or by somebody's hand
                    worker.process.join()
                    worker = _started(work) if waiting else worker
                if waiting:
                    busy[worker.pipe] = worker, waiting.pop()
                    worker.pipe.send(busy[worker.pipe][1])
                else:  # it ends by itself
                    worker.pipe.close()
                    worker.process.join()
                yield job, result
    finally:
        for worker, _ in busy.values():
            worker.process.terminate()
        for worker, _ in busy.values():
            worker.process.join()


def _started(work: Work[Job, Result]) -> _Worker:
    context = mp.get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_serve, args=(work, its))
    process.start()
    its.close()
    return _Worker(process, ours)


def _serve(work: Work[Job, Result], pipe: Connection) -> None:
    """What a worker process does, until it is stopped or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the keyboard: the parent decides
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what it holds is given back
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError):  # which says that there is nothing more to do
        while True:
            pipe.send(work(pipe.recv()))


def _end_with_parent() -> None:
    parent = mp.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
