"""How many connections a server holds and how long each may keep it waiting, all figures in this place."""

from dataclasses import dataclass

HEAD_BYTES = 64 << 10  # request line and headers
HEADERS = 100
PIPELINED = 8  # requests that came before their turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The times run while a connection waits for its client, never while the server works on an answer.

    `head_s`: from connecting to a whole request line with headers, TLS included. `body_s`: for a whole body. `write_s`:
    in which a client has to take something of what is sent. `idle_s`: between two requests. `sweep_s`: how often they
    are looked at.
    """

    of_address: int = 200
    in_all: int = 500
    head_s: float = 15
    body_s: float = 60
    write_s: float = 30
    idle_s: float = 75  # longer than callers keep idle connections, or a request meets its end on the way
    sweep_s: float = 1
