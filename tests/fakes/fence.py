"""Machines with fence devices, and sanlock's ids of hosts on a disk: what the commands that fencing runs would do."""

from dataclasses import dataclass, field
from pathlib import Path

from hosted_engine.ha.fence_settings import FenceDevice
from node.system.process import CommandFailed

DATA = Path(__file__).parents[1] / "data" / "fence"
LEADER = (DATA / "read_leader.txt").read_text()


def device(address: str, **others: object) -> FenceDevice:
    return FenceDevice(agent="fence_redfish", address=address, user="fence", password="s3cret", **others)  # type: ignore[arg-type]


@dataclass
class FakeMachine:
    """`answers`: its device does. `is_liar`: the device cuts nothing and says that it did."""

    is_on: bool = True
    answers: bool = True
    is_liar: bool = False
    claims_off: bool = False
    generation: int = 1
    timestamp: int = 582


@dataclass
class FakeFencing:
    """A Run. Machines by the address of their device; `ids`: their numbers in the lockspace."""

    machines: dict[str, FakeMachine]
    ids: dict[int, str]
    calls: list[tuple[str, ...]] = field(default_factory=list)
    stdins: list[str] = field(default_factory=list)
    writes: bool = True

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        self.calls.append(argv)
        self.stdins.append(stdin)
        return self._sanlock(argv) if argv[0] == "sanlock" else self._agent(argv, stdin)

    def _sanlock(self, argv: tuple[str, ...]) -> str:
        host_id = int(argv[argv.index("-s") + 1].split(":")[1])
        machine = self.machines[self.ids[host_id]]
        if argv[2] == "acquire_id":
            if not self.writes:
                raise CommandFailed(argv, "acquire_id done -202", status=1)
            machine.generation, machine.timestamp = machine.generation + 1, 601
            return "acquire_id done 0\n"
        said = LEADER.replace("owner_generation 1\n", f"owner_generation {machine.generation}\n")
        return said.replace("timestamp 582\n", f"timestamp {machine.timestamp}\n")

    def _agent(self, argv: tuple[str, ...], stdin: str) -> str:
        if "metadata" in argv:
            return (DATA / f"{Path(argv[0]).name}.xml").read_text()
        told = dict(line.split("=", 1) for line in stdin.splitlines())
        machine = self.machines[told["ip"]]
        if not machine.answers:
            raise CommandFailed(argv, "it took longer than 15 s")
        match told["action"]:
            case "off":
                machine.is_on, machine.claims_off = machine.is_on and machine.is_liar, True
                return "Success: Powered OFF\n"
            case "on":
                machine.is_on, machine.claims_off = True, False
                return "Success: Powered ON\n"
        if machine.claims_off or not machine.is_on:
            raise CommandFailed(argv, "", status=2, stdout="Status: OFF\n")
        return "Status: ON\n"
