import json
from pathlib import Path

from images.sbom import sbom

STATUS = """Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.41-12

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: ovmf
Status: install ok installed
Architecture: all
Version: 1:2025.02-8+deb13u1
"""


def tree(root: Path) -> Path:
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text(STATUS)
    info = root / "opt/trivet/venv/lib/python3.13/site-packages/Some_Thing-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Some_Thing\nVersion: 1.2\n")
    return root


def test_lists_installed_packages_and_distributions(tmp_path: Path) -> None:
    document = json.loads(sbom(tree(tmp_path), "0.1.0.202611301110", 1_796_000_000))
    assert document["metadata"]["component"]["version"] == "0.1.0.202611301110"
    assert [one["purl"] for one in document["components"]] == [
        "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=trixie",
        "pkg:deb/debian/ovmf@1%3A2025.02-8%2Bdeb13u1?arch=all&distro=trixie",
        "pkg:pypi/some-thing@1.2",
    ]


def test_is_the_same_for_the_same_tree(tmp_path: Path) -> None:
    root = tree(tmp_path)
    assert sbom(root, "1", 0) == sbom(root, "1", 0)
