"""The layer is what an installation of the wheel is: its packages, its commands; and units are enabled as they ask."""

import sys
from pathlib import Path

from images import layer
from node.system import process


def test_the_wheel_is_installed_without_pip(tmp_path: Path) -> None:
    sealed: list[tuple[str, ...]] = []

    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        if sys.executable in argv:
            return process.run(*argv[argv.index(sys.executable) :], timeout_s=timeout_s)
        sealed.append(argv)
        return ""

    root = tmp_path / "root"
    root.mkdir()
    layer.install(tmp_path / "tree", root, run)

    packages = layer.site_packages(root)
    there = {str(path.relative_to(packages)) for path in packages.rglob("*")}
    assert {
        "hosted_engine/rest/schema.json",
        "node/agent.py",
        "node/trivet-node.service",
        "node/trivet-fallback.timer",
    } <= there
    assert not {name for name in there if name.startswith("images") or name.endswith(("README.md", "RECORD"))}
    command = root / "opt/trivet/venv/bin/trivet-node"
    assert command.stat().st_mode & 0o111
    assert command.read_text().startswith("#!/opt/trivet/venv/bin/python\n")
    assert command.read_text().endswith("from node.agent import main\n\nsys.exit(main())\n")
    (compiled,) = sealed  # by the images' Python, told where the files will lie
    assert compiled[-5:] == ("-s", "/tmp/layer", "-p", "/", "/tmp/layer/opt/trivet/venv/lib")
    assert [path.name for path in tmp_path.iterdir()] == ["root"]


def test_a_unit_is_enabled_as_its_install_section_says(tmp_path: Path) -> None:
    unit = tmp_path / "trivet-node.service"
    unit.write_text("[Service]\nExecStart=x\n[Install]\nWantedBy=multi-user.target\nRequiredBy=a.target b.target\n")
    root = tmp_path / "root"
    layer.enable_unit(root, unit)
    assert (root / "usr/lib/systemd/system/trivet-node.service").read_text() == unit.read_text()
    enabled = {str(path.relative_to(root / "etc/systemd/system")) for path in root.rglob("*") if path.is_symlink()}
    wanted = {f"{target}/trivet-node.service" for target in
              ("multi-user.target.wants", "a.target.requires", "b.target.requires")}  # fmt: skip
    assert enabled == wanted
