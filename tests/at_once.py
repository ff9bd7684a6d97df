"""Two people at the same moment, on two connections, for the tests of all apps."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; each result, or the exception it ended with."""
    results: list[Any] = [None] * len(calls)
    together = threading.Barrier(len(calls))

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            together.wait(timeout=10)
            results[place] = call()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def one_of_each(results: list[Any], expected: type, error: type[Exception]) -> bool:
    return sorted(type(result).__name__ for result in results) == sorted([expected.__name__, error.__name__])


def wait_for_a_waiter() -> None:
    """Until another connection waits for a lock that this one holds."""
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")
