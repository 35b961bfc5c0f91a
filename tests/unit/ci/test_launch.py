from pathlib import Path

from ci.lab.launch import Launch, nspawn
from ci.lab.names import Lab
from ci.lab.settings import choose_port

LAUNCH = Launch(lowers=("/t", "/n"), read_only={"/usr/share/x": "/store/x"}, devices=("/dev/fuse",))


def test_the_machine_sees_its_bricks_images_and_devices_and_no_kvm() -> None:
    command = nspawn(Lab("lab").nodes(1)[0], Path("/root"), LAUNCH)
    assert "--bind=/run/trivet-lab/lab/node1/bricks/data:/gluster/data" in command
    assert "--bind-ro=/store/x:/usr/share/x" in command
    assert "--bind=/dev/fuse" in command
    assert not any("kvm" in word for word in command)


def test_the_default_lab_has_the_port_of_the_readme_and_others_the_next_free_one() -> None:
    assert choose_port(set(), default=True) == 8443
    assert choose_port(set(), default=False) == 8444
    assert choose_port({8444, 8445}, default=False) == 8446
    assert choose_port({8443}, default=True) == 8444
