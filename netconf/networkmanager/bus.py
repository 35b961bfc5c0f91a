"""What netconf needs of NetworkManager's D-Bus interface, a method each; no decisions here."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from dbus_fast import BusType, DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from netconf.errors import BackendMissing, Failed
from netconf.model import Dns
from netconf.networkmanager.known import Known, known
from netconf.networkmanager.profiles import MARK, Settings

_NAME = "org.freedesktop.NetworkManager"
_ROOT = "/org/freedesktop/NetworkManager"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_AWAY = tuple(f"org.freedesktop.DBus.Error.{name}" for name in ("ServiceUnknown", "NameHasNoOwner", "NoReply"))
_ANSWER_S = 5
# From NetworkManager's nm-dbus-interface.h.
_DELETE_NEW_CONNECTIONS = 0x02
_TO_DISK = 0x1
_NOT_READY = (10, 71)  # NM_DEVICE_STATE_UNMANAGED, NM_DEVICE_STATE_REASON_UNMANAGED_LINK_NOT_INIT
_IN_MEMORY, _BLOCK_AUTOCONNECT = 0x2, 0x20
_UNSAVED, _MADE_UP = 0x1, 0x2 | 0x8  # NM_SETTINGS_CONNECTION_FLAG_: NM_GENERATED, EXTERNAL


class BusRefused(Failed):
    what = "NetworkManager did not carry out {member}"
    why = "it says: {reason}"


class ActiveState(IntEnum):
    """NMActiveConnectionState."""

    UNKNOWN = 0
    ACTIVATING = 1
    ACTIVATED = 2
    DEACTIVATING = 3
    DEACTIVATED = 4


@dataclass(frozen=True, slots=True)
class Saved:
    """A connection profile: `change` is its mark, `unsaved` means that it would not outlive a reboot; with `made_up`
    NetworkManager describes an interface of others by it, which is nobody's configuration. `controller` is the name of
    an interface or the uuid of its profile, `kind` NetworkManager's word for what it is for. With `makes_pair` it makes
    a pair of veth."""

    path: str
    uuid: str
    interface: str
    change: str
    unsaved: bool
    made_up: bool = False
    controller: str = ""
    autoconnect: bool = True
    priority: int = 0
    kind: str = ""
    makes_pair: bool = False


class Bus:
    """One connection to the system bus; use it as `async with connect(address) as bus`."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    async def call(self, path: str, interface: str, member: str, signature: str = "", *body: object) -> Any:
        """The first value of the answer, None when it has none."""
        message = Message(
            destination=_NAME, path=path, interface=interface, member=member, signature=signature, body=list(body)
        )
        reply = await self._bus.call(message)
        if reply is None:
            raise BusRefused(member=member, reason="nothing", error="")
        if reply.message_type is MessageType.ERROR:
            words = reply.body[0] if reply.body else reply.error_name
            if reply.error_name in _AWAY:
                raise BackendMissing(reason=f"it is not on the bus: {words}")
            raise BusRefused(member=member, reason=words, error=reply.error_name)
        return reply.body[0] if reply.body else None

    async def get(self, path: str, interface: str, name: str) -> Any:
        value = await self.call(path, _PROPERTIES, "Get", "ss", f"{_NAME}.{interface}".rstrip("."), name)
        return value.value

    async def devices(self) -> dict[str, str]:
        """Interface name → device path, of what exists: a profile alone has a placeholder that takes no commands."""
        found = {}
        for path in await self.call(_ROOT, _NAME, "GetDevices"):
            try:
                found[str(await self.get(path, "Device", "Interface"))] = str(path)
            except BusRefused:  # gone while we asked
                continue
        return found

    async def known(self) -> dict[str, Known]:
        """Interface name → what the profile that is active on it says."""
        found = {}
        for path in await self.get(_ROOT, "", "ActiveConnections"):
            try:
                profile = await self.get(path, "Connection.Active", "Connection")
                settings = await self.call(profile, f"{_NAME}.Settings.Connection", "GetSettings")
                devices = await self.get(path, "Connection.Active", "Devices")
                for device in devices:
                    heard = await self.get(device, "Device", "LldpNeighbors")
                    found[str(await self.get(device, "Device", "Interface"))] = known(settings, heard)
            except BusRefused:  # gone while we asked
                continue
        return found

    async def dns(self) -> Dns:
        """Servers and search domains in force, in order, and where they come from."""
        entries = await self.get(f"{_ROOT}/DnsManager", "DnsManager", "Configuration")
        servers = [server for entry in entries for server in entry["nameservers"].value]
        domains = [domain for entry in entries if "domains" in entry for domain in entry["domains"].value]
        origins = (
            (str(entry["interface"].value), str(server))
            for entry in entries
            if "interface" in entry
            for server in entry["nameservers"].value
        )
        return Dns(tuple(dict.fromkeys(servers)), tuple(dict.fromkeys(domains)), tuple(dict.fromkeys(origins)))

    async def profiles(self) -> list[Saved]:
        found = []
        for path in await self.call(f"{_ROOT}/Settings", f"{_NAME}.Settings", "ListConnections"):
            try:
                settings = await self.call(path, f"{_NAME}.Settings.Connection", "GetSettings")
                flags = await self.get(path, "Settings.Connection", "Flags")
            except BusRefused:
                continue
            data = settings.get("user", {}).get("data", Variant("a{ss}", {})).value
            head = {key: variant.value for key, variant in settings.get("connection", {}).items()}
            found.append(
                Saved(
                    path=path,
                    uuid=head.get("uuid", ""),
                    interface=head.get("interface-name", ""),
                    change=data.get(MARK, ""),
                    unsaved=bool(flags & _UNSAVED),
                    made_up=bool(flags & _MADE_UP),
                    controller=head.get("master", ""),
                    autoconnect=head.get("autoconnect", True),
                    priority=head.get("autoconnect-priority", 0),
                    kind=head.get("type", ""),
                    makes_pair="veth" in settings,
                )
            )
        return found

    async def owner(self) -> str:
        """The bus's own name for the NetworkManager that runs at the moment: one that is started anew has another."""
        bus = "org.freedesktop.DBus"
        reply = await self._bus.call(
            Message(destination=bus, path="/", interface=bus, member="GetNameOwner", signature="s", body=[_NAME])
        )
        if reply is None or reply.message_type is MessageType.ERROR:
            raise BackendMissing(reason="it is not on the bus")
        return str(reply.body[0])

    async def file(self, profile: str) -> str:
        """Where it is kept; empty for one that is not."""
        return str(await self.get(profile, "Settings.Connection", "Filename"))

    async def reload(self) -> None:
        """Look at the files of profiles again."""
        await self.call(f"{_ROOT}/Settings", f"{_NAME}.Settings", "ReloadConnections")

    async def add_profile(self, settings: Settings) -> str:
        """In memory only: a reboot forgets it."""
        flags = _IN_MEMORY | _BLOCK_AUTOCONNECT
        empty: Mapping[str, Variant] = {}
        path = await self.call(
            f"{_ROOT}/Settings", f"{_NAME}.Settings", "AddConnection2", "a{sa{sv}}ua{sv}", settings, flags, empty
        )
        return str(path)

    async def save_profile(self, path: str) -> None:
        await self.call(path, f"{_NAME}.Settings.Connection", "Update2", "a{sa{sv}}ua{sv}", {}, _TO_DISK, {})

    async def delete_profile(self, path: str) -> None:
        """Fine, too, when it went meanwhile: with a checkpoint whose time is over."""
        try:
            await self.call(path, f"{_NAME}.Settings.Connection", "Delete")
        except BusRefused:
            if path in await self.call(f"{_ROOT}/Settings", f"{_NAME}.Settings", "ListConnections"):
                raise

    async def activate(self, profile: str, device: str) -> str:
        return str(await self.call(_ROOT, _NAME, "ActivateConnection", "ooo", profile, device, "/"))

    async def active_state(self, path: str) -> ActiveState:
        try:
            return ActiveState(await self.get(path, "Connection.Active", "State"))
        except BusRefused:  # it is taken off the bus when it ends
            return ActiveState.DEACTIVATED

    async def has_started(self, path: str) -> bool:
        """Whether its device is at this activation, no longer at the end of the one before; also when it is over."""
        try:
            devices = await self.get(path, "Connection.Active", "Devices")
            return any([await self.get(device, "Device", "ActiveConnection") == path for device in devices])
        except BusRefused:
            return True

    async def activating(self) -> bool:
        """Whether anything is on its way up or down."""
        states = [await self.active_state(path) for path in await self.get(_ROOT, "", "ActiveConnections")]
        return any(state in (ActiveState.ACTIVATING, ActiveState.DEACTIVATING) for state in states)

    async def active(self) -> dict[str, str]:
        """Interface name → uuid of the profile that is in force on it, or on its way to be."""
        found = {}
        for path in await self.get(_ROOT, "", "ActiveConnections"):
            try:
                uuid = await self.get(path, "Connection.Active", "Uuid")
                devices = await self.get(path, "Connection.Active", "Devices")
                names = [await self.get(device, "Device", "Interface") for device in devices]
            except BusRefused:  # gone while we asked
                continue
            found.update(dict.fromkeys(names, str(uuid)))
        return found

    async def disconnect(self, device: str) -> None:
        """Fine, too, when it is not connected: a port goes down with its bridge."""
        try:
            await self.call(device, f"{_NAME}.Device", "Disconnect")
        except BusRefused as err:
            if err.values["error"] != f"{_NAME}.Device.NotActive":
                raise

    async def delete_device(self, device: str) -> None:
        """Fine, too, when it went meanwhile: the ends of a veth go together."""
        try:
            await self.call(device, f"{_NAME}.Device", "Delete")
        except BusRefused:
            if await self.is_real(device):
                raise

    async def is_real(self, device: str) -> bool:
        try:
            return bool(await self.get(device, "Device", "Real"))
        except BusRefused:
            return False

    async def is_ready(self, device: str) -> bool:
        """Whether udev is through with its link, which has to be there."""
        try:
            state = await self.get(device, "Device", "StateReason")
        except BusRefused:  # gone while we asked
            return False
        return tuple(state) != _NOT_READY

    async def checkpoints(self) -> list[str]:
        return [str(path) for path in await self.get(_ROOT, "", "Checkpoints")]

    async def create_checkpoint(self, devices: list[str], timeout_s: int) -> str:
        flags = _DELETE_NEW_CONNECTIONS
        return str(await self.call(_ROOT, _NAME, "CheckpointCreate", "aouu", devices, timeout_s, flags))

    async def extend_checkpoint(self, path: str, timeout_s: int) -> None:
        await self.call(_ROOT, _NAME, "CheckpointAdjustRollbackTimeout", "ou", path, timeout_s)

    async def destroy_checkpoint(self, path: str) -> None:
        await self.call(_ROOT, _NAME, "CheckpointDestroy", "o", path)

    async def roll_back_checkpoint(self, path: str) -> list[str]:
        """The device paths whose earlier state could not be restored. Fine, too, when its time was over meanwhile."""
        try:
            results = await self.call(_ROOT, _NAME, "CheckpointRollback", "o", path)
        except BusRefused:
            if path in await self.checkpoints():
                raise
            return []
        return [device for device, result in results.items() if result != 0]


@asynccontextmanager
async def connect(address: str | None = None) -> AsyncIterator[Bus]:
    """A connection to the system bus, or to the bus at `address`. Raises BackendMissing."""
    try:
        bus = await MessageBus(bus_address=address, bus_type=BusType.SYSTEM).connect()
    except (OSError, DBusError, EOFError, asyncio.IncompleteReadError) as err:
        raise BackendMissing(reason=f"the system bus does not answer ({err})") from err
    try:
        yield Bus(bus)
    finally:
        bus.disconnect()


async def answers(address: str | None = None) -> bool:
    """Whether NetworkManager does, on the system bus or the one at `address`."""
    try:
        async with asyncio.timeout(_ANSWER_S), connect(address) as bus:
            await bus.checkpoints()
    except (BackendMissing, TimeoutError):
        return False
    return True
