"""The command line of the lab: `./trivet lab …`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import msgspec
from rich.console import Console

from ci.lab import adding, engine_vm, settings, show, status
from ci.lab import collect as collecting
from ci.lab import down as downing
from ci.lab.appliance import Appliance, alone
from ci.lab.bmc.switch import Controllers
from ci.lab.gate import Gate
from ci.lab.names import DEFAULT_LAB, ENGINE, ENGINE_ADDRESS, MOST_NODES, Lab
from ci.lab.progress import Progress
from ci.lab.up import Up
from node.api.problems import Problem
from node.system.process import run

F = TypeVar("F", bound=Callable[..., Any])
console = Console(highlight=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A three-node appliance on this one machine: every node a container, the engine a real VM."""


def named(command: F) -> F:
    option = click.option("--name", default=DEFAULT_LAB, envvar="TRIVET_LAB", show_default=True, help="Which lab.")
    return option(command)


@main.command()
@named
@click.option(
    "--nodes", type=click.IntRange(1, MOST_NODES), help="How many: 1 or 3 (default) form the site, others wait."
)
@click.option("--bare", is_flag=True, help="Stop at nodes that run, have their bricks and belong to no site yet.")
def up(name: str, nodes: int | None, bare: bool) -> None:
    """Bring the lab up. Safe to repeat: it does only what is missing; after --bare, without it, the deploy."""
    lab = Lab(name)
    with problems(), alone(lab):
        appliance = Appliance(lab, settings.make(lab, nodes), run)
        progress = Progress(console)
        bringing = Up(appliance, progress, run)
        bringing.nodes()
        if bare:
            console.print(bringing.farewell_bare(), markup=False, soft_wrap=True)
            return
        bringing.site()
        progress.save(lab.times_file, bringing.kind)
        console.print(bringing.farewell(), markup=False, soft_wrap=True)


@main.command()
@named
def add(name: str) -> None:
    """One more node, bare, in the network of a lab that runs: `trivet join` there asks the site to take it."""
    with problems():
        appliance = load(name)
        with alone(appliance.lab):
            machine = adding.add(appliance, Progress(console), run)
        console.print(f"{machine.node.name} ({machine.node.address}) runs and belongs to no site; next:", markup=False)
        option = "" if name == DEFAULT_LAB else f" --name {name}"
        joins = f"  ./trivet lab exec {machine.node.name}{option} -- trivet join {ENGINE_ADDRESS}"
        console.print(joins, markup=False, soft_wrap=True)


@main.command()
@named
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, yes: bool) -> None:
    """Take the node away that was added last, with its disks."""
    with problems():
        appliance = load(name)
        if appliance.settings.added and not yes:
            click.confirm(f"Remove {appliance.machines[-1].node.name} for good?", abort=True)
        with alone(appliance.lab):
            machine = adding.remove(load(name), Progress(console), run)
        console.print(f"{machine.node.name} is gone", markup=False)


@main.command()
@named
def refresh(name: str) -> None:
    """Bring changed code of Trivet into the nodes and the engine that run, and do nothing else."""
    with problems():
        appliance = load(name)
        with alone(appliance.lab):
            progress = Progress(console)
            changed = Up(appliance, progress, run).refresh()
            if changed and appliance.lab.times_file.exists():
                progress.save(appliance.lab.times_file, "refresh")
            console.print("All that runs has the code of this working tree" + ("" if changed else ", as before"))


@main.command()
@named
def down(name: str) -> None:
    """Shut the lab down cleanly; `up` brings it back as it was."""
    with problems(), alone(Lab(name)):
        downing.shut_down(load(name), Progress(console))


@main.command()
@named
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def destroy(name: str, yes: bool, dry_run: bool) -> None:
    """Remove the lab with all its disks."""
    lab = Lab(name)
    with problems():
        appliance = load(name)
        console.print(f"Lab {name}: {len(appliance.running())} running nodes and all of {lab.state}", markup=False)
        if dry_run:
            return
        if not yes:
            click.confirm("Remove it for good?", abort=True)
        with alone(lab):
            downing.destroy(appliance, Progress(console))


@main.command("status")
@named
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status_(name: str, as_json: bool) -> None:
    """How the lab is: nodes, volumes, engine, VMs."""
    with problems():
        appliance = load(name)
        healthy = Gate(appliance).healthy() is None
        found = status.gather(name, appliance.url, appliance.machines, appliance.network, api=healthy)
        if as_json:
            click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        else:
            show.show(found, console)


