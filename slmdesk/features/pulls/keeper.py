"""The models of this machine: pulled, imported, made, copied, deleted, and what is known of one."""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from slmdesk.base.errors import BadInput, EngineError, ModelMissing, StoreError
from slmdesk.base.jobs import JobRunner, uninterrupted
from slmdesk.base.words import say
from slmdesk.config.settings import Settings
from slmdesk.engines.builtin.custom_models import CustomModel, check_custom
from slmdesk.engines.builtin.gguf import read_header
from slmdesk.engines.builtin.model_files import ModelFile, all_parts
from slmdesk.engines.library import FileEngine, Library, ModelDetails, Recipe, file_engine, library_of
from slmdesk.engines.ollama.folder import ollama_models_folder
from slmdesk.engines.registry import Registry
from slmdesk.features.pulls.gguf_pull import GgufPulls
from slmdesk.features.pulls.http_source import HttpSource
from slmdesk.features.pulls.importing import Candidate, copy_in, examine
from slmdesk.features.pulls.modelfile import modelfile, parameter_lines
from slmdesk.features.pulls.pace import SpeedLimit
from slmdesk.features.pulls.part_file import Identity
from slmdesk.features.pulls.pasted import Pasted
from slmdesk.features.pulls.progress import Meter
from slmdesk.features.pulls.puller import BUILTIN, Puller, source_for
from slmdesk.features.pulls.queue import Pull, PullQueue, PullState
from slmdesk.features.pulls.transfer import RemoteFile
from slmdesk.store.db import Database
from slmdesk.store.pulls import Pulls


@dataclass(frozen=True, slots=True)
class Deleted:
    """What is gone: `freed_bytes` None where the engine does not say; `kept` is a file that was not ours."""

    ref: str
    freed_bytes: int | None
    kept: Path | None = None


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """Bytes that a pull needs and that its disk has; None where that is not known from here."""

    needed_bytes: int | None
    free_bytes: int | None

    @property
    def is_enough(self) -> bool:
        """Also where it is not known: then the pull itself says so."""
        return self.needed_bytes is None or self.free_bytes is None or self.needed_bytes < self.free_bytes


class SettingsHolder(Protocol):
    """Has the settings of now, and saves others."""

    @property
    def settings(self) -> Settings: ...

    async def update_settings(self, settings: Settings) -> None: ...


