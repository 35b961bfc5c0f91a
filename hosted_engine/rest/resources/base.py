"""Lets a command in for a request, and answers what came of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.tasks.runner import Running
from hosted_engine.rest.call import Answer, Call
from hosted_engine.rest.entities.codec import ref
from hosted_engine.rest.media.wire import Wire


class Resource:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def perform(self, call: Call, command: Command) -> Running:
        """Let the command in; when the caller waits, see it to its end. Raises what the command raises."""
        running = await self.engine.perform(command, call.caller)
        if call.wait and command.is_awaited:
            await running.wait()
        return running

    async def act(self, call: Call, command: Command) -> Answer:
        """Perform, and answer as an action does: with the job to look at."""
        return acted(await self.perform(call, command))


def acted(running: Running, more: Mapping[str, Any] = MappingProxyType({})) -> Answer:
    status = "complete" if running.finished else "pending"
    return Answer({"status": status, "job": ref("jobs", running.job_id), **more})


def added(running: Running, value: Wire) -> Answer:
    """What nobody waits for is there with its begin."""
    return Answer(value, 201 if running.finished or not running.command.is_awaited else 202)
