"""The thread of the writer's loop in a worker process."""

import asyncio
import threading

from chatsite.answering.writer.answer_writing_loop import Writer


class WriterThread:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="writer", daemon=True)
        self._thread.start()
        self.writer = asyncio.run_coroutine_threadsafe(self._made(), self._loop).result()

    def stop(self, patience: float) -> None:
        """Drain, then end the thread."""
        asyncio.run_coroutine_threadsafe(self.writer.stop(patience), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @staticmethod
    async def _made() -> Writer:
        return Writer()
