from pathlib import Path

from ci.lab.host import raise_limit


def test_a_low_limit_is_raised_and_a_high_one_stays(tmp_path: Path) -> None:
    file = tmp_path / "limit"
    file.write_text("128\n")
    assert raise_limit(file)
    assert file.read_text() == "1024\n"
    file.write_text("8192\n")
    assert not raise_limit(file)
    assert file.read_text() == "8192\n"
