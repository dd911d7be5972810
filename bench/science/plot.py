# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small multiples: each figure of a series against bytes an image, as one SVG by hand."""
import html
import math

from .settings import LOSSLESS

PANELS = [  # (figure, title)
    ("rmeas", "Rmeas"), ("cc_half_outer", "CC1/2, outer shell"), ("anomalous_cc", "anomalous CC"),
    ("true_cc_outer", "CC with truth, outer shell"), ("anomalous_true_cc", "anomalous CC with truth"),
    ("true_r", "R with truth"), ("i_over_sigma", "I/sigma"), ("spots", "spots found"),
    ("mean_ratio", "mean, x lossless"), ("local_mean_error", "error of the local mean"),
    ("box_error", "box error / sqrt(I)"),
]
COLOURS = ["#c0392b", "#2471a3", "#1e8449", "#8e44ad", "#b9770e", "#566573"]
WIDTH, HEIGHT, LEFT, TOP, ACROSS = 190, 110, 52, 22, 4
PITCH_X, PITCH_Y = WIDTH + LEFT + 14, HEIGHT + TOP + 26


def family(setting):
    """"9/7 J125" is one of 9/7, H16 one of H."""
    head, _, tail = setting.rpartition(" ")
    return head if head and tail[:1] == "J" else setting.rstrip("0123456789")


def families(rows):
    found = {}
    for name, row in rows.items():
        if name != LOSSLESS:
            found.setdefault(family(name), []).append(row)
    return {name: sorted(group, key=lambda r: r["bytes"]) for name, group in found.items()}


def text(x, y, words, anchor="start"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{html.escape(words)}</text>'


def panel(rows, figure, title, x0, y0, low, high):
    values = [row[figure] for row in rows.values()]
    bottom, top = min(values), max(values)
    room = (top - bottom or abs(top) or 1) * 0.06
    bottom, top = bottom - room, top + room

    def at(row):
        return (x0 + WIDTH * math.log(row["bytes"] / low) / math.log(high / low),
                y0 + HEIGHT * (top - row[figure]) / (top - bottom))

    yield f'<rect x="{x0}" y="{y0}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#999"/>'
    yield text(x0, y0 - 6, title)
    for value in (bottom + room, top - room):
        yield text(x0 - 4, y0 + HEIGHT * (top - value) / (top - bottom) + 4, f"{value:.4g}", "end")
    for power in range(3, 7):
        for value in (10**power, 3 * 10**power):
            if low <= value <= high:
                x = x0 + WIDTH * math.log(value / low) / math.log(high / low)
                yield f'<path d="M{x:.1f} {y0 + HEIGHT}v4" stroke="#999"/>'
                yield text(x, y0 + HEIGHT + 15, f"{value // 1000} k", "middle")
    y = at(rows[LOSSLESS])[1]
    yield f'<path d="M{x0} {y:.1f}h{WIDTH}" stroke="#000" stroke-dasharray="4 3"/>'
    for colour, group in zip(COLOURS, families(rows).values()):
        points = [at(row) for row in group]
        yield f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{colour}"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points)


def svg(about, rows):
    panels = [p for p in PANELS if p[0] in rows[LOSSLESS]]
    sizes = [row["bytes"] for name, row in rows.items() if name != LOSSLESS]
    low, high = min(sizes) / 1.2, max(sizes) * 1.2
    width, height = ACROSS * PITCH_X + 10, -(-len(panels) // ACROSS) * PITCH_Y + 34
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             'font-size="11">', f'<rect width="{width}" height="{height}" fill="#fff"/>',
             text(10, 16, f"{about}: figures against bytes an image; dashed: lossless")]
    x = width - 10
    for colour, name in reversed(list(zip(COLOURS, families(rows)))):
        lines.append(f'<g fill="{colour}">{text(x, 16, name, "end")}</g>')
        x -= 8 * len(name) + 16
    for n, (figure, title) in enumerate(panels):
        lines += panel(rows, figure, title, LEFT + n % ACROSS * PITCH_X, 34 + TOP + n // ACROSS * PITCH_Y, low, high)
    return "\n".join([*lines, "</svg>", ""])
