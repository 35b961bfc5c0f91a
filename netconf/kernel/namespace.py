"""Work in another network namespace; sockets that are opened there belong to it from then on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pyroute2 import netns

_T = TypeVar("_T")


def inside(namespace: str | None, work: Callable[[], _T]) -> _T:
    """`work()` called in the network namespace of that name or path; None: in the present one."""
    if namespace is None:
        return work()

    def there() -> _T:
        enter(namespace)
        return work()

    with ThreadPoolExecutor(1) as thread:  # it ends here: no other work ever runs over there
        return thread.submit(there).result()


def enter(namespace: str) -> None:
    """This thread alone. Raises OSError when it is not there."""
    netns.setns(namespace, flags=0, fork=False)
