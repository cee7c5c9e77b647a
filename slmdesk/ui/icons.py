"""The program's own stroke icons, drawn in the colours of the theme."""

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from slmdesk.config.paths import resources


@cache
def pixmap(name: str, colour: str, px: int = 20) -> QPixmap:
    """Icon `name` of resources/icons in one colour, sharp on the densest screen in use."""
    ratio = max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)
    picture = QPixmap(round(px * ratio), round(px * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    svg = (resources() / "icons" / f"{name}.svg").read_text("utf-8").replace("currentColor", colour)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, px, px))
    painter.end()
    return picture


def icon(name: str, colour: str, px: int = 20) -> QIcon:
    """The same as a QIcon, for buttons and actions."""
    return QIcon(pixmap(name, colour, px))