@main.command("exec", context_settings={"ignore_unknown_options": True})
@named
@click.argument("node")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(name: str, node: str, command: tuple[str, ...]) -> None:
    """Run a command in a node, or in the VM `engine`: exec NODE -- CMD."""
    with problems():
        appliance = load(name)
        if node != ENGINE:
            appliance.machine(node).become(command)
        done = engine_vm.find(appliance.machines).exec(*command)
        sys.stdout.buffer.write(done.stdout)
        sys.stderr.buffer.write(done.stderr)
        sys.exit(done.returncode)


@main.command("console")
@named
@click.argument("node")
def console_(name: str, node: str) -> None:
    """Attach to the console of a node (leave with Ctrl-b d), of `engine` or another VM (leave with Ctrl-])."""
    with problems():
        appliance = load(name)
        if node in {machine.node.name for machine in appliance.machines}:
            appliance.machine(node).leader_or_refuse()
            appliance.terminal.attach(node)
        vm = engine_vm.find_vm(appliance.machines, node)
        vm.machine.become(["virsh", "console", "--force", vm.name])


@main.command()
@named
@click.argument("node")
def kill(name: str, node: str) -> None:
    """Cut the power of a node: it is gone at once."""
    with problems():
        load(name).machine(node).kill()


@main.command()
@named
@click.argument("node")
def start(name: str, node: str) -> None:
    """Switch a node on and wait until it is up."""
    with problems():
        appliance = load(name)
        machine = appliance.machine(node)
        progress = Progress(console)
        with progress.step(f"start {node}"):
            ready = Up(appliance, progress, run).supplies()
            appliance.network.make()
            machine.start(ready.launch, lower=ready.lower, shim=ready.shim)
            machine.wait_ready(120)


@main.command()
@named
@click.argument("node")
def cut(name: str, node: str) -> None:
    """Cut a node off the network; it goes on running."""
    with problems():
        appliance = load(name)
        machine = appliance.machine(node)
        machine.leader_or_refuse()
        appliance.network.cut(machine.node)


@main.command()
@named
@click.argument("node")
def heal(name: str, node: str) -> None:
    """Plug a node that was cut off in again."""
    with problems():
        appliance = load(name)
        machine = appliance.machine(node)
        machine.leader_or_refuse()
        appliance.network.heal(machine.node)


@main.command()
@named
@click.argument("mode", type=click.Choice(["on", "off"]))
def fence(name: str, mode: str) -> None:
    """Have the site cut the power of a lost host by its controller, or not (as it is at first)."""
    with problems():
        appliance = load(name)
        through = next(iter(appliance.running()), appliance.machines[0])
        Controllers(appliance).switch(through, on=mode == "on")
        click.echo(f"Fencing in lab {name} is {mode}")


@main.command(context_settings={"ignore_unknown_options": True})
@named
@click.argument("node")
@click.argument("unit", required=False)
def logs(name: str, node: str, unit: str | None) -> None:
    """The journal of a node or of `engine`, of one unit or of all."""
    with problems():
        appliance = load(name)
        command = ["journalctl", "--no-pager", *(["-u", unit] if unit else [])]
        if node == ENGINE:
            sys.stdout.buffer.write(engine_vm.find(appliance.machines).exec(*command).stdout)
        else:
            appliance.machine(node).become(command)


@main.command()
@named
def env(name: str) -> None:
    """What a client needs to know: eval "$(./trivet lab env)"."""
    with problems():
        for key, value in Gate(load(name)).environment().items():
            click.echo(f"export {key}={value}")


@main.command()
@named
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def collect(name: str, folder: Path) -> None:
    """Copy the logs of all nodes and of the engine into a folder, to look into a failure."""
    with problems():
        collecting.collect(load(name), folder)
        click.echo(f"The logs of lab {name} are in {folder}")


@main.command("list")
def list_() -> None:
    """All labs of this machine."""
    for lab in settings.labs():
        running = len(load(lab.name).running())
        click.echo(f"{lab.name}: {running} nodes run" if running else f"{lab.name}: down")


def load(name: str) -> Appliance:
    lab = Lab(name)
    return Appliance(lab, settings.load(lab), run)


@contextmanager
def problems() -> Iterator[None]:
    """Says a problem in its own words and ends with 1; Ctrl-C ends with 130 and says how to go on."""
    try:
        yield
    except Problem as problem:
        refuse(str(problem), 1)
    except KeyboardInterrupt:
        refuse("Interrupted; the same command goes on from here.", 130)


def refuse(message: str, exit_status: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(exit_status)
