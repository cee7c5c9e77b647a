"""Pictures of the real window, taken without a display: for the README, and of every pane and state."""

from slmdesk.ui.pictures.screen import offscreen as offscreen
from slmdesk.ui.pictures.taking import take_comparison as take_comparison
from slmdesk.ui.pictures.taking import take_screenshots as take_screenshots
