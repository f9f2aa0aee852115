"""Reads OpenMetrics 2.0 (the release candidate of March 2026) and refuses whatever is not.

    families = openmetrics2.parse(document)         # raises Wrong
    samples = openmetrics2.as_series(families)      # as the older formats write them

Follows the ABNF of the specification and what its text demands (MUST). Unless `lenient`,
also what it recommends (SHOULD) of names, metadata and counts: an exposer has no reason
not to.
"""

import dataclasses
import re

from openmetrics2_values import NUMBER, REAL, Distribution, Wrong, expect, number, parse_composite

TYPES = ("counter", "gauge", "histogram", "gaugehistogram", "stateset", "info", "summary", "unknown")
STARTED = ("counter", "histogram", "summary")
WITH_EXEMPLARS = ("counter", "histogram", "gaugehistogram", "summary")
# They would collide with the samples of a histogram or a summary in OpenMetrics 1.0.
DISCOURAGED = ("_count", "_sum", "_gcount", "_gsum", "_bucket")

# The ABNF's tokens.
ESCAPED = r'(?:[^"\\\n]|\\[^\n])'
NAME = r"[A-Za-z_:][A-Za-z0-9_:]*"
ANY_NAME = rf'(?:{NAME}|"{ESCAPED}+")'
LABEL = rf'(?:[A-Za-z_][A-Za-z0-9_]*|"{ESCAPED}+")="{ESCAPED}*"'
LABELS = rf"\{{(?:{LABEL}(?:,{LABEL})*)?\}}"

METADATA = re.compile(rf"# (TYPE|UNIT|HELP) ({ANY_NAME}) (.*)", re.DOTALL)
UNIT = re.compile(r"[A-Za-z0-9_:]*")
HELP = re.compile(rf"{ESCAPED}*", re.DOTALL)
SERIES = re.compile(rf'({NAME})({LABELS})?|\{{("{ESCAPED}+")((?:,{LABEL})*)\}}', re.DOTALL)
ONE_LABEL = re.compile(rf'([A-Za-z_][A-Za-z0-9_]*|"{ESCAPED}+")="({ESCAPED}*)"', re.DOTALL)
EXEMPLAR = re.compile(rf" # ({LABELS}) ({NUMBER}) ({REAL})", re.DOTALL)
REST = re.compile(
    rf" (?:({NUMBER})|\{{([^}} ]*)\}})(?: ({REAL}))?(?: st@({REAL}))?((?: # {LABELS} {NUMBER} {REAL})*)",
    re.DOTALL)


@dataclasses.dataclass
class Sample:
    labels: dict
    value: float | Distribution
    timestamp: float | None
    start: float | None


@dataclasses.dataclass
class Family:
    name: str
    type: str = "unknown"
    unit: str = ""
    help: str = ""
    seen: list = dataclasses.field(default_factory=list)  # Keywords of its metadata, in order.
    samples: list = dataclasses.field(default_factory=list)


def unescape(text, lenient):
    def plain(match):
        expect(lenient or match[1] in 'n"\\', f"\\{match[1]} is no escape")
        return "\n" if match[1] == "n" else match[1]

    return re.sub(r"\\(.)", plain, text, flags=re.DOTALL)


def name_of(text, lenient):
    return unescape(text[1:-1], lenient) if text.startswith('"') else text


def parse_labels(text, lenient):
    labels = {}
    for quoted_name, value in ONE_LABEL.findall(text):
        name = name_of(quoted_name, lenient)
        expect(name not in labels, f"label {name} twice")
        expect(not name.startswith("_"), f"label {name} is reserved")
        labels[name] = unescape(value, lenient)
    return labels


def check_value(family, sample):
    """What the type of `family` demands of a sample."""
    value, kind = sample.value, family.type
    composite = isinstance(value, Distribution)
    if kind in ("histogram", "gaugehistogram", "summary"):
        expect(composite and value.kind == kind, f"the value is no {kind}")
    elif kind != "unknown":
        expect(not composite, f"a {kind} is a number")
    if kind == "counter":
        expect(value >= 0, "a counter below 0, or NaN")
    elif kind == "info":
        expect(value == 1, "an info is 1")
    elif kind == "stateset":
        expect(value in (0, 1), "a state is 0 or 1")
        expect(family.name in sample.labels, "a state without its label")
    if composite:
        reserved = "quantile" if value.kind == "summary" else "le" if value.parts else None
        expect(reserved not in sample.labels, f"label {reserved} is the value's")
    expect(sample.start is None or kind in STARTED, f"type {kind} has no start")


