"""Runs the controllers of a lab beside its consoles, and tells the site about them or takes them away again."""

import json
import sys

from ci.lab.appliance import Appliance
from ci.lab.bmc.redfish import USER
from ci.lab.bmc.secrets import BmcSecrets
from ci.lab.machine import PROJECT, Machine
from ci.lab.names import BMC_PORT

SESSION = "bmc"
AUTHORITY_INSIDE = "/run/lab-bmc.crt"


class Controllers:
    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._lab = appliance.lab

    def start(self) -> None:
        """Unless they run; they are reachable however many nodes are off."""
        for machine in self._appliance.machines:
            self._appliance.network.add_address(machine.node.bmc_address)
        if SESSION in self._appliance.terminal.sessions():
            return
        BmcSecrets(self._lab).make()
        command = ["env", f"PYTHONPATH={PROJECT}", sys.executable, "-m", "ci.lab.bmc.server", self._lab.name]
        self._appliance.terminal.start(SESSION, command, self._lab.state / "bmc.log")

    def stop(self) -> None:
        """Before the nodes are switched off: nobody may switch one on again."""
        if SESSION in self._appliance.terminal.sessions():
            self._appliance.terminal.end(SESSION)

    def switch(self, through: Machine, *, on: bool) -> None:
        """Start them; have the site know them, or not."""
        self.start()
        if on:
            self.set(through)
        else:
            self.unset(through)

    def set(self, through: Machine) -> None:
        """Tell the site the controllers of all its nodes, by one of them."""
        secrets = BmcSecrets(self._lab)
        secrets.make()
        through.exec("sh", "-c", f"cat > {AUTHORITY_INSIDE}", stdin=secrets.authority_file.read_text())
        for machine in self._in_site(through):
            node = machine.node
            through.exec(
                "trivet", "ha", "fence", "set", node.name, "--agent", "fence_redfish", "--address", node.bmc_address,
                "--port", str(BMC_PORT), "--user", USER, "--password-fd", "0",
                "--option", f"systems_uri=/redfish/v1/Systems/{node.name}", "--authority", AUTHORITY_INSIDE,
                stdin=secrets.password(),
            )  # fmt: skip

    def unset(self, through: Machine) -> None:
        found = json.loads(through.exec("trivet", "ha", "fence", "show", "--json").stdout)
        for name in found["devices"]:
            through.exec("trivet", "ha", "fence", "off", name)

    def _in_site(self, through: Machine) -> list[Machine]:
        status = json.loads(through.exec("trivet", "ha", "status", "--json").stdout)
        names = {host["name"] for host in status["hosts"]}
        return [machine for machine in self._appliance.machines if machine.node.name in names]
