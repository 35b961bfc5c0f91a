"""What is remembered of a change: private, whole or not at all."""

from pathlib import Path

from netconf.nmstate.record import Phase, Record, Records


def test_it_comes_back_as_it_went(tmp_path: Path) -> None:
    records = Records(tmp_path / "netconf")
    assert records.read() is None
    record = Record("mark", Phase.APPLIED, "7", ("uuid",), ("br0", "eth1"))
    records.write(record)
    assert Records(tmp_path / "netconf").read() == record
    (file,) = (tmp_path / "netconf").iterdir()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_what_nobody_wrote_to_its_end_is_nothing(tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"mark": "m", "phase": "eaten"}'):
        (tmp_path / "nmstate.json").write_text(text)
        assert Records(tmp_path).read() is None
