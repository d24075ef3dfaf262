"""Drawn signs, 16 × 16, strokes in the text's colour (static/posture.css)."""

ICONS = {
    "overview": '<path d="M2 9.5 5.5 6l3 3L14 3.5M2 13.5h12"/>',
    "hosts": '<path d="M2.5 2.5h11v4.5h-11zM2.5 9h11v4.5h-11zM5 4.75h.01M5 11.25h.01"/>',
    "findings": '<path d="M8 1.75 14.25 13.5H1.75zM8 6.25v3.5M8 11.75h.01"/>',
    "containers": '<path d="M8 1.75 13.75 5v6L8 14.25 2.25 11V5zM2.25 5 8 8.25 13.75 5M8 8.25v6"/>',
    "changes": '<path d="M2 5h9.5M9 2.5 11.5 5 9 7.5M14 11H4.5M7 8.5 4.5 11 7 13.5"/>',
    "reports": '<path d="M3.5 1.75h6l3 3v9.5h-9zM9.5 1.75v3h3M5.75 8h4.5M5.75 11h4.5"/>',
    "settings": '<path d="M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6M10 2.5v4M6 9.5v4"/>',
    "search": '<path d="M7 2.25a4.75 4.75 0 1 0 0 9.5a4.75 4.75 0 1 0 0-9.5zM10.5 10.5 14 14"/>',
    "scan": '<path d="M13.5 8a5.5 5.5 0 1 1-1.6-3.9M13.5 1.75v3h-3"/>',
    "add": '<path d="M8 2.5v11M2.5 8h11"/>',
    "clock": '<path d="M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5zM8 4.5V8l2.5 1.75"/>',
    "menu": '<path d="M2 4h12M2 8h12M2 12h12"/>',
    "download": '<path d="M8 2v8.5M4.5 7 8 10.5 11.5 7M2.5 13.75h11"/>',
    "person": (
        '<path d="M8 2.25a2.75 2.75 0 1 0 0 5.5a2.75 2.75 0 1 0 0-5.5zM2.75 14c.5-2.75 2.5-4.25'
        ' 5.25-4.25S12.75 11.25 13.25 14"/>'
    ),
    "theme": (
        '<path d="M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5z"/><path class="solid"'
        ' d="M8 1.75a6.25 6.25 0 0 1 0 12.5z"/>'
    ),
}
