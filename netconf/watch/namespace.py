"""Opens things in another network namespace, which they belong to from then on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pyroute2 import netns as namespaces

_T = TypeVar("_T")


def inside(netns: str | None, make: Callable[[], _T]) -> _T:
    """`make()` called in the network namespace of that name; None: in the one of this process."""
    if netns is None:
        return make()

    def there() -> _T:
        namespaces.setns(netns, flags=0)
        return make()

    with ThreadPoolExecutor(1) as thread:  # it ends here: no other work ever runs over there
        return thread.submit(there).result()
