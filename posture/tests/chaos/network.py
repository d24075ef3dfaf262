"""The network between agents and server: a proxy that loses, doubles, delays and reorders whole requests."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from threading import Event, Thread
from typing import Any

# What happens to a request, and how often in a thousand. What is left passes.
FATES = {
    "refused": 15,  # the connection ends at once
    "cut": 15,  # half of the request arrives
    "answer_lost": 25,  # the request arrives, its answer does not
    "doubled": 25,  # it arrives twice
    "delayed": 40,  # others overtake it
    "overtaken": 20,  # the sender gives it up; it arrives seconds later
    "replayed": 15,  # it arrives once more seconds later, word for word
    "dripping": 10,  # the answer comes byte by byte
}
LONGEST = 64 * 1024 * 1024
PATIENCE = 30.0


class Network:
    """A proxy on loopback in a thread of its own. ``cut`` closes it for everybody; ``calm`` lets everything pass."""

    def __init__(self, target: int, seed: int) -> None:
        self.target = target
        self.chance = random.Random(seed)  # noqa: S311 - mischief, not a secret
        self.fates: Counter[str] = Counter()
        self.is_cut = False
        self.is_calm = False
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = Event()
        self._late: set[asyncio.Task[None]] = set()
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait(PATIENCE)

    def stop(self) -> None:
        """Drop what is on its way and end."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)

    def settle(self) -> None:
        """Wait until every late request has arrived."""
        asyncio.run_coroutine_threadsafe(self._settled(), self._loop).result(PATIENCE * 4)

    async def _settled(self) -> None:
        while self._late:
            await asyncio.gather(*self._late, return_exceptions=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()

    def _fate(self) -> str:
        if self.is_calm:
            return "passed"
        draw = self.chance.randrange(1000)
        for fate, share in FATES.items():
            if draw < share:
                return fate
            draw -= share
        return "passed"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not self.is_cut:
                request = await read_message(reader)
                if not request:
                    return
                fate = self._fate()
                self.fates[fate] += 1
                if not await self._meet(fate, request, writer):
                    return
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            return
        finally:
            # The other side may be gone long since.
            with contextlib.suppress(OSError):
                writer.close()

    async def _meet(self, fate: str, request: bytes, writer: asyncio.StreamWriter) -> bool:
        """Let a request meet its fate; whether the connection goes on."""
        if fate == "refused":
            return False
        if fate == "cut":
            await self._forward(request[: len(request) // 2], answered=False)
            return False
        if fate == "overtaken":
            self._later(lambda: self._forward(request), 1, 6)
            return False
        if fate == "delayed":
            await asyncio.sleep(self.chance.uniform(0.1, 2))
        if fate == "replayed":
            self._later(lambda: self._forward(request), 1, 12)
        answer = await self._forward(request)
        if fate == "doubled":
            answer = await self._forward(request) or answer
        if fate == "answer_lost" or not answer or self.is_cut:
            return False
        await drip(writer, answer) if fate == "dripping" else writer.write(answer)
        await writer.drain()
        return True

    def _later(self, act: Callable[[], Coroutine[Any, Any, bytes]], shortest: float, longest: float) -> None:
        async def wait_and_act() -> None:
            await asyncio.sleep(self.chance.uniform(shortest, longest))
            # The server may be down just then: that request is lost, as it may be.
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
                await act()

        task = self._loop.create_task(wait_and_act())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _forward(self, request: bytes, *, answered: bool = True) -> bytes:
        """The server's answer; nothing where it is away."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            return b""
        try:
            writer.write(closing(request) if answered else request)
            await writer.drain()
            return await asyncio.wait_for(reader.read(-1), PATIENCE) if answered else b""
        except (TimeoutError, OSError):
            return b""
        finally:
            writer.close()


def closing(request: bytes) -> bytes:
    """The request, after whose answer the server is to end the connection: so the answer's end is seen."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close", b"", body])


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """One request with its body as Content-Length says; empty at the end of the stream."""
    try:
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.split(b"\r\n"):
                name, _, value = line.partition(b":")
                if name.strip().lower() == b"content-length":
                    length = min(int(value), LONGEST)
            return head + await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return b""


async def drip(writer: asyncio.StreamWriter, answer: bytes) -> None:
    """Send an answer in small pieces."""
    piece = max(1, len(answer) // 20)
    for start in range(0, len(answer), piece):
        writer.write(answer[start : start + piece])
        await writer.drain()
        await asyncio.sleep(0.02)
