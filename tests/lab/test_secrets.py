"""What is secret on a lab stands in no log, on no command line, and in no file that anybody may read: looked for
while a VM runs whose screen has a ticket and an image is open to a client, and after a wrong password."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from ci.lab import engine_vm
from ci.lab.machine import Machine
from hosted_engine.deploy.folder import DEFAULT_FOLDER
from tests.conformance.outside import until
from tests.conformance.test_sdk import STATUS_DOWN, STATUS_UP, UP_WITHIN_S, connect, discard, new_vm
from tests.lab.engine_faults import in_engine
from tests.lab.under_test import LabUnderTest

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

MIB = 1 << 20
WORK_WITHIN_S, SEARCH_S = 180, 600
NODE_KEY, ENGINE_STATE = "/var/lib/trivet/node/key.pem", "/var/lib/trivet-engine"
# Each prints where one of the words of the file $1 stands, and never the words.
SEARCHES = {
    "logs": """journalctl --no-pager -o short | grep -F -f "$1" | cut -d' ' -f1-5 | sort | uniq -c
               grep -rlF -f "$1" /var/log --exclude-dir=journal || true""",
    "command lines": 'grep -lF -f "$1" /proc/[0-9]*/cmdline 2>/dev/null || true',
    "files for everybody": """nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
        for folder in /etc /var /run /tmp /root /home /dev/shm /gluster; do
            $nobody grep -rlF --devices=skip -f - $folder <"$1" 2>/dev/null || true
        done""",
}
Shell = Callable[[str, str], str]


@pytest.fixture
def system(lab: LabUnderTest) -> Iterator[sdk.services.SystemService]:
    with connect(lab) as connection:
        yield connection.system_service()


def test_no_secret_is_where_others_look(lab: LabUnderTest, system: sdk.services.SystemService) -> None:
    secrets = of_site(lab)
    service = system.vms_service().vm_service(system.vms_service().add(new_vm(f"test-{uuid.uuid4().hex[:8]}")).id)
    vm_id = service.get().id
    try:
        until("the VM is made", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=WORK_WITHIN_S)
        service.start()
        until("the VM is up", lambda: bool(service.get().status == STATUS_UP), timeout_s=UP_WITHIN_S)
        secrets["ticket of a screen"] = service.ticket().value
        transfer = opened(system)
        secrets["ticket of an image"] = transfer.get().transfer_url.rpartition("/")[2]
        for password in ("guessed-password-7", lab.password):
            with connect(lab, password) as connection:
                connection.test()
        secrets["a password that was tried"] = "guessed-password-7"
        assert min(map(len, secrets.values())) >= 8, "too short to be looked for"
        places = [(where, what, shell) for where, shell in shells(lab) for what in SEARCHES]
        found = {(where, what): search(shell, SEARCHES[what], secrets) for where, what, shell in places}
        transfer.cancel()
    finally:
        discard(system, vm_id)
    assert {place: lines for place, lines in found.items() if lines} == {}


def test_a_secret_in_the_wrong_place_would_be_found(lab: LabUnderTest) -> None:
    """What looks for them finds a word in each of these places."""
    word, node = f"word-{uuid.uuid4().hex}", lab.nodes[0]
    unit, file = f"looked-for-{uuid.uuid4().hex[:8]}", f"/run/{word[:12]}"
    script = f"echo {word}; echo {word} >{file}; sleep 600"
    lab.exec(node, "systemd-run", "--quiet", f"--unit={unit}", "sh", "-c", script)
    shell = node_shell(lab.node(node))

    def missing() -> list[str]:
        return [what for what, script in SEARCHES.items() if not search(shell, script, {"word": word})]

    try:
        until("it is found everywhere", lambda: missing() == [], timeout_s=120)
    finally:
        lab.exec(node, "systemctl", "stop", unit)
        lab.exec(node, "rm", file)


def of_site(lab: LabUnderTest) -> dict[str, str]:
    first = lab.nodes[0]
    secrets = {
        "the administrator's password": lab.password.strip(),
        "recovery code": lab.exec(first, "cat", str(DEFAULT_FOLDER / "recovery-code")).strip(),
        "key of secrets at rest": in_engine(lab, "cat", f"{ENGINE_STATE}/secret-keys").strip(),
        "key of the authority": body(in_engine(lab, "cat", f"{ENGINE_STATE}/ca.key")),
        "key of the engine": body(in_engine(lab, "cat", f"{ENGINE_STATE}/engine.key")),
        "key of the deploy": body(lab.exec(first, "cat", str(DEFAULT_FOLDER / "deploy.key"))),
        "join code": re.findall("code: (.*)", in_engine(lab, "trivet-join-codes", "add"))[0],
    }
    return secrets | {f"key of {name}": body(lab.exec(name, "cat", NODE_KEY)) for name in lab.nodes}


def body(pem: str) -> str:
    """A line of it that nothing else has."""
    return pem.splitlines()[2]


def opened(system: sdk.services.SystemService) -> sdk.services.ImageTransferService:
    """An upload to a new disk, which goes with its cancellation."""
    disk = types.Disk(
        name=f"test-{uuid.uuid4().hex[:8]}",
        provisioned_size=MIB,
        format=types.DiskFormat.RAW,
        sparse=True,
        storage_domains=[types.StorageDomain(name="data")],
    )
    service = system.disks_service().disk_service(system.disks_service().add(disk).id)
    until("the disk is made", lambda: bool(service.get().status == types.DiskStatus.OK), timeout_s=WORK_WITHIN_S)
    wanted = types.ImageTransfer(disk=types.Disk(id=service.get().id), direction=types.ImageTransferDirection.UPLOAD)
    transfers = system.image_transfers_service()
    transfer = transfers.image_transfer_service(transfers.add(wanted).id)
    phase = types.ImageTransferPhase.TRANSFERRING
    until("the image is open", lambda: bool(transfer.get().phase == phase), timeout_s=WORK_WITHIN_S)
    return transfer


def shells(lab: LabUnderTest) -> list[tuple[str, Shell]]:
    nodes = [(name, node_shell(lab.node(name))) for name in lab.nodes]
    return [*nodes, ("engine", engine_shell(engine_vm.find(lab.appliance.machines)))]


def node_shell(machine: Machine) -> Shell:
    return lambda script, text: machine.exec("sh", "-c", script, stdin=text, timeout_s=SEARCH_S).stdout


def engine_shell(vm: engine_vm.GuestVm) -> Shell:
    def run(script: str, text: str) -> str:
        done = vm.exec("/usr/bin/sh", "-c", script, stdin=text.encode(), timeout_s=SEARCH_S)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    return run


def search(shell: Shell, script: str, secrets: Mapping[str, str]) -> list[str]:
    """Where one of them stands. They come in by standard input, into a file that root alone reads."""
    words = "\n".join(secrets.values()) + "\n"
    kept = f"""set -e
umask 077; words=$(mktemp -p /run); trap 'rm "$words"' EXIT; cat >"$words"
set -- "$words"
{script}
"""
    return shell(kept, words).splitlines()
