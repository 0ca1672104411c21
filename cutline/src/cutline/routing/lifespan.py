"""The lifespan of two applications that are served as one."""

from __future__ import annotations

import asyncio

from cutline.routing.protocol import App, Message, Receive, Scope, Send


class _One:
    """The lifespan of one application: it is told a message and answers with one, or never."""

    def __init__(self, app: App, scope: Scope) -> None:
        self._to: asyncio.Queue[Message] = asyncio.Queue()
        self._from: asyncio.Queue[Message] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(app, scope))

    async def _run(self, app: App, scope: Scope) -> None:
        await app(scope, self._to.get, self._from.put)

    async def tell(self, phase: str) -> Message:
        """Say `startup` or `shutdown` and return what the application answers.

        An application that knows no lifespan raises or returns at startup; that counts as done, as
        servers do it.
        """
        if self._task.done():
            return {"type": f"lifespan.{phase}.complete"}
        await self._to.put({"type": f"lifespan.{phase}"})
        answer = asyncio.create_task(self._from.get())
        await asyncio.wait({answer, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done() or not self._from.empty():
            return await answer
        answer.cancel()
        return {"type": f"lifespan.{phase}.complete"}

    async def end(self) -> None:
        """Wait until the application has left its lifespan."""
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.exception()


async def lifespan_of_both(
    apps: tuple[App, App], scope: Scope, receive: Receive, send: Send
) -> None:
    """Start both applications, v1 first, and stop both; one that fails to start fails the pair."""
    both = [_One(app, {**scope}) for app in apps]
    await receive()
    failed = await _tell_all(both, "startup")
    if failed is None:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    stopped = await _tell_all(both, "shutdown")
    for one in both:
        await one.end()
    await send(
        failed or stopped or {"type": "lifespan.shutdown.complete"}
    )  # servers leave after it


async def _tell_all(both: list[_One], phase: str) -> Message | None:
    """Tell each in turn, and return the first failure."""
    answers = [await one.tell(phase) for one in both]
    return next((answer for answer in answers if answer["type"].endswith(".failed")), None)
