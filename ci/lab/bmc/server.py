"""Serves the controllers of a lab's nodes, each on an address of its own on the lab's bridge, over TLS alone."""

import socket
import ssl
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from ci.lab import settings
from ci.lab.appliance import Appliance
from ci.lab.bmc.power import Fault, NodePower
from ci.lab.bmc.redfish import Controller
from ci.lab.bmc.secrets import BmcSecrets
from ci.lab.names import BMC_PORT, Lab
from ci.lab.relay import enter
from node.system.process import run

IDLE_S = 10.0
MOST_BYTES = 1 << 16


class BmcServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket, controller: Controller, tls: ssl.SSLContext, fault: Fault) -> None:
        super().__init__(listener.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.controller, self.fault, self._tls = listener, controller, fault, tls

    def get_request(self) -> tuple[socket.socket, Any]:
        """The handshake is made by the thread of the connection, so that nobody holds the others up."""
        accepted, address = super().get_request()
        accepted.settimeout(IDLE_S)
        return self._tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        print(f"{client_address}: {sys.exc_info()[1]}", flush=True)  # noqa: T201 - its output is its log


class Handler(BaseHTTPRequestHandler):
    server: BmcServer

    def do_GET(self) -> None:
        self._answer("GET", b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        self._answer("POST", self.rfile.read(min(int(length) if length.isdigit() else 0, MOST_BYTES)))

    def log_message(self, format: str, *args: object) -> None:
        print(self.client_address[0], format % args, flush=True)  # noqa: T201 - its output is its log

    def _answer(self, method: str, body: bytes) -> None:
        if self.server.fault.is_set("dead"):
            threading.Event().wait(IDLE_S)
            self.close_connection = True
            return
        found = self.server.controller.answer(method, self.path, self.headers.get("Authorization", ""), body)
        text = msgspec.json.encode(found.body) if found.body else b""
        self.send_response(found.status)
        if found.status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="controller"')
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def serve(appliance: Appliance) -> None:
    """For ever."""
    lab, secrets = appliance.lab, BmcSecrets(appliance.lab)
    secrets.make()
    with ThreadPoolExecutor(1, initializer=enter, initargs=(lab.netns_path,)) as inside:
        servers = []
        for machine in appliance.machines:
            listener = inside.submit(listen, machine.node.bmc_address, BMC_PORT).result()
            fault = Fault(secrets.folder, machine.node.name)
            controller = Controller(machine.node.name, secrets.password(), NodePower(machine, fault, run))
            servers.append(BmcServer(listener, controller, secrets.tls(machine.node), fault))
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def listen(address: str, port: int) -> socket.socket:
    return socket.create_server((address, port))


def main() -> None:
    lab = Lab(Path(sys.argv[1]).name)
    serve(Appliance(lab, settings.load(lab), run))


if __name__ == "__main__":
    main()
