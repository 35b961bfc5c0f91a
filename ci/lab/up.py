"""`lab up`: every step looks first and does only what is missing, so that it can be cut off and run again anywhere."""

from pathlib import Path

from ci.lab import deploying, refresh, supplies
from ci.lab.appliance import Appliance
from ci.lab.gate import USER, Gate
from ci.lab.progress import Progress
from ci.lab.supplies import Supplies
from images import build
from node.system.process import Run

BOOT_S = 120.0
AGENT_S = 60.0
ENGINE_S = 300.0
FORMED_OF = 3  # nodes that the deploy makes a site of; further ones wait to be added


class Up:
    def __init__(self, appliance: Appliance, progress: Progress, run: Run) -> None:
        self._appliance = appliance
        self._progress = progress
        self._run = run
        self._gate = Gate(appliance)

    def nodes(self) -> None:
        """Bring the nodes up. Raises Problem; whatever was reached stays and is found by the next run."""
        step = self._progress.step
        with step("build images"):
            ready = self._supplies()
        with step("clear leftovers"):
            self._clear()
        with step("start the nodes"):
            self._start(ready)
        with step("refresh Trivet's code"):
            self._refresh(Path(ready.launch.lowers[0]))
        with step("wait for the agents"):
            for machine in self._appliance.machines:
                deploying.wait_agent(machine, AGENT_S)

    def site(self) -> None:
        """Make a site of the nodes and open the way to it. Raises Problem, as `nodes`."""
        step = self._progress.step
        with step("deploy"):
            self._deploy()
        with step("open the way to the API"):
            self._gate.open()
            self._gate.fetch(self._appliance.machines[0])
            self._gate.wait_healthy(ENGINE_S)

    def farewell(self) -> str:
        """What the user needs to know at the end."""
        name = self._appliance.lab.name
        option = "" if name == "lab" else f" --name {name}"
        return "\n".join(
            [
                f"The appliance is up: {self._appliance.url}",
                f"  user           {USER}",
                f"  password in    {self._appliance.lab.password_file}",
                f"  CA in          {self._appliance.lab.authority_file}",
                "Next:",
                f"  ./trivet lab status{option}",
                f'  eval "$(./trivet lab env{option})"',
                '  curl --cacert "$TRIVET_CA" -u "$TRIVET_USER:$(cat "$TRIVET_PASSWORD_FILE")" "$TRIVET_URL/hosts"',
                f"  ./trivet lab exec node1{option} -- gluster volume status",
            ]
        )

    def _supplies(self) -> Supplies:
        images = build.build_all(build.DEFAULT_STORE, self._progress.note)
        return supplies.gather(images, self._run, self._progress.note)

    def _clear(self) -> None:
        for removal in self._appliance.clean():
            self._progress.note(f"removed {removal.what} {removal.which}")
        self._appliance.network.make()

    def _start(self, ready: Supplies) -> None:
        self._appliance.start(ready)
        for machine in self._appliance.machines:
            machine.wait_ready(BOOT_S)

    def _refresh(self, layer: Path) -> None:
        for machine in self._appliance.machines:
            if refresh.refresh_node(machine, layer):
                self._progress.note(f"{machine.node.name} runs the changed code")

    def _deploy(self) -> None:
        machines = self._appliance.machines[:FORMED_OF]
        deploying.hand_answers(machines[0], [deploying.introduce(machine) for machine in machines])
        deploying.deploy(machines[0], self._progress.note)
