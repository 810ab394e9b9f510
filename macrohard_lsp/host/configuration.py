"""One folder's settings and trust, as the editor and the disk have them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from macrohard_lsp.core.finding import Severity
from macrohard_lsp.host.client.events import Said
from macrohard_lsp.host.client.messages import SetFolder
from macrohard_lsp.host.surroundings import Send, Surroundings
from macrohard_lsp.settings.editor import editor_overrides
from macrohard_lsp.settings.errors import SettingsError, StateUnavailable
from macrohard_lsp.settings.load import EDITOR, load_settings
from macrohard_lsp.settings.model import Settings
from macrohard_lsp.settings.trust import TrustStore


@dataclass(frozen=True, slots=True)
class Configuration:
    """`overrides` are the editor's settings by dotted field. `trusted` None leaves it to the state directory."""

    folder: Path
    overrides: Mapping[str, object]
    trusted: bool | None
    settings: Settings

    def is_trusted(self, surroundings: Surroundings) -> bool:
        if self.trusted is not None:
            return self.trusted
        try:
            return surroundings.state_dir is not None and TrustStore(surroundings.state_dir).is_trusted(
                self.folder
            )
        except StateUnavailable:
            return False


def configure(
    order: SetFolder, before: Configuration | None, surroundings: Surroundings, send: Send
) -> Configuration:
    """The configuration that an order asks for. What is not allowed in it is said, and what was before stays."""
    folder = Path(order.folder)
    wanted = Configuration(folder, editor_overrides(order.settings), order.trusted, Settings())
    try:
        loaded = load_settings(
            folder,
            trusted=wanted.is_trusted(surroundings),
            overrides=wanted.overrides,
            variables=surroundings.variables,
            home=surroundings.home,
            overrides_from=EDITOR,
        )
    except SettingsError as error:
        send(Said(Severity.ERROR, f"{error} What was set before stays in force."))
        return replace(before, trusted=order.trusted) if before is not None else replace(wanted, overrides={})
    for note in loaded.notes:
        send(Said(Severity.INFORMATION, note, shown=False))
    return replace(wanted, settings=loaded.settings)
