"""The node's contract as an ASGI application: routes from the table, one gate, one place for errors."""

from collections import defaultdict

from falcon import HTTPError
from falcon.asgi import App, Request, Response

from node.api.contract import OPERATIONS, NodeApi
from node.api.operation import Operation
from node.server.gate import Gate, Guard
from node.server.problems import answer_problem
from node.server.resource import Resource


def make_app(node: NodeApi, guard: Guard, *, mutual: bool) -> App[Request, Response]:
    """Serves `node` to whom `guard` and, with `mutual`, the client's certificate allow it."""
    gate = Gate(guard, mutual=mutual)
    app: App[Request, Response] = App(middleware=[gate])
    for route, operations in _by_route().items():
        app.add_route(route, Resource(node, operations))
    app.add_sink(gate.no_such_path, "/")
    for kind in (Exception, HTTPError):  # falcon's own handler for HTTPError is the nearer one otherwise
        app.add_error_handler(kind, answer_problem)
    return app


def _by_route() -> dict[str, list[Operation]]:
    routes: dict[str, list[Operation]] = defaultdict(list)
    for operation in OPERATIONS.values():
        routes[operation.route].append(operation)
    return routes
