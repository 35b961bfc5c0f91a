"""What holds for every journal of steps, whatever it is kept in."""

from collections.abc import Callable

from node.steps import Entry, Journal, Mark

PLANNED = Entry(Mark.PLANNED, detail="one\ntwo")
STARTED = Entry(Mark.STARTED, "one")
FAILED = Entry(Mark.FAILED, "one", 'a "quoted"\nreason – with ünïcode')


class JournalContract:
    """Subclasses give the fixture `reopen`: every call opens the same journal anew, as after a crash."""

    def test_a_journal_begins_empty(self, reopen: Callable[[], Journal]) -> None:
        assert list(reopen().entries()) == []

    def test_what_was_written_is_there_in_order(self, reopen: Callable[[], Journal]) -> None:
        journal = reopen()
        for entry in (PLANNED, STARTED, FAILED):
            journal.write(entry)
        assert list(journal.entries()) == [PLANNED, STARTED, FAILED]
        assert list(reopen().entries()) == [PLANNED, STARTED, FAILED]

    def test_writing_goes_on_after_a_crash(self, reopen: Callable[[], Journal]) -> None:
        reopen().write(PLANNED)
        reopen().write(STARTED)
        assert list(reopen().entries()) == [PLANNED, STARTED]