class Parser:
    def __init__(self, lenient):
        self.lenient = lenient
        self.families = {}
        self.family = None
        self.metrics = set()  # Of the family: keys of those that came to an end, and
        self.metric = None    # of the last one.
        self.groups = set()   # The same of a stateset's groups.
        self.group = None

    def open(self, name):
        expect(name not in self.families, f"{name} is interleaved, or there twice")
        expect(not name.startswith("_"), f"{name} is reserved")
        if not self.lenient:
            expect(":" not in name, f"{name} is reserved for what is calculated")
            expect(not name.endswith(DISCOURAGED), f"{name} collides in OpenMetrics 1.0")
        self.close()
        self.family = self.families[name] = Family(name)
        self.metrics, self.metric, self.groups, self.group = set(), None, set(), None

    def close(self):
        """Checks what can be said of the last family only as a whole."""
        family = self.family
        if not family:
            return
        if family.type in ("info", "stateset"):
            expect(not family.unit, f"the {family.type} {family.name} has a unit")
        if family.type == "info":
            expect(family.name.endswith("_info"), f"the info {family.name} does not end in _info")
        if self.lenient:
            return
        expect(family.seen == [word for word in ("TYPE", "UNIT", "HELP") if word in family.seen],
               f"{family.name}: not TYPE, UNIT, HELP")
        expect("TYPE" in family.seen and family.help, f"{family.name} has no type, or no help")
        if family.type == "counter":
            expect(family.name.endswith("_total"), f"the counter {family.name} does not end in _total")
        stem = family.name.removesuffix("_total") if family.type == "counter" else family.name
        expect(not family.unit or stem.endswith("_" + family.unit), f"the unit of {family.name} is not in it")

    def metadata(self, line):
        match = METADATA.fullmatch(line)
        expect(match, "neither TYPE, UNIT nor HELP")
        keyword, name, text = match[1], name_of(match[2], self.lenient), match[3]
        if not self.family or self.family.name != name:
            self.open(name)
        expect(not self.family.samples, f"{keyword} below samples")
        expect(keyword not in self.family.seen, f"a second {keyword}")
        self.family.seen.append(keyword)
        if keyword == "TYPE":
            expect(text in TYPES, "no such type")
            self.family.type = text
        elif keyword == "UNIT":
            expect(UNIT.fullmatch(text), "no unit")
            self.family.unit = text
        else:
            expect(HELP.fullmatch(text), "help is not escaped")
            expect(not text.endswith("\r"), "the line ends in a carriage return")
            self.family.help = unescape(text, self.lenient)

    def sample(self, line):
        series = SERIES.match(line)
        rest = series and REST.fullmatch(line, series.end())
        expect(rest, "no sample")
        name = name_of(series[1] or series[3], self.lenient)
        labels = parse_labels(series[2] or series[4] or "", self.lenient)
        if not self.family or self.family.name != name:
            self.open(name)
        value = number(rest[1]) if rest[1] else parse_composite(rest[2], self.lenient)
        timestamp, start = (number(rest[i]) if rest[i] else None for i in (3, 4))
        sample = Sample(labels, value, timestamp, start)
        check_value(self.family, sample)
        if rest[5]:
            expect(self.family.type in WITH_EXEMPLARS, f"type {self.family.type} has no exemplars")
            for exemplar in EXEMPLAR.findall(rest[5]):
                parse_labels(exemplar[0], self.lenient)
                number(exemplar[1])
                number(exemplar[2])
        self.place(sample)
        self.family.samples.append(sample)

    def place(self, sample):
        """Checks that metrics, and the groups of a stateset, are neither repeated nor interleaved."""
        key = frozenset((name, value) for name, value in sample.labels.items() if value)
        if key == self.metric:
            before = self.family.samples[-1].timestamp
            expect(None not in (before, sample.timestamp) and before < sample.timestamp,
                   "a series twice, or not in the order of its timestamps")
        expect(key not in self.metrics, "a series twice, or interleaved with another")
        if self.metric is not None and key != self.metric:
            self.metrics.add(self.metric)
        self.metric = key
        if self.family.type != "stateset":
            return
        group = frozenset(label for label in key if label[0] != self.family.name)
        expect(group not in self.groups, "the groups of a stateset are interleaved")
        if self.group is not None and group != self.group:
            self.groups.add(self.group)
        self.group = group


def parse(document, lenient=False):
    """The families of `document` (bytes), in their order."""
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Wrong(f"no UTF-8: {error}") from error
    expect(not text.startswith("\ufeff"), "a byte order mark")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    expect(lines and lines[-1] == "# EOF", "does not end in # EOF")
    parser = Parser(lenient)
    for number, line in enumerate(lines[:-1], 1):
        try:
            expect(line != "# EOF", "something behind # EOF")
            (parser.metadata if line.startswith("#") else parser.sample)(line)
        except Wrong as error:
            raise Wrong(f"line {number}: {error}: {line!r}") from None
    parser.close()
    return list(parser.families.values())


def as_series(families):
    """[(name, labels, value)] of the samples as the older formats have them: one for each number."""
    series = []
    for family in families:
        for sample in family.samples:
            if not isinstance(sample.value, Distribution):
                series.append((family.name, sample.labels, sample.value))
                continue
            value = sample.value
            suffix, label = ("", "quantile") if value.kind == "summary" else ("_bucket", "le")
            series += [(family.name + suffix, {**sample.labels, label: bound}, number)
                       for bound, number in value.parts]
            series += [(family.name + "_sum", sample.labels, value.sum),
                       (family.name + "_count", sample.labels, value.count)]
    return series
