"""What was measured, as text for people and as a picture."""

import html
import math
import os
import statistics


class Bound:
    """One line of the table of promises: a number and the most that it may be,
    or the least."""

    def __init__(self, what, value, limit, unit="", at_least=False, note=""):
        self.what, self.value, self.limit = what, value, limit
        self.unit, self.at_least, self.note = unit, at_least, note

    @property
    def met(self):
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def row(self):
        word = "at least" if self.at_least else "at most"
        return [self.what, f"{word} {number(self.limit)}{self.unit}",
                f"{number(self.value)}{self.unit}", "met" if self.met else "MISSED", self.note]

    def as_dict(self):
        return {"what": self.what, "value": self.value, "limit": self.limit,
                "unit": self.unit.strip(), "at_least": self.at_least, "met": self.met,
                "note": self.note}


def number(value):
    """With three digits that count."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def median(costs, field):
    return statistics.median(getattr(cost, field) for cost in costs)


def markdown(head, rows):
    """A table whose columns line up; the first is text, the others are numbers."""
    table = [head, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]

    def line(row):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if i else "-") for i, w in enumerate(widths)) + "|"
    return "\n".join([line(head), rule, *(line(row) for row in rows)])


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        models = [line.split(":", 1)[1].strip() for line in info if line.startswith("model name")]
    return f"{len(os.sched_getaffinity(0))} × {models[0] if models else os.uname().machine}"


COLORS = ["#1f6feb", "#2da44e", "#cf222e", "#8250df"]


def plot(title, panels):
    """An SVG of `panels`, [(name, {contender: [(n, value)]}, how a value is written)], side by side, on
    logarithmic scales."""
    width, height, left, top = 380, 280, 62, 56
    low_x, high_x = scale(x for _, lines, _ in panels for line in lines.values() for x, _ in line)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{len(panels) * (width + left) + 20}" '
        f'height="{height + top + 70}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{left}" y="20" font-size="14">{html.escape(title)}</text>',
    ]
    colors = dict(zip(panels[0][1], COLORS))
    for i, (name, lines, write) in enumerate(panels):
        x0 = left + i * (width + left)
        low_y, high_y = scale(y for line in lines.values() for _, y in line)

        def at(x, y, x0=x0, low_y=low_y, high_y=high_y):
            return (x0 + width * (math.log10(x) - low_x) / (high_x - low_x),
                    top + height * (high_y - math.log10(y)) / (high_y - low_y))

        out.append(f'<text x="{x0}" y="{top - 12}">{html.escape(name)}</text>')
        for exponent in range(low_x, high_x + 1):
            x, _ = at(10**exponent, 10**low_y)
            out.append(f'<path d="M{x:.1f} {top}v{height}" stroke="#ddd"/>')
            out.append(f'<text x="{x:.1f}" y="{top + height + 16}" text-anchor="middle">'
                       f"{10**exponent:,}</text>")
        for exponent in range(low_y, high_y + 1):
            _, y = at(10**low_x, 10**exponent)
            out.append(f'<path d="M{x0} {y:.1f}h{width}" stroke="#ddd"/>')
            out.append(f'<text x="{x0 - 6}" y="{y + 4:.1f}" text-anchor="end">'
                       f"{write(10.0**exponent)}</text>")
        for contender, line in lines.items():
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*p) for p in line))
            out.append(f'<polyline points="{path}" fill="none" stroke="{colors[contender]}" '
                       'stroke-width="2"/>')
        out.append(f'<text x="{x0 + width / 2}" y="{top + height + 34}" text-anchor="middle">'
                   "datasets</text>")
    for j, (contender, color) in enumerate(colors.items()):
        x = left + j * 170
        out.append(f'<rect x="{x}" y="{top + height + 46}" width="12" height="12" fill="{color}"/>')
        out.append(f'<text x="{x + 18}" y="{top + height + 57}">{html.escape(contender)}</text>')
    return "\n".join([*out, "</svg>", ""])


def scale(values):
    """The powers of ten around `values`, two at least."""
    logs = [math.log10(value) for value in values]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    return low, max(high, low + 1)


def seconds(value):
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 1:
            return f"{value * factor:g} {unit}"
    return f"{value * 1e9:g} ns"


def size(value):
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= factor:
            return f"{value / factor:g} {unit}"
    return f"{value:g} B"
