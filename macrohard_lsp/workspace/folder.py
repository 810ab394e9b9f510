"""Whether a folder may be a workspace at all, decided before anything in it is read."""

import os
from pathlib import Path


class WorkspaceRefused(Exception):
    """The folder can't be used as a workspace. The message is a sentence for a person."""


def check_folder(folder: Path, home: Path | None = None) -> Path:
    """The folder's absolute path with links resolved.

    Raises WorkspaceRefused for `/`, the home directory and what lies above it (walking them would read
    everything a person owns), and for what isn't a readable folder. `home` is None for the user's own.
    """
    try:
        resolved = folder.resolve(strict=True)
    except FileNotFoundError:
        raise WorkspaceRefused(f"{folder} does not exist; name a folder that does.") from None
    except NotADirectoryError:
        raise WorkspaceRefused(f"{folder} is not a folder; name the folder of your project.") from None
    except (
        OSError,
        RuntimeError,
        ValueError,
    ) as error:  # RuntimeError is how pathlib reports a loop of links.
        raise WorkspaceRefused(f"{folder} can't be opened: {error}.") from error
    if not resolved.is_dir():
        raise WorkspaceRefused(f"{folder} is not a folder; name the folder of your project.")
    own = (home or Path.home()).resolve()
    if resolved == Path(resolved.anchor):
        raise WorkspaceRefused(
            f"{resolved} is the root of the whole system; name the folder of your project."
        )
    if resolved == own or resolved in own.parents:
        what = "your home directory" if resolved == own else "above your home directory"
        raise WorkspaceRefused(f"{resolved} is {what}, not a project; name a project's folder in it.")
    if not os.access(resolved, os.R_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        raise WorkspaceRefused(f"{resolved} may not be read by this user; check its permissions.")
    return resolved
