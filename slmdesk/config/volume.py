"""The disk that a folder is on, as far as the data's safety depends on it."""

from dataclasses import dataclass
from pathlib import Path

# Without what keeps a database whole: no journal, no rename in one step, no rights.
_FAT = frozenset({"vfat", "msdos", "fat", "fat32", "exfat", "msdosfs"})
_NETWORK = frozenset(
    {
        *("9p", "afpfs", "afs", "ceph", "cifs", "davfs", "glusterfs", "ncpfs", "nfs", "nfs4"),
        *("smb3", "smbfs", "webdav"),
        *("fuse.davfs2", "fuse.gvfsd-fuse", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)
_MEMORY = frozenset({"tmpfs", "ramfs"})


@dataclass(frozen=True, slots=True)
class Volume:
    """`kind` is the name of the file system as the system tells it."""

    mount: Path
    kind: str
    is_removable: bool = False
    is_remote: bool = False

    @property
    def is_network(self) -> bool:
        return self.is_remote or self.kind.casefold() in _NETWORK

    @property
    def is_fat(self) -> bool:
        return self.kind.casefold() in _FAT

    @property
    def is_memory(self) -> bool:
        """Gone when the machine is switched off."""
        return self.kind.casefold() in _MEMORY
