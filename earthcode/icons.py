"""Small line drawings that editors choose by name: 24 by 24 units, without any fill."""

from typing import NamedTuple


class Icon(NamedTuple):
    label: str
    path: str
    """What SVG's `d` takes."""


ICONS = {
    "globe": Icon(
        "Globe", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M3 12h18M12 3c4 3 4 15 0 18M12 3c-4 3-4 15 0 18"
    ),
    "orbit": Icon("Orbit", "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6M20 4c3 3-1 9-5 13S5 23 3 20 5 11 9 7s9-5 11-3"),
    "satellite": Icon(
        "Satellite",
        "m9 12 3-3 3 3-3 3zM10.5 10.5 7 7 10 4 3 4v7l3-3M13.5 13.5 17 17l-3 3h7v-7l-3 3M4 15a5 5 0 0 0 5 5",
    ),
    "layers": Icon("Layers", "m12 3 9 5-9 5-9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5"),
    "grid": Icon("Data grid", "M4 4h16v16H4zM4 9.5h16M4 14.5h16M9.5 4v16M14.5 4v16"),
    "chart": Icon("Chart", "M4 4v16h16M8.5 16v-4M13 16V7M17.5 16v-6"),
    "cloud": Icon("Cloud", "M7 19a4.5 4.5 0 0 1-.5-9 6 6 0 0 1 11.5-.5A4.8 4.8 0 0 1 17 19z"),
    "flask": Icon("Experiment", "M9 3h6M10 3v6L4 20h16L14 9V3M7.5 14h9"),
    "code": Icon("Code", "m8 7-5 5 5 5M16 7l5 5-5 5M14 4l-4 16"),
    "book": Icon("Book", "M12 6C10 4 6 4 3 4v14c3 0 7 0 9 2 2-2 6-2 9-2V4c-3 0-7 0-9 2zv14"),
    "cap": Icon("Course", "m12 5 10 5-10 5L2 10zM6 12v5c3 3 9 3 12 0v-5M22 10v6"),
    "document": Icon("Document", "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"),
    "people": Icon(
        "People",
        "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2 20c0-4 3-6 7-6s7 2 7 6M16 4a3.5 3.5 0 0 1 0 7M18 14c3 1 4 3 4 6",
    ),
    "speech": Icon("Conversation", "M4 4h16v12H11l-5 4v-4H4zM8 8.5h8M8 12h5"),
    "mail": Icon("Letter", "M3 5h18v14H3zM3 6l9 7 9-7"),
    "calendar": Icon("Calendar", "M4 6h16v14H4zM4 10.5h16M8 3v5M16 3v5"),
    "play": Icon("Video", "M3 5h18v14H3zM10 9v6l5-3z"),
    "download": Icon("Download", "M12 4v11M7 10.5l5 5 5-5M4 20h16"),
}

ICON_CHOICES = [(name, icon.label) for name, icon in ICONS.items()]
