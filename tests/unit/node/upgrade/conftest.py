import os

import pytest


@pytest.fixture(autouse=True)
def no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No cut here is one of real power, and a thousand flushes take a minute."""
    for name in ("fsync", "fdatasync", "posix_fadvise"):
        monkeypatch.setattr(os, name, lambda *_: None)
