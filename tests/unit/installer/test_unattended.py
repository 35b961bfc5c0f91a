from pathlib import Path

from installer.preflight import Severity
from installer.unattended import unattended_findings


def test_nothing_is_said_where_nobody_asked_for_it(tmp_path: Path) -> None:
    assert unattended_findings(tmp_path / "none") == ()


def test_its_last_words_stand_on_the_first_page(tmp_path: Path) -> None:
    said = tmp_path / "said"
    said.write_text("".join(f"line {number}\n" for number in range(20)) + "Error: disk “S1” is not there\n")
    (finding,) = unattended_findings(said)
    assert finding.severity is Severity.WARNING, "an error would keep somebody from installing by hand"
    assert finding.why.endswith("line 19 Error: disk ?S1? is not there")
    assert "line 1 " not in finding.why
