"""When the machine panel is open: as the user wants it, but in a narrow window only when asked for there."""


class PanelFold:
    """`wanted` is what is remembered; widths in pixels."""

    def __init__(self, narrow_px: int) -> None:
        self._narrow_px = narrow_px
        self.is_wanted = True
        self._is_wanted_narrow = False

    def choose(self, is_open: bool) -> None:
        """The user opens or folds it, and means it for every width."""
        self.is_wanted = self._is_wanted_narrow = is_open

    def remember(self, is_open: bool) -> None:
        """What was wanted at the last start; a narrow window folds it all the same."""
        self.is_wanted = is_open

    def is_open(self, width_px: int) -> bool:
        """Whether it is open in a window of this width."""
        return self._is_wanted_narrow if width_px < self._narrow_px else self.is_wanted
