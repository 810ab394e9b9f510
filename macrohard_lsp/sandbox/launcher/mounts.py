# ruff: noqa: PTH102, PTH103, PTH110, PTH112, PTH118, PTH120, PTH123
# The launcher uses no pathlib: importing it would double the time to start.
"""The copy-on-write workspace: namespaces and mounts of the launcher's own, gone when it is gone.

The launcher mounts a size-limited tmpfs over the workspace's own path, where only its own mount
namespace sees it, and builds everything a Machine needs in there: its base. So no directory of the
machine's is needed, none is left behind, and none that a Machine has to show is hidden.
"""

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tree_files
import unprivileged
import veils

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE, MS_SHARED = 2, 4, 4096, 16384, 1 << 18, 1 << 20
MNT_DETACH = 2
BASE_FOR_USER = "/tmp"
"""Everybody may look into it. What it holds outside is not needed here, or was opened before it is covered."""
MOST_INODES = 1 << 18
BYTES_PER_INODE = 1024
"""About what one costs the kernel in memory, which the size limit doesn't count."""

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, doing: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{doing}: {os.strerror(number)}")


def enter_namespaces() -> None:
    """A mount namespace of our own; root needs no user namespace to have one."""
    user, group = os.geteuid(), os.getegid()
    if user != 0 or _libc.unshare(CLONE_NEWNS) != 0:
        _check(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNS), "creating a user namespace")
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    _check(_libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "making mounts private")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _tmpfs(path: str, size: int, mode: str) -> None:
    inodes = min(MOST_INODES, size // BYTES_PER_INODE)
    options = f"size={size},nr_inodes={inodes},mode={mode}".encode("ascii")
    flags = MS_NOSUID | MS_NODEV
    _check(_libc.mount(b"tmpfs", os.fsencode(path), b"tmpfs", flags, options), "mounting a tmpfs")


@dataclass(frozen=True)
class Laid:
    """What was mounted. `base`, the current directory, holds what `lay_out` says.

    `copied` is "" for an overlay, else why it had to be a copy. `user` is whom commands can become
    now; where it can't, though it wanted to, `no_user` says why. `workspace` is open on the real folder.
    """

    base: str
    workspace: int
    shown: list[veils.Shown]
    copied: str
    user: unprivileged.User | None = None
    no_user: str = ""


class Base:
    """What a Machine's mounts are built in; the current directory once it is laid.

    `message` says how large it is and what is in its `etc`.
    """

    def __init__(self, message: dict[str, Any]) -> None:
        self.message = message
        self.tree = -1

    def make_ahead(self) -> None:
        """Have it ready, mounted nowhere, so that it covers nothing before it is known what is needed.

        Raises OSError, and leaves nothing mounted then.
        """
        self._make(BASE_FOR_USER)
        try:
            self.tree = unprivileged.copy(BASE_FOR_USER)
        finally:
            os.chdir("/")
            _libc.umount2(BASE_FOR_USER.encode(), MNT_DETACH)

    def lay(self, place: str) -> None:
        """Mount it there. The second time it is another one. Raises OSError."""
        if self.tree < 0:
            self._make(place)
            return
        try:
            unprivileged.attach(self.tree, place)
        finally:
            os.close(self.tree)
            self.tree = -1
        os.chdir(place)

    def _make(self, place: str) -> None:
        _tmpfs(place, self.message["writable_bytes"], "0755")
        os.chdir(place)
        for name in ("upper", "work", "merged", "tmp", "etc", veils.PLACE, f"{veils.PLACE}/empty"):
            os.mkdir(name, 0o755)
        _tmpfs("tmp", self.message["tmp_bytes"], "1777")
        _fill_etc(self.message["etc"], self.message["etc_shown"])


def lay_out(
    message: dict[str, Any], user: unprivileged.User | None, wanted: Callable[[], None], base: Base
) -> Laid:
    """Mount the workspace's stand-in, for `user` where there is one and the file systems allow.

    Afterwards the base holds: `merged` (what commands see), `tmp`, `etc`, and `shown`, with the further
    directories that are not shown as they are. Raises OSError or tree_files.CopyTooLarge when neither an
    overlay nor a copy can be had.
    """
    lower = os.open(message["workspace"], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    reason = _foreign_owner(lower)
    shown = veils.of_request(message["shown"])
    no_user = reason
    if user is not None and not reason:
        try:
            _lay_out_for(user, message, shown, base)
            veils.veil(shown)
            return Laid(BASE_FOR_USER, lower, shown, "", user)
        except OSError as error:
            no_user = error.strerror or str(error)
    base.lay(message["workspace"])
    if not reason:
        reason = _overlay(f"/proc/self/fd/{lower}", "upper", "work")
    if reason:
        merged = os.open("merged", tree_files.DIRECTORY)
        tree_files.copy_tree(lower, merged, frozenset(), message["writable_bytes"], wanted)
        os.close(merged)
    veils.veil(shown)
    return Laid(message["workspace"], lower, shown, reason, None, no_user if user is not None else "")


def _lay_out_for(
    user: unprivileged.User, message: dict[str, Any], shown: list[veils.Shown], base: Base
) -> None:
    """Everything that a Machine shows of root's, as that user's. Raises OSError, and leaves nothing mounted then.

    The base can't be the workspace's own path, which may lie below a folder of root's alone.
    """
    trees: list[int] = []
    try:
        trees.append(unprivileged.clone(message["workspace"], user, read_only=False))
        # One by one, so that those before a failure are closed.
        trees.extend(unprivileged.clone(each.path, user, not each.writable) for each in shown)
        base.lay(BASE_FOR_USER)
        try:
            _attach(user, trees, shown)
        except OSError:
            os.chdir("/")
            _libc.umount2(BASE_FOR_USER.encode(), MNT_DETACH)
            raise
    finally:
        for tree in trees:
            os.close(tree)
    for each in shown:
        each.place = each.own_place


def _attach(user: unprivileged.User, trees: list[int], shown: list[veils.Shown]) -> None:
    """Mount the clones in the base, that of the workspace first, and the overlay."""
    os.mkdir("lower")
    os.chown("upper", user.number, user.number)
    unprivileged.attach(trees[0], "lower")
    for tree, each in zip(trees[1:], shown, strict=True):
        if os.path.isdir(f"/proc/self/fd/{tree}"):
            os.mkdir(each.own_place)
        else:
            os.close(os.open(each.own_place, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))
        unprivileged.attach(tree, each.own_place)
    refused = _overlay("lower", "upper", "work")
    if refused:
        raise OSError(0, refused)


def _fill_etc(made: dict[str, str], shown: list[str]) -> None:
    """Put into `etc` what commands see as /etc: files made for them, and of the real one those that exist.

    bwrap makes all of it read-only.
    """
    for name, text in made.items():
        fd = os.open(os.path.join("etc", name), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        os.write(fd, text.encode())
        os.close(fd)
    for name in shown:
        source, target = os.path.join("/etc", name), os.path.join("etc", name)
        if os.path.isdir(source):
            os.makedirs(target, exist_ok=True)
        elif os.path.exists(source):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))
        else:
            continue
        flags = MS_BIND | MS_REC
        _check(_libc.mount(os.fsencode(source), os.fsencode(target), None, flags, None), f"showing {source}")


def lay_anew(laid: Laid, number: int) -> None:
    """Mount a further overlay on top of `merged`, with an empty layer of its own. Raises OSError.

    An overlay may not see its lower directory change; this one has not looked at anything yet.
    """
    upper, work = f"upper-{number}", f"work-{number}"
    os.mkdir(upper, 0o755)
    os.mkdir(work, 0o755)
    if laid.user is not None:
        os.chown(upper, laid.user.number, laid.user.number)
    lower = "lower" if laid.user is not None else f"/proc/self/fd/{laid.workspace}"
    refused = _overlay(lower, upper, work)
    if refused:
        raise OSError(0, refused)


def _overlay(lower: str, upper: str, work: str) -> str:
    """Mount it; why the kernel refused, or "".

    Relative names and descriptors keep the workspace's own name, with whatever commas and colons it
    has, out of the option string.
    """
    options = f"lowerdir={lower},upperdir={upper},workdir={work},userxattr".encode("ascii")
    if _libc.mount(b"overlay", b"merged", b"overlay", MS_NOSUID | MS_NODEV, options) == 0:
        # What is mounted on it later is then seen by commands that were started before.
        _check(_libc.mount(None, b"merged", None, MS_SHARED, None), "sharing the workspace")
        return ""
    return f"the kernel refused an overlay ({os.strerror(ctypes.get_errno())})"


def _foreign_owner(lower: int) -> str:
    """Why an overlay could not be written to: files of an owner who isn't mapped can't be copied up.

    Only the folder and its direct entries are looked at; a walk would cost more than the overlay saves.
    """
    user, group = os.geteuid(), os.getegid()
    with os.scandir(lower) as listing:
        stats = [os.fstat(lower), *(entry.stat(follow_symlinks=False) for entry in listing)]
    for entry in stats:
        if entry.st_uid != user or (entry.st_gid != group and user != 0):
            return "files in the workspace belong to another user or group"
    return ""
