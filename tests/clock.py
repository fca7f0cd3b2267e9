"""How long something takes, where it must take little."""

import sys
import time
from collections.abc import Callable
from typing import Any


def within(limit: float, work: Callable[[], Any]) -> Any:
    """Return what `work` returns, having seen it take less than `limit` seconds of the processor.

    Others use the machine too, so the best of three tries counts; a run that coverage traces line by line has four
    times as long.
    """
    tries = []
    while len(tries) < 3:
        start = time.process_time()
        result = work()
        tries.append(time.process_time() - start)
        if tries[-1] < limit * (4 if sys.gettrace() else 1):
            return result
    raise AssertionError(f"{min(tries):.3f} s at best of three tries, where {limit} s are allowed")
