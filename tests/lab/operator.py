"""Somebody in a lab's network who looks at the screen of a VM and types, with a ticket for each time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import ovirtsdk4 as sdk

from ci.lab.relay import enter
from tests.integration.vms.vnc import Vnc
from tests.lab.under_test import LabUnderTest


@dataclass(frozen=True)
class Operator:
    lab: LabUnderTest
    service: sdk.services.VmService

    def colour(self) -> tuple[int, int, int]:
        """That most of the screen has."""
        with self._screen() as seen:
            return seen.colour()

    def type_text(self, text: str) -> None:
        with self._screen() as seen:
            seen.type_text(text)
            seen.framebuffer()  # it answers in order: all keys have arrived

    @contextmanager
    def _screen(self) -> Iterator[Vnc]:
        (console,) = self.service.graphics_consoles_service().list(current=True)
        ticket, authority = self.service.ticket().value, self.lab.authority.read_text()
        # A socket stays in the network in which it was made.
        with ThreadPoolExecutor(1, initializer=enter, initargs=(self.lab.appliance.lab.netns_path,)) as inside:
            opening = inside.submit(Vnc, console.address, console.port, authority_pem=authority, password=ticket)
            seen = opening.result()
        try:
            yield seen
        finally:
            seen.close()