class ModelKeeper:
    """Every change of models goes through here, and the engine is looked at again afterwards."""

    def __init__(
        self,
        models_dir: Path,
        database: Database,
        registry: Registry,
        jobs: JobRunner,
        holder: SettingsHolder,
    ) -> None:
        self._models_dir = models_dir
        self._registry = registry
        self._holder = holder
        limit = SpeedLimit(lambda: holder.settings.pull_limit_kb_s * 1000)
        self._puller = Puller(GgufPulls(models_dir, limit), self._library, free_bytes=self._free_bytes)
        self.queue = PullQueue(Pulls(database), self._puller, jobs, lambda: holder.settings.pulls_at_once)
        self.queue.changed.subscribe(partial(self._look_when_done, jobs))

    async def room_for(self, pasted: Pasted, engine_id: str, known_bytes: int | None = None) -> DiskRoom:
        """What a pull would take; its files are looked up where they lie on the web. Raises SlmdeskError.

        `known_bytes` is what is known already of one that Ollama does.
        """
        source, engine_id = source_for(pasted, engine_id)
        sizes = [file.size_bytes for file in await self._puller.plan(source)]
        if engine_id != BUILTIN:
            return DiskRoom(known_bytes, await asyncio.to_thread(self._free_bytes, engine_id))
        needed = None if None in sizes else sum(size or 0 for size in sizes)
        free = await asyncio.to_thread(shutil.disk_usage, self._models_dir)
        return DiskRoom(needed, free.free)

    async def import_file(self, path: Path, *, is_copied: bool = False, meter: Meter | None = None) -> Path:
        """Offer a GGUF file, where it lies or as a copy of ours: its place. Raises BadInput."""
        found = await asyncio.to_thread(examine, path)
        if is_copied:
            place = await copy_in(found, self._models_dir, meter or Meter())
            await self._registry.refresh((f"{BUILTIN}/",))
        else:
            place = found.parts[0]
            settings = self._holder.settings
            if str(place) not in settings.model_files:
                files = (*settings.model_files, str(place))
                await self._holder.update_settings(replace(settings, model_files=files))
        return place

    @staticmethod
    async def examine(path: Path) -> Candidate:
        """What a file holds, before it is imported; raises BadInput with the reason why it cannot be."""
        return await asyncio.to_thread(examine, path)

    async def make(
        self,
        name: str,
        base_ref: str,
        system: str,
        parameters: dict[str, Any],
        adapter: Path | None = None,
        *,
        kept_adapter: str = "",
        on_status: Callable[[str], None] = lambda _status: None,
    ) -> str:
        """A custom model beside its base, in the place of a custom one of that name; its `engine/model`.

        `kept_adapter` is the digest of one that its server has, where no other `adapter` is given.
        Raises BadInput and EngineError.
        """
        engine, base = self._registry.resolve(base_ref)
        if adapter is not None:
            await asyncio.to_thread(_check_adapter, adapter)
        if files := file_engine(engine):
            await self._make_here(files, CustomModel(name, base, system, parameters, str(adapter or "")))
        else:
            recipe = Recipe(name, base, system, parameters, adapter, kept_adapter)
            await library_of(engine).make(recipe, on_status)
        await self._registry.refresh((f"{engine.id}/",))
        return f"{engine.id}/{name}"

    async def modelfile(self, ref: str) -> str:
        """A custom model, or any model, as a Modelfile."""
        engine, name = self._registry.resolve(ref)
        if (files := file_engine(engine)) is None:
            return (await library_of(engine).details(name)).modelfile
        file = await files.model_file(name)
        custom = await self._custom(files, name)
        if custom is None:
            return modelfile(str(file.path))
        return modelfile(str(file.path), custom.system, custom.parameters, custom.adapter)

    async def details(self, ref: str) -> ModelDetails:
        """Licence, template, system prompt and settings as plain text; raises EngineError."""
        engine, name = self._registry.resolve(ref)
        if (files := file_engine(engine)) is None:
            return await library_of(engine).details(name)
        file = await files.model_file(name)
        custom = await self._custom(files, name)
        header = file.header
        return ModelDetails(
            license=(header.license if header else None) or "",
            template=(header.chat_template if header else None) or "",
            system=custom.system if custom else "",
            parameters="\n".join(parameter_lines(custom.parameters)) if custom else "",
            modelfile=await self.modelfile(ref),
            base=custom.base if custom else "",
        )

    async def copy(self, ref: str, new_name: str) -> str:
        """The same under another name; of the built-in engine custom models alone. Raises BadInput."""
        engine, name = self._registry.resolve(ref)
        if files := file_engine(engine):
            custom = await self._custom(files, name)
            await self._make_here(files, replace(custom or CustomModel(new_name, name), name=new_name))
        else:
            await library_of(engine).copy(name, new_name)
        await self._registry.refresh((f"{engine.id}/",))
        return f"{engine.id}/{new_name}"

    async def delete(self, ref: str) -> Deleted:
        """Delete a model; a file of the user's own is only taken off the list. Raises SlmdeskError."""
        engine, name = self._registry.resolve(ref)
        info = self._registry.info(ref)
        if files := file_engine(engine):
            gone = await self._delete_here(files, name)
        else:
            await library_of(engine).delete(name)
            gone = Deleted(f"{engine.id}/{name}", info.size_bytes if info and not info.base else None)
        await self._registry.refresh((f"{engine.id}/",))
        return gone

    async def freed_by(self, ref: str) -> Deleted:
        """What `delete` would free and what it would leave; raises SlmdeskError where it would refuse."""
        engine, name = self._registry.resolve(ref)
        info = self._registry.info(ref)
        if (files := file_engine(engine)) is None:
            return Deleted(ref, info.size_bytes if info and not info.base else None)
        if await self._custom(files, name) is not None:
            return Deleted(ref, 0)
        file = await self._file(files, name)
        if file.path.parent != self._models_dir:
            await self._listed_as(file)
            return Deleted(ref, 0, kept=file.path)
        parts = all_parts(file.path)
        return Deleted(ref, await asyncio.to_thread(lambda: sum(_size(part) for part in parts)))

    async def has_update(self, ref: str) -> bool | None:
        """Whether the source has other bytes now than were fetched; None where that cannot be known."""
        engine, name = self._registry.resolve(ref)
        if (files := file_engine(engine)) is None:
            return None
        path = (await files.model_file(name)).path
        record = next((pull for pull in self._records() if pull.files[0].name == path.name), None)
        if record is None or path.parent != self._models_dir:
            return None
        source = HttpSource()
        try:
            seen = [await source.look(file.address) for file in record.files]
        except (EngineError, BadInput):
            return None
        finally:
            await source.aclose()
        return _has_changed(list(zip(record.files, seen, strict=True)))

    async def ref_of(self, path: Path) -> str:
        """The `engine/model` under which the built-in engine offers this file; raises ModelMissing."""
        if (ref := await self._known_as(path)) is None:
            await self._registry.refresh((f"{BUILTIN}/",))  # it may be there since a moment
            ref = await self._known_as(path)
        if ref is None:
            raise ModelMissing(say("The built-in engine does not offer {name}.", name=path.name))
        return ref

    async def ref_of_pull(self, pull: Pull) -> str:
        """The `engine/model` of a pull that is done."""
        if pull.pulled:
            return await self.ref_of(pull.pulled[0].path)
        return f"{pull.engine_id}/{pull.name}"

    async def _known_as(self, path: Path) -> str | None:
        engine = next((one for one in self._registry.engines if one.id == BUILTIN), None)
        if engine is None or (files := file_engine(engine)) is None:
            return None
        whole = await asyncio.to_thread(path.resolve)
        for model in self._registry.models():
            if model.engine_id == BUILTIN and not model.base:
                with contextlib.suppress(ModelMissing):
                    file = await files.model_file(model.name)
                    if await asyncio.to_thread(file.path.resolve) == whole:
                        return model.ref
        return None

    async def _make_here(self, files: FileEngine, custom: CustomModel) -> None:
        check_custom(custom)
        base = await files.model_file(custom.base)
        if base.base:
            nested = say("“{base}” is a custom model itself.", base=custom.base)
            raise BadInput(nested, next_step=say("Use its base, {base}.", base=base.base))
        with contextlib.suppress(ModelMissing):
            if not (await files.model_file(custom.name)).base:
                raise BadInput(
                    say("There is a model “{name}” already.", name=custom.name),
                    next_step=say("Choose another name."),
                )
        await uninterrupted(partial(asyncio.to_thread, files.custom_models.save, custom))
        await files.unload(custom.name)  # what is in memory may have another adapter

    async def _delete_here(self, files: FileEngine, name: str) -> Deleted:
        ref = f"{BUILTIN}/{name}"
        custom = await self._custom(files, name)
        if custom is not None:
            await asyncio.to_thread(files.custom_models.delete, name)
            return Deleted(ref, 0)
        file = await self._file(files, name)
        await files.unload(name)
        if file.path.parent == self._models_dir:
            freed = await uninterrupted(partial(asyncio.to_thread, _unlink_all, all_parts(file.path)))
            await self._forget_record(file.path.name)
            return Deleted(ref, freed)
        own = await self._listed_as(file)
        others = tuple(one for one in self._holder.settings.model_files if one not in own)
        await self._holder.update_settings(replace(self._holder.settings, model_files=others))
        return Deleted(ref, 0, kept=file.path)

    async def _custom(self, files: FileEngine, name: str) -> CustomModel | None:
        """The custom model of this name, unless a file is on offer under it."""
        info = self._registry.info(f"{BUILTIN}/{name}")
        if info is not None and not info.base:
            return None
        return await asyncio.to_thread(files.custom_models.get, name)

    async def _listed_as(self, file: ModelFile) -> set[str]:
        """How the settings may name a file of the user's own; raises BadInput for the starter."""
        own = {str(await asyncio.to_thread(file.path.resolve)), str(file.path)}
        if not own & set(self._holder.settings.model_files):
            raise BadInput(say("The starter model belongs to the program and stays."))
        return own

    async def _file(self, files: FileEngine, name: str) -> ModelFile:
        try:
            return await files.model_file(name)
        except ModelMissing:
            damaged = [Path(one) for one in self._holder.settings.model_files if Path(one).stem == name]
            if not damaged:  # a damaged file of ours is still a file that can be deleted
                damaged = [path for path in (self._models_dir / f"{name}.gguf",) if path.is_file()]
            if not damaged:
                raise
            return ModelFile(name, damaged[0])

    async def _forget_record(self, file_name: str) -> None:
        for pull in self._records():
            if pull.files[0].name == file_name:
                await self.queue.forget(pull.id)

    def _records(self) -> list[Pull]:
        return [pull for pull in self.queue.pulls if pull.state == PullState.DONE and pull.files]

    def _library(self, engine_id: str) -> Library:
        for engine in self._registry.engines:
            if engine.id == engine_id:
                return library_of(engine)
        raise ModelMissing(
            say("There is no engine “{engine_id}”.", engine_id=engine_id),
            next_step=say("Choose one that is in Settings."),
        )

    def _free_bytes(self, engine_id: str) -> int | None:
        is_here = any(engine.id == engine_id and engine.is_local for engine in self._registry.engines)
        with contextlib.suppress(OSError):
            return shutil.disk_usage(ollama_models_folder()).free if is_here else None
        return None  # its folder is elsewhere, and it says so itself when there is no room

    def _look_when_done(self, jobs: JobRunner, pull: Pull) -> None:
        """What was pulled is on offer at once."""
        key = f"look at {pull.engine_id}"
        if pull.state == PullState.DONE and not jobs.is_running(key):
            jobs.start(key, partial(self._registry.refresh, (f"{pull.engine_id}/",)))


def _check_adapter(path: Path) -> None:
    try:
        header = read_header(path)
    except (OSError, ValueError) as error:
        raise BadInput(
            say("{name} is no adapter that can be used: {error}.", name=path.name, error=error)
        ) from error
    if not header.is_adapter:
        raise BadInput(say("{name} is a whole model, not an adapter.", name=path.name))


def _has_changed(pairs: Sequence[tuple[RemoteFile, Identity]]) -> bool | None:
    """What was fetched beside what is there now; None while a file may be either."""
    answers = [_differs(before, now) for before, now in pairs]
    return True if True in answers else None if None in answers else False


def _differs(before: RemoteFile, now: Identity) -> bool | None:
    if now.sha256:
        return now.sha256 != before.sha256
    if now.size_bytes is not None and now.size_bytes != before.size_bytes:
        return True
    return now.validator != before.validator if now.validator and before.validator else None


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def _unlink_all(paths: list[Path]) -> int:
    freed = 0
    for path in paths:
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StoreError(
                say("{path} could not be deleted ({reason}).", path=path, reason=error.strerror)
            ) from error
        freed += size
    return freed
