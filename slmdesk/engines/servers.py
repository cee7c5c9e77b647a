"""The engines in use: those of the settings, and servers on this machine that nobody added."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from slmdesk.config.kept_settings import KeptSettings
from slmdesk.config.secrets import Secrets
from slmdesk.config.servers import ServerAddress
from slmdesk.config.settings import Settings
from slmdesk.engines.assembly import Assembly
from slmdesk.engines.discovery import Found, beyond, discover
from slmdesk.engines.examination import Verdict, examine
from slmdesk.engines.registry import Registry


class Servers:
    """Builds the engines anew when the settings of one have changed, in a worker thread.

    `found` are servers that nobody added: their models are on offer, and the first use keeps them.
    `look` sees which engines answer, what they offer and what is in memory, of all of them or of those
    that models name. `tell` gets a sentence for each engine that cannot be built.
    """

    def __init__(
        self,
        assembly: Assembly,
        registry: Registry,
        kept: KeptSettings,
        secrets: Secrets,
        *,
        look: Callable[[Collection[str]], Awaitable[None]],
        tell: Callable[[str], object],
    ) -> None:
        self.found: tuple[Found, ...] = ()
        self._assembly = assembly
        self._registry = registry
        self._kept = kept
        self._secrets = secrets
        self._look = look
        self._tell = tell
        self._rebuilding = asyncio.Lock()

    async def start(self, model_refs: Collection[str] = ()) -> None:
        """Build the engines and look at each, or at those alone that models name."""
        settings = self._kept.now
        if settings.openai_servers and not model_refs:
            # A keyring that asks for its password must not hold up the engines that need none.
            own = replace(settings, openai_servers=())
            self._registry.replace((await asyncio.to_thread(self._assembly.build, own))[0])
            await asyncio.gather(self._look(()), self.rebuild())
        else:
            await self.rebuild(model_refs)

    async def rebuild(self, model_refs: Collection[str] = ()) -> None:
        """As the settings are now; engines that are gone end."""
        async with self._rebuilding:
            engines, problems = await asyncio.to_thread(self._assembly.build, self._with_found())
            gone = self._registry.replace(engines)
        for problem in (*problems, self._secrets.notice):
            self._tell(problem)
        await asyncio.gather(*(engine.aclose() for engine in gone))
        await self._look(model_refs)

    async def discover(self) -> None:
        """Look for model servers on this machine; what is found is on offer from then on."""
        found_ids = {found.server.id for found in self.found}
        others = [engine for engine in self._registry.engines if engine.id not in found_ids]
        addresses = [engine.address for engine in others if engine.address]
        found = tuple(await discover(addresses, [engine.id for engine in others]))
        if found != self.found:
            self.found = found
            await self.rebuild(tuple(f"{one.server.id}/" for one in found))

    async def keep(self, server: ServerAddress) -> None:
        """Add a server that was found to the settings, as it is; raises DataFolderUnusable."""
        await self._kept.change(lambda now: now.with_server(server))
        # Its engine is there already: nothing is built anew.
        self.found = tuple(one for one in self.found if one.server.id != server.id)

    async def examine(self, server: ServerAddress, key: str) -> Verdict:
        """Test a server with this key, or with the one that is kept for its address."""
        return await examine(server, key or await self.key_of(server.address))

    async def key_of(self, address: str) -> str | None:
        """The key that is kept for this address. A keyring may take its time, or ask for its password."""
        return await asyncio.to_thread(self._secrets.get, address)

    def _with_found(self) -> Settings:
        """The settings as if the user had added what was found and needs no key."""
        settings = self._kept.now
        self.found = beyond(settings.openai_servers, self.found)
        usable = [one.server for one in self.found if not one.needs_key]
        return replace(settings, openai_servers=(*settings.openai_servers, *usable))
