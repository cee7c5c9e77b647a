"""Wait for a condition that nobody announces."""

import asyncio
from collections.abc import Callable


async def until(is_reached: Callable[[], object], within_s: float = 5.0) -> None:
    """Look again and again until it holds; TimeoutError if it does not in time."""
    async with asyncio.timeout(within_s):
        while not is_reached():  # noqa: ASYNC110 (a condition of somebody else's state has no event)
            await asyncio.sleep(0.001)
