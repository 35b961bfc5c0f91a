"""`python -m hosted_engine.rest`: how much of the API is there; `-v` names what is not."""

import sys
from typing import cast

from hosted_engine.engine.engine import Engine
from hosted_engine.rest.resources import handlers
from hosted_engine.rest.schema import schema


def coverage() -> tuple[list[str], list[str]]:
    """What is there and what is not, as "Service.method"."""
    there = {f"{service}.{method}" for service, method in handlers(cast(Engine, None))}
    every = {f"{service}.{method.name}" for _, method, service in schema().routes()}
    return sorted(there & every), sorted(every - there)


def main() -> None:
    there, missing = coverage()
    if "-v" in sys.argv[1:]:
        print("\n".join(missing))  # noqa: T201
    print(f"{len(there)} of {len(there) + len(missing)} methods are there")  # noqa: T201


if __name__ == "__main__":
    main()
