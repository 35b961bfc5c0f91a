"""Bookmarks through the unmodified SDK."""

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.unit.rest.conftest import Described


def test_a_bookmark_is_added_changed_and_removed(system: services.SystemService, described: Described) -> None:
    bookmarks = system.bookmarks_service()
    bookmark = bookmarks.add(types.Bookmark(name="busy ones", value="Vms: status=up and memory > 4096"))
    assert [(one.id, one.name) for one in bookmarks.list()] == [(bookmark.id, "busy ones")]
    service = bookmarks.bookmark_service(bookmark.id)
    assert service.update(types.Bookmark(value="Vms: status=down")).value == "Vms: status=down"
    assert (service.get().name, service.get().value) == ("busy ones", "Vms: status=down")
    service.remove()
    assert bookmarks.list() == []
    with pytest.raises(sdk.NotFoundError):
        service.get()
    for code, done in ((350, "added"), (352, "changed"), (354, "removed")):
        assert f"Bookmark busy ones was {done} by admin@internal." in described(code)


@pytest.mark.parametrize(
    ("bookmark", "message"),
    [
        (types.Bookmark(name="x"), r"Bookmark \[value\] required for add"),
        (types.Bookmark(value="x"), r"Bookmark \[name\] required for add"),
        (types.Bookmark(name="x" * 41, value="y"), "41 characters and may have 40"),
        (types.Bookmark(name="x", value="y" * 301), "301 characters and may have 300"),
        (types.Bookmark(name="x", value=""), r"bookmark\.value.*may not be empty"),
        (types.Bookmark(name="x", value="y", comment="z"), "bookmark.comment = z is not there yet"),
    ],
)
def test_a_bookmark_that_cannot_be_is_refused_by_name(
    system: services.SystemService, bookmark: types.Bookmark, message: str
) -> None:
    with pytest.raises(sdk.Error, match=message):
        system.bookmarks_service().add(bookmark)
    assert system.bookmarks_service().list() == []


def test_name_and_value_stay_filled_and_a_name_is_had_once(system: services.SystemService) -> None:
    bookmarks = system.bookmarks_service()
    bookmark = bookmarks.add(types.Bookmark(name="one", value="Hosts:"))
    with pytest.raises(sdk.Error, match="another bookmark has it already"):
        bookmarks.add(types.Bookmark(name="one", value="Vms:"))
    with pytest.raises(sdk.Error, match=r"bookmark\.name.*may not be empty"):
        bookmarks.bookmark_service(bookmark.id).update(types.Bookmark(name=""))
    bookmarks.bookmark_service(bookmark.id).remove()
