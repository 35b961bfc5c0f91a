"""NetworkManager goes back by itself at any moment, also while it is asked to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import Mock

import pytest
from dbus_fast import Variant

from netconf.errors import ChangePending
from netconf.model import NetworkState
from netconf.networkmanager import backend
from netconf.networkmanager.backend import NetworkManager
from netconf.networkmanager.bus import Bus, BusRefused
from netconf.networkmanager.profiles import MARK

_CHECKPOINT, _PROFILE = "/org/freedesktop/NetworkManager/Checkpoint/1", "/org/freedesktop/NetworkManager/Settings/1"
_UNSAVED = 1
_SETTINGS = {
    "connection": {"uuid": Variant("s", "1"), "interface-name": Variant("s", "host0")},
    "user": {"data": Variant("a{ss}", {MARK: "a change"})},
}


class _Bus(Bus):
    """An unconfirmed change goes back by itself right before the call number `at`; a rollback leaves its profile."""

    def __init__(self, at: int) -> None:
        super().__init__(Mock())
        self.checkpoints_now, self.profiles_now = [_CHECKPOINT], [_PROFILE]
        self.asked, self._at = 0, at

    async def call(self, path: str, interface: str, member: str, signature: str = "", *body: object) -> Any:
        if self.asked == self._at:
            self.checkpoints_now, self.profiles_now = [], []
        self.asked += 1
        if path not in (*self.checkpoints_now, *self.profiles_now) and path.endswith("/1"):
            raise BusRefused(member=member, reason="there is no such object", error="")
        match member, *body[-1:]:
            case "ListConnections", *_:
                return list(self.profiles_now)
            case "GetSettings", *_:
                return _SETTINGS
            case "Get", "Flags":
                return Variant("u", _UNSAVED)
            case "Get", "Checkpoints":
                return Variant("ao", list(self.checkpoints_now))
            case "Get", "ActiveConnections":
                return Variant("ao", [])
            case "GetDevices", *_:
                return []
            case "CheckpointRollback", *_:
                if not self.checkpoints_now:
                    raise BusRefused(member=member, reason="there is no such checkpoint", error="")
                self.checkpoints_now = []
                return {}
            case "Delete", *_:
                self.profiles_now = []
                return None
        raise AssertionError(f"nobody answers {member} {body}")


async def _roll_back_unconfirmed(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def connect(_address: str | None) -> AsyncIterator[Bus]:
        yield bus

    monkeypatch.setattr(backend, "connect", connect)
    monkeypatch.setattr(backend, "observe", lambda _netns: NetworkState())
    await NetworkManager().roll_back_unconfirmed()


async def test_settled_is_what_goes_back_by_itself_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    never = _Bus(-1)
    await _roll_back_unconfirmed(never, monkeypatch)
    assert never.asked > 10
    for at in range(never.asked):
        bus = _Bus(at)
        await _roll_back_unconfirmed(bus, monkeypatch)
        assert (bus.checkpoints_now, bus.profiles_now) == ([], [])


async def test_a_checkpoint_without_a_profile_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = _Bus(-1)
    bus.profiles_now = []
    with pytest.raises(ChangePending):
        await _roll_back_unconfirmed(bus, monkeypatch)
    assert bus.checkpoints_now == [_CHECKPOINT]
