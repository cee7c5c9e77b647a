"""Composition root: builds everything below from the settings and closes it again. No Qt."""

import asyncio
import contextlib
import logging
import shutil
import tempfile
import weakref
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

from slmdesk.base.errors import BadInput, OutOfMemory, StoreError
from slmdesk.base.events import Event
from slmdesk.base.jobs import JobRunner
from slmdesk.base.words import say
from slmdesk.config.instance import InstanceLock
from slmdesk.config.kept_settings import KeptSettings
from slmdesk.config.paths import Paths, begin_passing, default_data_dir
from slmdesk.config.secrets import Secrets
from slmdesk.config.settings import Settings, load_settings
from slmdesk.engines.assembly import Assembly
from slmdesk.engines.base import DEFAULT_CONTEXT_TOKENS, Options
from slmdesk.engines.plain import options_to_plain
from slmdesk.engines.registry import Registry
from slmdesk.engines.servers import Servers
from slmdesk.features.activity.failures import Failures
from slmdesk.features.activity.log import ActivityLog
from slmdesk.features.activity.notices import Notices
from slmdesk.features.activity.watch import ActivityWatch
from slmdesk.features.catalog.catalogue_file import CatalogueFile
from slmdesk.features.catalog.fit import Fit
from slmdesk.features.catalog.keep_alive import KeepAlive
from slmdesk.features.catalog.memory_seen import MemoryLog
from slmdesk.features.catalog.room import Room
from slmdesk.features.catalog.speed_test import SpeedTests
from slmdesk.features.chat.fitting import room_for_prompt
from slmdesk.features.chat.session import ChatSession, SessionChange
from slmdesk.features.compare.batch import Batch
from slmdesk.features.compare.comparison import Comparison
from slmdesk.features.compare.continuation import Continuation
from slmdesk.features.compare.fairness import MachineState
from slmdesk.features.compare.plan import LaneSpec, RunPlan, plan_run
from slmdesk.features.documents.asking import AttachedDocuments
from slmdesk.features.documents.attached import DocumentUnfolding
from slmdesk.features.documents.prompt import without_marks
from slmdesk.features.documents.tokens import estimate_tokens
from slmdesk.features.evaluate.evaluation import Evaluation, Surroundings
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.setup import Setup
from slmdesk.features.monitor.disks import model_folders
from slmdesk.features.monitor.gpus import Gpus, free_video_bytes
from slmdesk.features.monitor.machine_facts import MachineFacts
from slmdesk.features.monitor.probe import Probe
from slmdesk.features.monitor.processes import resident_bytes
from slmdesk.features.monitor.sampler import (
    Sampler,
    free_memory_bytes,
    total_memory_bytes,
    usable_threads,
)
from slmdesk.features.prompts.library import PromptLibrary
from slmdesk.features.prompts.presets import Preset, Presets
from slmdesk.features.pulls.keeper import ModelKeeper
from slmdesk.features.structured.schema import check_schema
from slmdesk.store.answers import Answers
from slmdesk.store.ballots import Ballots
from slmdesk.store.batches import Batches
from slmdesk.store.chats import Chats, ChatSettings
from slmdesk.store.db import Database
from slmdesk.store.erase import erase_all
from slmdesk.store.findings import Findings
from slmdesk.store.folders import Folders
from slmdesk.store.journal import Journal
from slmdesk.store.packs import Packs
from slmdesk.store.runs import Runs
from slmdesk.store.saving import Saving
from slmdesk.store.search import Search
from slmdesk.store.setups import Setups
from slmdesk.store.speeds import writing_speeds

STARTER_MODEL = "builtin/smollm2-135m-instruct"

_CLOSE_WITHIN_S = 2.8  # of the 3 s that the whole program has
_log = logging.getLogger(__name__)


