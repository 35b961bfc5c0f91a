"""Every kind of thing that may not be in an image is found, and a clean tree passes."""

from pathlib import Path

import pytest

from images.inspection import findings
from images.tree import clean

SHADOW = "root:*:20000:0:99999:7:::\ndaemon:!*:20000::::::\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for folder in ("etc/apt", "var/lib/apt/lists", "var/cache/apt", "var/tmp", "tmp", "run", "opt"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/shadow").write_text(SHADOW)
    clean(tmp_path)
    return tmp_path


def test_a_cleaned_tree_passes(tree: Path) -> None:
    assert findings(tree, ["mirror.example"]) == []


@pytest.mark.parametrize(
    ("name", "content", "finding"),
    [
        ("etc/machine-id", "787a615e7fb54bb8b532dac9d493d276\n", "etc/machine-id is not empty"),
        ("etc/ssh/ssh_host_rsa_key", "", "etc/ssh/ssh_host_rsa_key is in the image"),
        ("etc/hostname", "builder", "etc/hostname is in the image"),
        ("etc/resolv.conf", "nameserver 192.0.2.1", "etc/resolv.conf is not empty"),
        ("etc/apt/sources.list.d/a.list", "deb http://x", "etc/apt/sources.list.d/a.list is in the image"),
        ("etc/shadow", "root::1::::::\n", "user root needs no password"),
        ("etc/shadow", "root:$y$j9T$abc:1::::::\n", "user root can log in with a password"),
        ("opt/x.pem", "a\n-----BEGIN EC PRIVATE KEY-----\nMHc", "opt/x.pem holds a private key"),
        ("opt/x.txt", "see http://mirror.example/x", "opt/x.txt names the registry mirror.example"),
    ],
)
def test_found(tree: Path, name: str, content: str, finding: str) -> None:
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(content)
    assert findings(tree, ["mirror.example"]) == [finding]


def test_what_a_build_leaves_is_cleaned(tree: Path) -> None:
    left = ("etc/hostname", "etc/machine-id", "etc/resolv.conf", "etc/apt/sources.list", "etc/apt/auth.conf.d/x",
            "etc/apt/apt.conf.d/99mmdebstrap", "var/lib/apt/lists/index", "var/lib/dbus/machine-id")  # fmt: skip
    for name in left:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("something of the builder")
    assert len(findings(tree)) == len(left)
    clean(tree)
    assert findings(tree) == []
