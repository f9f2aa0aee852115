"""Reads the values of OpenMetrics 2.0: numbers, and composite values, which hold a whole
histogram or summary.

    value = parse_composite("count:2,sum:1.5,bucket:[1:1,+Inf:2]", lenient=False)   # raises Wrong
"""

import dataclasses
import itertools
import math
import re

# The ABNF's tokens.
REAL = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|[0-9]*\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
NUMBER = rf"(?:{REAL}|[+-]?(?:[iI][nN][fF](?:[iI][nN][iI][tT][yY])?)|[nN][aA][nN])"
INTEGER = r"[+-]?[0-9]+"

_BUCKETS = rf"\[({NUMBER}(?:,{NUMBER})*)?\]"
_SPANS = rf"\[({INTEGER}:[+]?[0-9]+(?:,[+]?[0-9]+:[+]?[0-9]+)*)?\]"
_NATIVE = (rf"schema:({INTEGER}),zero_threshold:({REAL}),zero_count:({NUMBER})"
           rf"(?:,negative_spans:{_SPANS},negative_buckets:{_BUCKETS})?"
           rf"(?:,positive_spans:{_SPANS},positive_buckets:{_BUCKETS})?")
_CLASSIC = rf"bucket:\[((?:(?:-Inf|{REAL}):{NUMBER},)?(?:{REAL}:{NUMBER},)*)\+Inf:({NUMBER})\]"
HISTOGRAM = re.compile(rf"(g?)count:({NUMBER}),(g?)sum:({NUMBER}),"
                       rf"(?:{_NATIVE}(?:,{_CLASSIC})?|{_CLASSIC})")
SUMMARY = re.compile(rf"count:({NUMBER}),sum:({NUMBER}),"
                     rf"quantile:\[((?:{REAL}:{NUMBER}(?:,{REAL}:{NUMBER})*)?)\]")


class Wrong(ValueError):
    """Says which line is wrong, and why."""


@dataclasses.dataclass
class Distribution:
    """A composite value; `parts` are the buckets or quantiles, ascending."""
    kind: str  # "histogram", "gaugehistogram", "summary"
    count: float
    sum: float
    parts: list = dataclasses.field(default_factory=list)
    native: dict | None = None


def expect(condition, why):
    if not condition:
        raise Wrong(why)


def number(text):
    value = float(text)
    expect(not math.isinf(value) or "inf" in text.lower(), f"{text:.20} is beyond a 64-bit float")
    return value


def pairs(text):
    """[(threshold, value)] of "0.5:1,1:2,"."""
    return [tuple(number(side) for side in part.split(":")) for part in text.split(",") if part]


def ascending(numbers):
    return all(a < b for a, b in itertools.pairwise(numbers))


def parse_native(groups, check_counts):
    """The native buckets of a histogram; None if there are none."""
    schema, threshold, zero, *sides = groups
    if schema is None:
        return None
    expect(-4 <= number(schema) <= 8, "schema out of range")
    expect(number(threshold) >= 0, "zero_threshold below 0")
    native = {"schema": int(number(schema)), "zero_count": number(zero), "total": number(zero)}
    for side, spans, buckets in (("negative", *sides[:2]), ("positive", *sides[2:])):
        lengths = [number(part.split(":")[1]) for part in (spans or "").split(",") if part]
        counts = [number(part) for part in (buckets or "").split(",") if part]
        expect(sum(lengths) == len(counts), f"{side}_spans do not fit their buckets")
        check_counts(*counts)
        native[side] = counts
        native["total"] += sum(counts)
    check_counts(native["zero_count"])
    return native


def same_counts(a, b):
    """Whole numbers have to be equal; fractions may have been rounded."""
    return a == b or not (a.is_integer() and b.is_integer()) and math.isclose(a, b)


def parse_histogram(text, lenient):
    match = HISTOGRAM.fullmatch(text)
    expect(match, "no composite value that the grammar knows")
    expect(match[1] == match[3], "count and gsum, or gcount and sum")
    kind = "gaugehistogram" if match[1] else "histogram"
    count, total = number(match[2]), number(match[4])

    def check_counts(*numbers):
        expect(kind == "gaugehistogram" or not any(n < 0 for n in numbers), "a count below 0")
        expect(lenient or all(math.isfinite(n) for n in numbers), "a count is not finite")

    check_counts(count)
    native = parse_native(match.groups()[4:11], check_counts)
    if native and not math.isnan(total):
        expect(same_counts(native["total"], count), "count is not the sum of the native buckets")
    elif native and kind == "histogram":
        # NaN is counted in no native bucket.
        expect(not native["total"] > count or same_counts(native["total"], count),
               "count is less than the sum of the native buckets")
    below, last = (match[14], match[15]) if match[15] else (match[12], match[13])
    result = Distribution(kind, count, total, native=native)
    if last is None:
        return result
    result.parts = pairs(below) + [(math.inf, number(last))]
    expect(ascending([bound for bound, _ in result.parts]), "thresholds do not ascend")
    values = [value for _, value in result.parts]
    check_counts(*values)
    expect(values[-1] == count or math.isnan(values[-1]) and math.isnan(count), "+Inf is not the count")
    values = [value for value in values if not math.isnan(value)]
    expect(kind == "gaugehistogram" or values == sorted(values), "buckets do not accumulate")
    return result


def parse_summary(text):
    match = SUMMARY.fullmatch(text)
    expect(match, "no composite value that the grammar knows")
    count, total, parts = number(match[1]), number(match[2]), pairs(match[3])
    expect(count.is_integer() and count >= 0, "count is no natural number")
    expect(total >= 0, "sum below 0, or NaN")
    expect(ascending([quantile for quantile, _ in parts]), "quantiles do not ascend")
    expect(all(0 <= quantile <= 1 for quantile, _ in parts), "quantile out of range")
    expect(not any(value < 0 for _, value in parts), "value of a quantile below 0")
    return Distribution("summary", count, total, parts)


def parse_composite(text, lenient):
    return parse_summary(text) if "quantile:" in text else parse_histogram(text, lenient)