class Services:
    """Everything that panes and commands work with. `open` is quick; `start` reaches the engines.

    `on_error` hears of every job that ended in an error it did not handle. `kept` are the settings as
    they are on the disk. `saving` knows whether all is on the disk: closing the program may lose what
    is not. `forgotten` tells that all chats and runs are gone.
    """

    def __init__(self, paths: Paths, settings: Settings, lock: InstanceLock | None, keeping: Path) -> None:
        self.paths = paths
        self.lock = lock
        self.on_error: Callable[[str, Exception], None] = _log_error
        self.forgotten: Event[None] = Event()
        kept = Paths(keeping)
        self.database = Database.open(kept.database)
        # What is fetched is not forgotten with the chats; without the lock the folder is another program's.
        self._lasting = Database.open(paths.database) if lock and keeping != paths.data_dir else self.database
        self._journal = Journal(kept.journal)
        self.activity = ActivityLog(paths.activity if lock and keeping == paths.data_dir else None)
        self.presets = Presets(paths.presets)
        self.prompts = PromptLibrary(paths.prompts)
        self.chats = Chats(self.database, self._journal)
        self.runs = Runs(self.database, self._journal)
        self.folders = Folders(self.database)
        self.search = Search(self.database, self._journal)
        self.batches = Batches(self.database)
        self.setups = Setups(self.database)
        self.packs = Packs(self.database)
        self.ballots = Ballots(self.database)
        self.answers = Answers(self.database)
        self.findings = Findings(self.database)
        self.jobs = JobRunner(self._on_job_error)
        self.kept = KeptSettings(paths, settings, self.jobs)
        self.settings_changed = self.kept.changed
        self.secrets = Secrets()
        self.registry = Registry()
        self.catalogue = CatalogueFile(paths)
        frees = free_memory_bytes, self._free_video_bytes, total_memory_bytes
        self.room = Room(self.registry, *frees, self.catalogue.shape_of)
        self.memory_seen = MemoryLog(paths.memory_seen, resident_bytes, self.jobs)
        self.room.looked.subscribe(self.memory_seen.note)
        self.speed_tests = SpeedTests(paths.speeds, self.registry, resident_bytes)
        self.sampler = Sampler(self._engine_pids, self._folders)
        self.notices = Notices(self.activity)
        self._failures = Failures(self.activity)
        self._watch = ActivityWatch(self.activity, self.registry, self.room.looked)
        self._gpus = Probe("free-vram", Gpus())
        self.machine = MachineFacts(self._gpus, paths.models, paths.machine)
        self.keep_alive = KeepAlive(paths.keep_alive, self.registry, self.room)
        assembly = Assembly(
            paths.models, self.secrets.get, free_memory_bytes, usable_threads, self.keep_alive.seconds
        )
        look, tell = self.refresh_engines, self.notices.add
        self.servers = Servers(assembly, self.registry, self.kept, self.secrets, look=look, tell=tell)
        self.keeper = ModelKeeper(paths.models, self._lasting, self.registry, self.jobs, self)
        self._sessions: weakref.WeakValueDictionary[str, ChatSession] = weakref.WeakValueDictionary()
        self.saving = Saving(self._journal.refusal, self.database.refusal)
        self.saving.said.subscribe(self.notices.add)
        self.saving.withdrawn.subscribe(self.notices.withdraw)
        self._closing = contextlib.ExitStack()
        self._is_closed = False
        for notice in (*settings.notices, self.database.notice, self.presets.notice, self.prompts.notice):
            self.notices.add(notice)

    @classmethod
    def open(
        cls,
        data_dir: Path | None = None,
        *,
        has_window: bool = True,
        is_kept: bool = True,
        held: InstanceLock | None = None,
        settings: Settings | None = None,
    ) -> "Services":
        """Open the data folder; raises DataFolderUnusable or AlreadyRunning.

        Without `has_window` another instance is not asked to come to the front. Without
        `is_kept` chats and runs live in a folder that is gone afterwards, beside any other
        instance; the settings are the same. `held` is the folder's lock, if the caller took it
        already, and keeps it; `settings` are those that the caller has read there.
        """
        paths = Paths(data_dir or default_data_dir())
        with contextlib.ExitStack() as undo:
            if is_kept:
                paths.create()
                lock = held or InstanceLock(paths, has_window=has_window)
                if held is None:
                    lock.acquire()
                    undo.callback(lock.release)
                settings = settings or load_settings(paths)
                shutil.rmtree(paths.passing, ignore_errors=True)  # a crash may have left it
                keeping = paths.data_dir if settings.is_history_kept else begin_passing(paths, undo)
            else:
                lock, settings = None, settings or load_settings(paths)
                keeping = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="slmdesk-")))
                Paths(keeping).create()
            services = cls(paths, settings, lock, keeping)
            services._closing = undo.pop_all()
        return services

    async def start(self, model_refs: Collection[str] = ()) -> None:
        """Build the engines in a worker thread and look at each, or at those alone that models name."""
        self.saving.follow()
        await self.servers.start(model_refs)

    async def refresh_engines(self, model_refs: Collection[str] = ()) -> None:
        """Look again which engines answer, what they offer, and what is in memory."""
        await asyncio.gather(self.registry.refresh(model_refs), self.room.refresh(model_refs))

    @property
    def settings(self) -> Settings:
        """Those in use."""
        return self.kept.now

    async def update_settings(self, settings: Settings) -> None:
        """Save what differs from those in use, and rebuild the engines of it; raises DataFolderUnusable."""
        before = self.settings
        await self.kept.change(lambda now: now.with_changes(before, settings))
        await self.servers.rebuild()

    def default_model(self) -> str:
        """The model of new chats."""
        return self.settings.default_model or STARTER_MODEL

    def new_chat_settings(self, model_ref: str = "", preset: Preset | None = None) -> ChatSettings:
        """How a new chat with this model, else the default one, begins: by the preset, else the model's."""
        ref = model_ref or self.default_model()
        options = Options(context_tokens=self.settings.default_context_tokens)
        preset = preset or self.presets.default_for(ref)
        if preset is None:
            return ChatSettings(ref, options=options_to_plain(options))
        plain = options_to_plain(preset.applied_to(options))
        return ChatSettings(ref, preset.system_prompt, plain, preset.is_thinking)

    async def forget_everything(self) -> None:
        """Delete all chats, comparisons, evaluations and the log of activity for good.

        Raises BadInput while one of them runs.
        """
        if self.answers.is_awaiting:
            raise BadInput(say("An evaluation is running."), next_step=say("Pause it first."))
        await erase_all(self.database, self._journal)
        self._sessions.clear()
        await asyncio.to_thread(self.activity.clear)
        self.forgotten.emit(None)

    async def session(self, chat_id: str | None = None) -> ChatSession:
        """The chat as it runs, the same object while someone holds it; a new chat without an id."""
        if chat_id is None:
            chat_id = (await self.chats.create(self.new_chat_settings())).id
        if (known := self._sessions.get(chat_id)) is not None:
            return known
        chat, tree = await self.chats.load_tree(chat_id)
        fresh = ChatSession(
            self.chats,
            self.registry,
            chat,
            tree,
            unfolding=DocumentUnfolding(),
            read_schema=lambda text: check_schema(text).schema,
            check_fit=self._before_answer,
        )
        fresh.changed.subscribe(partial(self._on_session_changed, weakref.ref(fresh)))
        if any(message.attachments for message in fresh.messages):
            await asyncio.to_thread(fresh.context_use)  # counts the documents, which can take long
        return self._sessions.setdefault(chat_id, fresh)

    def comparison(self) -> Comparison:
        """An empty comparison, to run or to show a stored run."""
        comparison = Comparison(
            self.runs,
            self.registry,
            check_fit=self._before_answer,
            machine=self._machine_state,
            attaching=AttachedDocuments(self.registry, room_for_prompt),
        )
        self._failures.follow_comparison(comparison)
        return comparison

    def batch(self) -> Batch:
        """An empty list of prompts, to run or to show a stored one."""
        batch = Batch(
            self.batches, self.runs, self.registry, check_fit=self._before_answer, machine=self._machine_state
        )
        self._failures.follow_batch(batch)
        return batch

    def evaluation(self, pack: Pack, setup: Setup) -> Evaluation:
        """Of this pack; its stored answers are there after `use`."""
        speeds = partial(writing_speeds, self.database)
        around = Surroundings(without_marks, estimate_tokens, speeds, self.memory_bytes, self._before_answer)
        return Evaluation(self.answers, self.registry, around, pack, setup)

    async def chat_from(self, continuation: Continuation) -> ChatSession:
        """A new chat that begins with a column of a comparison, its settings and its answers."""
        (chat,) = await self.chats.add([continuation.to_chat()])
        return await self.session(chat.id)

    def memory_bytes(self, model_ref: str, context_tokens: int) -> int | None:
        """What a model takes of this machine with this context, estimated; None if it runs elsewhere."""
        fit = self.room.fit(model_ref, context_tokens)
        return fit.needed_bytes if fit else None

    def fit(self, model_ref: str, context_tokens: int = DEFAULT_CONTEXT_TOKENS) -> Fit | None:
        """Whether a model fits this machine; None for one that runs elsewhere or is not known."""
        return self.room.fit(model_ref, context_tokens)

    def plan(self, specs: Sequence[LaneSpec], *, is_sequential: bool | None = None) -> RunPlan:
        """What of a comparison runs together, by memory or as chosen; raises BadInput."""
        needed = [self.room.needed_bytes(spec.model_ref, spec.options.context_tokens) for spec in specs]
        frees = [self.room.free_for(spec.model_ref) for spec, size in zip(specs, needed, strict=True) if size]
        free_bytes = min((free for free in frees if free is not None), default=self.room.free_bytes)
        return plan_run(specs, needed, free_bytes, is_sequential=is_sequential)

    async def aclose(self) -> None:
        """Jobs, then engines with their children, then the store: all within three seconds."""
        if self._is_closed:
            return
        self._is_closed = True
        self.saving.stop()
        self.kept.close()
        deadline = asyncio.get_running_loop().time() + _CLOSE_WITHIN_S
        await self._by(deadline - 1.4, self.jobs.aclose, "jobs")
        await self._by(deadline - 0.4, self.registry.aclose, "engines")
        await self._by(deadline, self._close_store, "store")
        self._closing.close()

    def _on_session_changed(self, held: "weakref.ref[ChatSession]", change: SessionChange) -> None:
        session = held()
        answer = session.answer if session else None
        if session and answer and change.kind == "answer ended":
            self._failures.note_answer(session.chat.title, session.messages[-1].model_ref, answer)

    def _on_job_error(self, key: str, error: Exception) -> None:
        self.activity.add(
            "error", say("A fault of the program in “{key}”: {name}.", key=key, name=type(error).__name__)
        )
        self.on_error(key, error)

    async def _close_store(self) -> None:
        await asyncio.to_thread(self._journal.close)
        if self._lasting is not self.database:
            await self._lasting.aclose()
        await self.database.aclose()
        if self.database.unsaved_count:
            _log.warning("%d answers found no room in the database", self.database.unsaved_count)

    @staticmethod
    async def _by(deadline: float, work: Callable[[], Awaitable[None]], name: str) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await work()
        except TimeoutError:
            _log.warning("closing the %s took too long", name)

    async def _before_answer(self, model_ref: str, options: Options) -> OutOfMemory | None:
        """A server that was found is kept once it is used: the chat will want it at the next start."""
        engine_id = model_ref.partition("/")[0]
        for one in self.servers.found:
            if one.server.id == engine_id:
                with contextlib.suppress(StoreError):  # the answer itself is worth more
                    await self.servers.keep(one.server)
        return await self.room.check(model_ref, options)

    async def _free_video_bytes(self) -> int:
        return free_video_bytes(self.sampler.latest.gpus or await self._gpus.ask() or ())

    def _machine_state(self) -> MachineState:
        return MachineState(self.sampler.other_cpu_percent)

    def _folders(self) -> Mapping[str, Path]:
        return {
            say("Chats"): self.paths.data_dir,
            say("Models"): self.paths.models,
            **model_folders(self.settings.model_files),
        }

    def _engine_pids(self) -> Mapping[str, Sequence[int]]:
        return {model.name: model.pids for model in self.room.loaded.values() if model.pids}


def _log_error(key: str, error: Exception) -> None:
    _log.error("job %s failed", key, exc_info=error)
