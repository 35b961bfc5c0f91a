"""What others have done in a loop that is not theirs."""

import asyncio
import threading

import pytest

from hosted_engine.engine.loop import Loop


async def where(fail: bool = False) -> int:
    await asyncio.sleep(0)
    if fail:
        raise LookupError("there")
    return threading.get_ident()


async def test_nobody_claimed_it() -> None:
    assert await Loop().run(where()) == threading.get_ident()


async def test_it_is_done_where_it_was_claimed() -> None:
    loop, other = Loop(), asyncio.new_event_loop()
    thread = threading.Thread(target=other.run_forever)
    thread.start()
    other.call_soon_threadsafe(loop.claim)
    assert await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(where(), other)) == thread.ident
    assert await loop.run(where()) == thread.ident
    with pytest.raises(LookupError, match="there"):
        await loop.run(where(fail=True))
    other.call_soon_threadsafe(other.stop)
    thread.join()
    other.close()
