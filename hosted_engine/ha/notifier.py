"""Tells people of state changes, beside the loop: each channel has its own thread and queue, no server delays it."""

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hosted_engine.ha.failover import Failover
from hosted_engine.ha.notifications import Book, Round, Trouble, admit, learn, observe_round
from hosted_engine.ha.notify_settings import NotifySettings
from hosted_engine.ha.senders import Envelope, NotSent, send_mail, send_webhook
from hosted_engine.ha.view import Decision, View

log = logging.getLogger(__name__)

MOST_WAITING = 100
TRIES_S = (0.0, 30.0, 120.0, 300.0)  # so long before each try: a failover takes the network along

Send = Callable[[NotifySettings, Envelope], None]


def mail(settings: NotifySettings, envelope: Envelope) -> None:
    if settings.mail is not None:
        send_mail(settings.mail, envelope)


def webhook(settings: NotifySettings, envelope: Envelope) -> None:
    if settings.webhook is not None:
        send_webhook(settings.webhook, envelope)


class Channel:
    """`send` does nothing where the channel is not set. The settings are those of the moment of each try."""

    def __init__(
        self, name: str, send: Send, settings: Callable[[], NotifySettings], tries_s: tuple[float, ...] = TRIES_S
    ) -> None:
        self._name, self._send, self._settings, self._tries_s = name, send, settings, tries_s
        self._waiting: queue.Queue[Envelope] = queue.Queue(MOST_WAITING)
        self._never = threading.Event()
        threading.Thread(target=self._run, name=f"notify {name}", daemon=True).start()

    def put(self, envelope: Envelope) -> None:
        """Never waits: of too many the newest is dropped, for those before it say what began."""
        try:
            self._waiting.put_nowait(envelope)
        except queue.Full:
            log.warning("%s: too many wait; not sent: %s", self._name, envelope.subject)

    def _run(self) -> None:
        while True:
            self._deliver(self._waiting.get())

    def _deliver(self, envelope: Envelope) -> None:
        for wait_s in self._tries_s:
            self._never.wait(wait_s)
            settings = self._settings()
            if not settings.on:
                return
            try:
                self._send(settings, envelope)
            except NotSent as err:
                log.warning("%s", err)
            else:
                return
        log.error("%s: not sent: %s", self._name, envelope.subject)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who tells: the site's name and this host's."""

    site: str
    host: str


class Notifier:
    """`names`: of the hosts by their number. `settings` gives the last that could be read; it does not block."""

    def __init__(
        self,
        sender: Sender,
        names: Mapping[int, str],
        settings: Callable[[], NotifySettings],
        channels: tuple[Channel, ...] | None = None,
    ) -> None:
        self._sender, self._names, self._settings = sender, names, settings
        if channels is None:
            channels = (Channel("mail", mail, settings), Channel("webhook", webhook, settings))
        self._channels = channels
        self._book = Book()

    def note(
        self,
        view: View,
        decision: Decision,
        *,
        cluster_block: str,
        failover: Failover | None,
        at: float,
        troubles: Sequence[Trouble] = (),
    ) -> None:
        """One round. Nothing in it is worth the loop that keeps the engine alive."""
        try:
            observed = observe_round(
                view,
                decision,
                names=self._names,
                cluster_block=cluster_block,
                failover=failover,
                troubles=troubles,
            )
            self._note(observed, at)
        except Exception:
            log.exception("nobody is told of this round")

    def _note(self, observed: Round, at: float) -> None:
        self._book, notices = learn(self._book, observed)
        settings = self._settings()
        if not settings.on or (settings.mail is None and settings.webhook is None):
            return
        self._book, messages = admit(self._book, notices, observed.now, settings.per_hour)
        for message in messages:
            envelope = Envelope(
                site=self._sender.site, host=self._sender.host, at=at, subject=message.subject, text=message.body
            )
            for channel in self._channels:
                channel.put(envelope)
