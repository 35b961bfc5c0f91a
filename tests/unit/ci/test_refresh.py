import io
import subprocess
import tarfile
from pathlib import Path

from ci.lab.refresh import pack, packages_of, sum_line
from images.wheels import site_packages


def layer(root: Path, text: str = "x = 1\n") -> Path:
    package = site_packages(root) / "node"
    package.mkdir(parents=True)
    (package / "a.py").write_text(text)
    (package / "a.pyc").write_text(str(root))
    (site_packages(root) / "trivet-0.dist-info").mkdir()
    return root


def total(root: Path) -> str:
    line = sum_line(site_packages(root), packages_of(root))
    return subprocess.run(["sh", "-c", line], check=True, capture_output=True, text=True).stdout


def test_the_sum_is_about_the_code_alone(tmp_path: Path) -> None:
    one, same, other = layer(tmp_path / "1"), layer(tmp_path / "2"), layer(tmp_path / "3", "x = 2\n")
    assert total(one) == total(same)
    assert total(one) != total(other)


def test_a_file_that_is_gone_changes_the_sum(tmp_path: Path) -> None:
    one, two = layer(tmp_path / "1"), layer(tmp_path / "2")
    (site_packages(two) / "node/b.py").write_text("")
    assert total(one) != total(two)


def test_the_pack_holds_the_environment_and_nothing_that_python_makes(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(pack(layer(tmp_path)))) as tar:
        names = tar.getnames()
    assert "opt/trivet/venv/lib/python3.13/site-packages/node/a.py" in names
    assert not [name for name in names if name.endswith(".pyc")]
