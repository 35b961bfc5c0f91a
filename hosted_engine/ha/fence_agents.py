"""Asks Debian's fence agents about a machine's power and has them cut it. Every call blocks, none for ever."""

import re
import tempfile
from enum import StrEnum
from pathlib import Path

from hosted_engine.ha.fence_metadata import Metadata, parse_metadata, why_not_agent, why_not_option
from hosted_engine.ha.fence_settings import BadFenceSetting, FenceDevice
from node.api.problems import Failed
from node.system.process import CommandFailed, Run

AGENTS = Path("/usr/sbin")
STATUS_S, POWER_S = 15.0, 30.0  # an agent that asks a dead device may wait for ever
OFF_STATUS = 2  # with which an agent ends whose machine is off
_STATUS = re.compile(r"^Status: (\w+)$", re.MULTILINE)
_OFF = re.compile(r"^Success: (?:Powered|Already) OFF$", re.MULTILINE)
_STAMP = re.compile(r"^(?:\d{4}-\d\d-\d\d \S+ )?(?:ERROR|WARNING|INFO): ", re.MULTILINE)


class PowerState(StrEnum):
    ON = "on"
    OFF = "off"


class DeviceFailed(Failed):
    what = "{agent} did not {act} at {address}"
    why = "{reason}"
    mend = "See that the device answers and knows user and password: trivet ha fence test"


class FenceAgents:
    """`run` runs a command; `folder` has the installed agents."""

    def __init__(self, run: Run, folder: Path = AGENTS) -> None:
        self._run, self._folder = run, folder

    def installed(self) -> tuple[str, ...]:
        return tuple(sorted(file.name for file in self._folder.glob("fence_*")))

    def check(self, device: FenceDevice) -> None:
        """Raises BadFenceSetting when its agent is not here or cannot be told what is set; DeviceFailed."""
        if device.agent not in self.installed():
            known = ", ".join(self.installed()) or "none"
            raise BadFenceSetting(name="agent", reason=f"{device.agent} is not on this node, which has {known}")
        metadata = self._metadata(device)
        if (reason := why_not_agent(metadata)) is not None:
            raise BadFenceSetting(name="agent", reason=f"{device.agent} {reason}")
        for name, value in device.options.items():
            if (reason := why_not_option(metadata, name, value)) is not None:
                raise BadFenceSetting(name=f"option {name}", reason=reason)

    def status(self, device: FenceDevice) -> PowerState:
        """Raises DeviceFailed, also when the device knows neither."""
        try:
            said = self._run_agent(device, "status", STATUS_S)
        except CommandFailed as err:
            if err.exit_status != OFF_STATUS or parse_status(err.stdout) is not PowerState.OFF:
                raise _failed(device, "tell the power's state", err) from err
            return PowerState.OFF
        state = parse_status(said)
        if state is not PowerState.ON:
            raise _failed(device, "tell the power's state", f"it said {said.strip()!r}")
        return state

    def off(self, device: FenceDevice) -> None:
        """Return when the power is cut and the device has said since that it is off. Raises DeviceFailed.

        Debian's agents ask the device after they have cut, and say so in their last line; to ask once more by another
        run of Python costs a busy host two seconds.
        """
        said = self._power(device, "off", "cut the power")
        if not _OFF.search(said):
            raise _failed(device, "confirm that the power is off", f"it said {said.strip()!r}")

    def on(self, device: FenceDevice) -> None:
        """Raises DeviceFailed."""
        self._power(device, "on", "switch on")

    def _power(self, device: FenceDevice, action: str, act: str) -> str:
        try:
            return self._run_agent(device, action, POWER_S)
        except CommandFailed as err:
            raise _failed(device, act, err) from err

    def _metadata(self, device: FenceDevice) -> Metadata:
        try:
            return parse_metadata(self._run(str(self._folder / device.agent), "-o", "metadata", timeout_s=STATUS_S))
        except (CommandFailed, ValueError) as err:
            raise _failed(device, "tell its parameters", err) from err

    def _run_agent(self, device: FenceDevice, action: str, timeout_s: float) -> str:
        agent, lines = str(self._folder / device.agent), format_lines(device, action)
        if not device.authority:
            return self._run(agent, stdin=lines, timeout_s=timeout_s)
        with tempfile.NamedTemporaryFile("w", prefix="trivet-fence-", suffix=".pem") as pem:
            pem.write(device.authority)
            pem.flush()
            return self._run("env", f"REQUESTS_CA_BUNDLE={pem.name}", agent, stdin=lines, timeout_s=timeout_s)


def format_lines(device: FenceDevice, action: str) -> str:
    """What the agent reads on its standard input, where no other process sees it."""
    given = {"action": action, "ip": device.address, "username": device.user, "password": device.password}
    if device.port is not None:
        given["ipport"] = str(device.port)
    return "".join(f"{name}={value}\n" for name, value in (given | device.options).items() if value)


def parse_status(text: str) -> PowerState | None:
    found = _STATUS.search(text)
    return PowerState(found[1].lower()) if found is not None and found[1].lower() in set(PowerState) else None


def _failed(device: FenceDevice, act: str, reason: CommandFailed | Exception | str) -> DeviceFailed:
    """Without the password, wherever it comes from, and without the agent's time stamps."""
    words = reason.text.why if isinstance(reason, CommandFailed) else str(reason)
    words = " ".join(_STAMP.sub("", words).split())
    if device.password:
        words = words.replace(device.password, "…")
    return DeviceFailed(agent=device.agent, act=act, address=device.address, reason=words)
