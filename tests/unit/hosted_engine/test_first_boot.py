"""The engine VM becomes what its seed disk says, once; cut off anywhere, it does so at the next boot."""

import os
import subprocess
from ipaddress import IPv4Address
from pathlib import Path

import msgspec
import pytest

import hosted_engine
from hosted_engine import site as seed
from hosted_engine.deploy.answers import parse
from hosted_engine.deploy.desired_state import system_files
from tests.unit.deploy.test_answers import three

SCRIPT = Path(hosted_engine.__file__).with_name("first_boot.sh")
STATE = Path("var/lib/trivet-engine")
SECRETS = {
    seed.SITE_FILE: "{}",
    seed.AUTHORITY_CERTIFICATE_FILE: "a",
    seed.AUTHORITY_KEY_FILE: "b",
    seed.ENGINE_CERTIFICATE_FILE: "c",
    seed.ENGINE_KEY_FILE: "d",
}
MOUNT = """#!/bin/sh
for last; do :; done
case "$*" in *LABEL=TRIVETSEED*) command -p cp -R "$SEED/." "$last" ;; *) exit 1 ;; esac
"""


class Vm:
    """A root folder, and a seed that is mounted by copying."""

    def __init__(self, path: Path) -> None:
        self.root, self.seed, self._bin = path / "root", path / "seed", path / "bin"
        for folder in (self.root / "etc/systemd/network", self.seed, self._bin):
            folder.mkdir(parents=True)
        system = {f"{seed.SYSTEM_FOLDER}/{name}": text for name, text in system_files(parse(three())).items()}
        for name, text in (SECRETS | system).items():
            file = self.seed / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.parent.chmod(0o700)
            file.write_text(text)
        self.command("mount", MOUNT)
        for name in ("umount", "sync", "sleep"):
            self.command(name, "#!/bin/sh\n")
        self.command("id", "#!/bin/sh\nexit 1\n")

    def command(self, name: str, script: str) -> None:
        file = self._bin / name
        file.write_text(script)
        file.chmod(0o755)

    def boot(self) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PATH": f"{self._bin}:{os.environ['PATH']}", "SEED": str(self.seed)}
        command = ["/bin/sh", str(SCRIPT), str(self.root)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def vm(tmp_path: Path) -> Vm:
    return Vm(tmp_path)


def test_the_vm_gets_its_keys_for_itself_alone(vm: Vm) -> None:
    assert vm.boot().returncode == 0
    state = vm.root / STATE
    assert {path.name: path.read_text() for path in state.iterdir()} == SECRETS
    assert all(path.stat().st_mode & 0o077 == 0 for path in [state, *state.iterdir()])


def test_the_vm_gets_its_name_and_network_and_folders_keep_their_modes(vm: Vm) -> None:
    vm.boot()
    assert (vm.root / "etc/hostname").read_text() == "engine.lab.test\n"
    assert "192.0.2.11 node1\n" in (vm.root / "etc/hosts").read_text()
    assert "Address=192.0.2.10/24\n" in (vm.root / "etc/systemd/network/10-management.network").read_text()
    assert (vm.root / "etc").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("dies", ["cp", "chmod", "sync"])
def test_a_boot_that_was_cut_off_leaves_no_site_and_is_done_again(vm: Vm, dies: str) -> None:
    vm.command(dies, "#!/bin/sh\nexit 1\n")
    ended = vm.boot()
    assert ended.returncode != 0
    assert "TRIVETSEED" not in ended.stderr, "it died later than at the mount"
    assert not (vm.root / STATE / seed.SITE_FILE).exists()
    (vm._bin / dies).unlink()
    assert vm.boot().returncode == 0
    assert (vm.root / STATE / seed.SITE_FILE).exists()


def test_without_a_seed_it_says_what_it_lacks(vm: Vm) -> None:
    vm.command("mount", "#!/bin/sh\nexit 32\n")
    ended = vm.boot()
    assert ended.returncode == 1
    assert "TRIVETSEED" in ended.stderr


def test_gateway_and_name_servers_are_set_where_there_are_some() -> None:
    answers = msgspec.structs.replace(
        parse(three()), gateway=IPv4Address("192.0.2.1"), dns=(IPv4Address("192.0.2.53"),)
    )
    files = system_files(answers)
    assert "Gateway=192.0.2.1\n" in files["etc/systemd/network/10-management.network"]
    assert files["etc/resolv.conf"] == "nameserver 192.0.2.53\n"
