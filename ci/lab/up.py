"""`lab up`: every step looks first and does only what is missing, so that it can be cut off and run again anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ci.lab import deploying, engine_vm, host, refresh, supplies
from ci.lab.appliance import Appliance
from ci.lab.bmc.switch import Controllers
from ci.lab.engine_vm import EngineOff
from ci.lab.gate import USER, Gate, Unhealthy
from ci.lab.names import DEFAULT_LAB
from ci.lab.progress import Progress
from ci.lab.refresh import NothingRuns
from ci.lab.supplies import Supplies
from images import build
from node.system.process import Run

BOOT_S = 120.0
AGENT_S = 60.0
ENGINE_S = 300.0
RESTART_S = 60.0


class Up:
    def __init__(self, appliance: Appliance, progress: Progress, run: Run) -> None:
        self._appliance = appliance
        self._progress = progress
        self._run = run
        self._gate = Gate(appliance)
        self._engine_is_fresh = False
        self.kind = self._kind()

    def nodes(self) -> None:
        """Bring the nodes up. Raises Problem; whatever was reached stays and is found by the next run."""
        step = self._progress.step
        with step("build images"):
            ready = self.supplies()
        with step("clear leftovers"):
            self._clear()
        with step("start the nodes"):
            self._start(ready)
        with self._engine_in_peace():
            with step("refresh Trivet's code"):
                changed = self._refresh(Path(ready.launch.lowers[0]))
                self._report_older_images(ready)
            with step("wait for the agents"):
                self._wait_agents()
                if changed and self._engine_is_fresh:
                    with suppress(Unhealthy):  # the deploy would find it starting and look at everything twice
                        self._gate.wait_healthy(RESTART_S)

    def site(self) -> None:
        """Make a site of the nodes and open the way to it. Raises Problem, as `nodes`."""
        step = self._progress.step
        with step("deploy"):
            self._deploy()
        with step("open the way to the API"):
            self._gate.open()
            self._gate.fetch(self._appliance.machines[0])
            self._gate.wait_healthy(ENGINE_S)
        if not self._engine_is_fresh:
            # A disk made by an earlier version has just been started.
            with step("refresh the engine's code"), self._engine_in_peace():
                self._refresh(build.trivet_layer(build.DEFAULT_STORE, self._progress.note))
                self._gate.wait_healthy(ENGINE_S)

    def refresh(self) -> bool:
        """Only bring changed code into what runs; False when all of it runs that code already. Raises Problem."""
        if not self._appliance.running():
            raise NothingRuns(name=self._appliance.lab.name)
        step = self._progress.step
        with step("make Trivet's layer"):
            layer = build.trivet_layer(build.DEFAULT_STORE, self._progress.note)
        with self._engine_in_peace():
            with step("bring it into nodes and engine"):
                changed = self._refresh(layer)
            with step("wait until agents and engine serve"):
                self._wait_agents()
                if self._engine_is_fresh:
                    self._gate.wait_healthy(ENGINE_S)
        return changed

    def farewell_bare(self) -> str:
        """The same, of nodes that belong to no site, or still to the one that was deployed before."""
        option = self._option
        nodes = self._appliance.machines
        return "\n".join(
            [
                f"{len(nodes)} nodes run: {', '.join(f'{one.node.name} ({one.node.address})' for one in nodes)}",
                "Next:",
                f"  ./trivet lab status{option}",
                f"  ./trivet lab console node1{option}   there: trivet console, which creates a site",
                f"  ./trivet lab up{option}              deploys one without being asked anything",
            ]
        )

    @property
    def _option(self) -> str:
        name = self._appliance.lab.name
        return "" if name == DEFAULT_LAB else f" --name {name}"

    def farewell(self) -> str:
        """What the user needs to know at the end."""
        option = self._option
        return "\n".join(
            [
                f"The appliance is up: {self._appliance.url}",
                f"  user           {USER}",
                f"  password in    {self._appliance.lab.password_file}",
                f"  CA in          {self._appliance.lab.authority_file}",
                *self._waiting(),
                "Next:",
                f"  ./trivet lab status{option}",
                f'  eval "$(./trivet lab env{option})"',
                '  printf \'user = "%s:%s"\' "$TRIVET_USER" "$(cat "$TRIVET_PASSWORD_FILE")" '
                '| curl --cacert "$TRIVET_CA" -K - "$TRIVET_URL/hosts"',
                f"  ./trivet lab exec node1{option} -- gluster volume status",
            ]
        )

    def _waiting(self) -> list[str]:
        names = [machine.node.name for machine in self._appliance.machines]
        count = self._appliance.settings.formed
        waiting = [name for name in names[count:] if self._is_unclaimed(name)]
        formed = "one node, without copies" if count == 1 else "three nodes"
        return [f"The site is formed of {formed}; in no site yet: {', '.join(waiting)}"] if waiting else []

    def _is_unclaimed(self, name: str) -> bool:
        return deploying.is_unclaimed(self._appliance.machine(name))

    def _kind(self) -> str:
        """What the times of this run stand for."""
        if not list(build.DEFAULT_STORE.glob("node-*")):
            return "first"  # on this machine: everything has to be fetched and built
        return "again" if len(self._appliance.running()) == len(self._appliance.machines) else "cached"

    def supplies(self) -> Supplies:
        """What nodes are made of, built where it is missing."""
        store, report = build.DEFAULT_STORE, self._progress.note
        shipped = self._shipped() if self._appliance.lab.times_file.exists() else None
        if shipped is None:
            images = build.build_all(store, report)
        else:  # the engine has its disk already: changed code is put into it, a new disk would only take time
            images = build.Images(build.build_node(store, report), build.trivet_layer(store, report), *shipped)
        return supplies.gather(images, self._run, report)

    def _shipped(self) -> tuple[Path, Path] | None:
        """The images for VMs that the nodes have been given, engine and tiny."""
        for machine in self._appliance.machines:
            if machine.node.launch_file.exists():
                given = machine.launched().read_only
                engine, tiny = (Path(given[f"{supplies.SHIPPED}/{name}.qcow2"]) for name in ("engine", "tiny"))
                return (engine, tiny) if engine.exists() and tiny.exists() else None
        return None

    def _clear(self) -> None:
        for removal in self._appliance.clean():
            self._progress.note(f"removed {removal.what} {removal.which}")
        if host.raise_limit():
            self._progress.note(f"raised {host.INSTANCES} to {host.ENOUGH} until the next boot of this machine")
        self._appliance.network.make()

    def _start(self, ready: Supplies) -> None:
        self._appliance.start(ready)
        Controllers(self._appliance).start()
        for machine in self._appliance.machines:
            machine.wait_ready(BOOT_S)

    def _refresh(self, layer: Path) -> bool:
        places: list[refresh.Place] = [refresh.NodePlace(machine) for machine in self._appliance.running()]
        with suppress(EngineOff):
            vm = engine_vm.find(self._appliance.machines)
            if vm.answers():
                places.append(refresh.EnginePlace(vm))
                self._engine_is_fresh = True
                self._leave_engine_alone(True)
        return refresh.refresh(places, layer, self._progress.note)

    @contextmanager
    def _engine_in_peace(self) -> Iterator[None]:
        """What `_refresh` has set is taken back, also when something in between fails."""
        try:
            yield
        finally:
            self._leave_engine_alone(False)

    def _leave_engine_alone(self, alone: bool) -> None:
        """An emulated engine that is started anew on busy processors can take so long that trivet-ha would restart it.
        Without trivet-ha, as in a lab of an earlier version, there is nothing to set."""
        mode = "global" if alone else "none"
        for machine in self._appliance.running()[:1]:
            machine.exec("trivet", "ha", "maintenance", mode, check=False)

    def _wait_agents(self) -> None:
        for machine in self._appliance.running():
            deploying.wait_agent(machine, AGENT_S)

    def _report_older_images(self, ready: Supplies) -> None:
        """Below Trivet's own layer a machine keeps what it was switched on with."""
        older = [
            machine.node.name
            for machine in self._appliance.machines
            if machine.launched().lowers[1:] != ready.launch.lowers[1:]
        ]
        if older:
            self._progress.note(f"{', '.join(older)}: the changed node image counts from the next down and up")

    def _deploy(self) -> None:
        machines = self._appliance.machines[: self._appliance.settings.formed]
        deploying.hand_answers(machines[0], [deploying.introduce(machine) for machine in machines])
        deploying.deploy(machines[0], self._progress.note, self._progress.passing)
