"""The lock of the images' Python packages: what is required has to be in it, and nobody lands a dependency without."""

from pathlib import Path

import pytest

from images import lock, wheels

TEXT = "# head\nfalcon==4.4.0 --hash=sha256:00\nmsgspec==0.23.0 --hash=sha256:11\n"


def test_the_lock_has_what_the_images_need() -> None:
    lock.check(lock.LOCK.read_text(), wheels.requirements())


def test_no_host_stands_in_it() -> None:
    assert "://" not in lock.LOCK.read_text()


@pytest.mark.parametrize(
    ("requirement", "message"),
    [("falcon>=5", r"4\.4\.0 of falcon where falcon>=5"), ("ldap3", "no ldap3 where ldap3 is asked for")],
)
def test_a_stale_lock_is_refused_by_name(requirement: str, message: str) -> None:
    lock.check(TEXT, ["Falcon>=4.0", "msgspec"])
    with pytest.raises(lock.StaleLock, match=message):
        lock.check(TEXT, ["falcon", requirement])


def test_wheels_are_written_down_with_their_sums_in_one_order(tmp_path: Path) -> None:
    for name in ("msgspec-0.23.0-cp313-cp313-manylinux2014_x86_64.whl", "dbus_fast-5.2.0-py3-none-any.whl"):
        (tmp_path / name).write_bytes(name.encode())
    text = lock.text_of(tmp_path.glob("*.whl"))
    assert lock.versions(text) == {"dbus-fast": "5.2.0", "msgspec": "0.23.0"}
    assert text == lock.text_of(sorted(tmp_path.glob("*.whl")))


def test_what_changed_is_said() -> None:
    after = TEXT.replace("4.4.0", "4.5.0") + "ldap3==2.9 --hash=sha256:22\n"
    assert lock.changes(TEXT, after) == ["falcon: 4.4.0 -> 4.5.0", "ldap3: new -> 2.9"]
