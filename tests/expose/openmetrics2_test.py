#!/usr/bin/env python3
"""The reader of OpenMetrics 2.0: what it takes, and what it refuses and why."""

import math
import unittest

import openmetrics2
from openmetrics2_values import Distribution


def of(kind, *samples, name="a", unit=""):
    """An exposition of one family. `samples` begin behind its name."""
    lines = [f"# TYPE {name} {kind}", *([f"# UNIT {name} {unit}"] if unit else []), f"# HELP {name} A."]
    return "\n".join(lines + [name + sample for sample in samples] + ["# EOF\n"])


def classic(fields, labels="", kind="histogram"):
    return of(kind, f"{labels} {{{fields}}}")


def native(fields, kind="histogram"):
    return of(kind, f" {{count:5,sum:2.5,schema:0,zero_threshold:1e-4,zero_count:0{fields}}}")


HEAD = "# TYPE a gauge\n# HELP a A.\n"

# What it says of them, and the document.
WRONG = [
    # The whole.
    ("does not end", ""),
    ("does not end", HEAD + "a 1\n"),
    ("does not end", HEAD + "a 1\n# EOF\n\n"),
    ("does not end", HEAD + "a 1\n# EOF \n"),
    ("does not end", HEAD + "a 1\n# eof\n"),
    ("does not end", HEAD + "a 1\n# EOF\n# EOF\r\n"),
    ("behind # EOF", HEAD + "a 1\n# EOF\n# EOF\n"),
    ("no UTF-8", HEAD.encode() + b'a{b="\xff"} 1\n# EOF\n'),
    ("no UTF-8", HEAD.encode() + b'a{b="\xed\xa0\x80"} 1\n# EOF\n'),
    ("byte order mark", "\ufeff" + HEAD + "a 1\n# EOF\n"),
    ("no sample", HEAD + "a 1\n\n# EOF\n"),
    ("no sample", HEAD + "a 1\r\n# EOF\n"),
    ("no sample", HEAD + " a 1\n# EOF\n"),
    ("no sample", HEAD + "a 1 \n# EOF\n"),
    ("carriage return", "# TYPE a gauge\n# HELP a A.\r\na 1\n# EOF\n"),
    # Metadata.
    ("neither TYPE", "# A comment.\n# EOF\n"),
    ("neither TYPE", "#TYPE a gauge\n# EOF\n"),
    ("neither TYPE", "# TYPE a\n# EOF\n"),
    ("neither TYPE", "# type a gauge\n# EOF\n"),
    ("neither TYPE", "# TYPE 1a gauge\n# EOF\n"),
    ("neither TYPE", "# TYPE a-b gauge\n# EOF\n"),
    ("neither TYPE", "#  TYPE a gauge\n# EOF\n"),
    ("no such type", "# TYPE a untyped\n# EOF\n"),
    ("no such type", "# TYPE a Gauge\n# EOF\n"),
    ("no such type", "# TYPE a gauge \n# EOF\n"),
    ("no unit", "# TYPE a gauge\n# UNIT a m/s\n# EOF\n"),
    ("not escaped", '# TYPE a gauge\n# HELP a an "a".\n# EOF\n'),
    ("not escaped", "# TYPE a gauge\n# HELP a A.\\\n# EOF\n"),
    ("is no escape", "# TYPE a gauge\n# HELP a \\t.\n# EOF\n"),
    ("a second TYPE", "# TYPE a gauge\n# TYPE a gauge\n# EOF\n"),
    ("a second HELP", "# TYPE a gauge\n# HELP a A.\n# HELP a A.\n# EOF\n"),
    ("a second UNIT", "# TYPE a_s gauge\n# UNIT a_s s\n# UNIT a_s s\n# HELP a_s A.\n# EOF\n"),
    ("below samples", HEAD + "a 1\n# HELP a A.\n# EOF\n"),
    ("not TYPE, UNIT, HELP", "# HELP a A.\n# TYPE a gauge\na 1\n# EOF\n"),
    ("not TYPE, UNIT, HELP", "# TYPE a_s gauge\n# HELP a_s A.\n# UNIT a_s s\na_s 1\n# EOF\n"),
    ("no type, or no help", "a 1\n# EOF\n"),
    ("no type, or no help", "# TYPE a gauge\na 1\n# EOF\n"),
    ("no type, or no help", "# TYPE a gauge\n# HELP a \na 1\n# EOF\n"),
    ("is not in it", of("gauge", " 1", unit="seconds")),
    ("is not in it", of("gauge", " 1", name="aseconds", unit="seconds")),
    ("is not in it", of("counter", " 1", name="a_total_seconds_total", unit="total")),
    # Names.
    ("interleaved", HEAD + "a 1\n" + HEAD.replace(" a ", " b ") + "b 1\n" + HEAD + "# EOF\n"),
    ("interleaved", HEAD + 'a{b="1"} 1\n' + HEAD.replace(" a ", " b ") + 'b 1\na{b="2"} 1\n# EOF\n'),
    ("no type, or no help", "# TYPE a_total counter\n# HELP a_total A.\na_created 1\n# EOF\n"),
    ("does not end in _total", "# TYPE a counter\n# HELP a A.\na_total 1\n# EOF\n"),
    ("does not end in _info", "# TYPE a info\n# HELP a A.\na_info 1\n# EOF\n"),
    ("reserved", of("gauge", " 1", name="_a")),
    ("reserved for what is calculated", of("gauge", " 1", name="a:b")),
    ("collides", of("gauge", " 1", name="a_bucket")),
    ("collides", of("gauge", " 1", name="a_count")),
    ("no sample", HEAD + "1a 1\n# EOF\n"),
    ("no sample", HEAD + '{"a} 1\n# EOF\n'),
    ("no sample", HEAD + '{""} 1\n# EOF\n'),
    ("no sample", HEAD + '{b="c"} 1\n# EOF\n'),
    # Labels.
    ("no sample", of("gauge", '{b="c",} 1')),
    ("no sample", of("gauge", '{b="c", d="e"} 1')),
    ("no sample", of("gauge", '{b="c"d="e"} 1')),
    ("no sample", of("gauge", "{b='c'} 1")),
    ("no sample", of("gauge", "{b=c} 1")),
    ("no sample", of("gauge", '{1b="c"} 1')),
    ("no sample", of("gauge", '{b:d="c"} 1')),
    ("no sample", of("gauge", '{b="c} 1')),
    ("no sample", of("gauge", '{b="c"} 1 {')),
    ("no sample", of("gauge", '{b="c"d"} 1')),
    ("no sample", of("gauge", '{b="c\n"} 1')),
    ("no sample", of("gauge", '{b="\\"} 1')),
    ("the grammar knows", of("gauge", ' {b="c"} 1')),
    ("is no escape", of("gauge", '{b="\\t"} 1')),
    ("label b twice", of("gauge", '{b="c",b="d"} 1')),
    ("label b twice", of("gauge", '{b="c","b"="d"} 1')),
    ("label __b is reserved", of("gauge", '{__b="c"} 1')),
    # Numbers and times.
    ("no sample", of("gauge", "")),
    ("no sample", of("gauge", " ")),
    ("no sample", of("gauge", "  1")),
    ("no sample", of("gauge", " 0x1")),
    ("no sample", of("gauge", " 1,5")),
    ("no sample", of("gauge", " .")),
    ("no sample", of("gauge", " 1e")),
    ("no sample", of("gauge", " 1_000")),
    ("no sample", of("gauge", " ١")),
    ("no sample", of("gauge", " +NaN")),
    ("no sample", of("gauge", " true")),
    ("no sample", of("gauge", " 1 NaN")),
    ("no sample", of("gauge", " 1 +Inf")),
    ("no sample", of("gauge", " 1 2 3")),
    ("no sample", of("counter", " 1 st@", name="a_total")),
    ("no sample", of("counter", " 1 ST@2", name="a_total")),
    ("no sample", of("counter", " 1 st@2 3", name="a_total")),
    ("no sample", of("counter", " 1 st@2 st@3", name="a_total")),
    ("no sample", of("counter", " 1 2st@3", name="a_total")),
    ("no sample", of("counter", " 1 st@NaN", name="a_total")),
    ("beyond", of("gauge", " 1e999")),
    ("beyond", of("gauge", " -" + 400 * "9")),
    ("beyond", of("gauge", " 1 1e999")),
    ("beyond", of("counter", " 1 st@-1e999", name="a_total")),
    ("beyond", of("counter", " 1 # {} 1e999 2", name="a_total")),
    ("beyond", of("counter", " 1 # {} 1 2e999", name="a_total")),
    # Series.
    ("a series twice", of("gauge", " 1", " 1")),
    ("a series twice", of("gauge", " 1", "{} 1")),
    ("a series twice", of("gauge", '{b="c",d="e"} 1', '{d="e",b="c"} 2')),
    ("a series twice", of("gauge", '{b="c"} 1', '{b="c",d=""} 2')),
    ("a series twice", of("gauge", " 1 2", " 1 2")),
    ("a series twice", of("gauge", " 1 3", " 1 2")),
    ("a series twice", of("gauge", " 1", " 1 2")),
    ("interleaved", of("gauge", '{b="c"} 1 1', '{b="d"} 1 1', '{b="c"} 1 2')),
    # Types.
    ("type gauge has no start", of("gauge", " 1 st@2")),
    ("type gauge has no exemplars", of("gauge", " 1 # {} 1 2")),
    ("a gauge is a number", classic("count:1,sum:1,bucket:[+Inf:1]", kind="gauge")),
    ("a counter below 0", of("counter", " -1", name="a_total")),
    ("a counter below 0", of("counter", " NaN", name="a_total")),
    ("does not end in _total", of("counter", " 1")),
    ("no sample", of("counter", " 1 # {} 1", name="a_total")),
    ("no sample", of("counter", " 1 # 1 2", name="a_total")),
    ("an info is 1", of("info", " 2", name="a_info")),
    ("does not end in _info", of("info", " 1")),
    ("has a unit", of("info", " 1", name="a_info", unit="info")),
    ("type info has no start", of("info", " 1 st@2", name="a_info")),
    ("a state is 0 or 1", of("stateset", '{a="b"} 2')),
    ("a state is 0 or 1", of("stateset", '{a="b"} NaN')),
    ("without its label", of("stateset", '{state="b"} 1')),
    ("has a unit", of("stateset", '{a_s="b"} 1', name="a_s", unit="s")),
    ("groups of a stateset", of("stateset", '{x="1",a="b"} 1', '{x="2",a="b"} 1', '{x="1",a="c"} 0')),
    # Histograms.
    ("is no histogram", of("histogram", " 1")),
    ("is no histogram", classic("gcount:1,gsum:1,bucket:[+Inf:1]")),
    ("is no gaugehistogram", classic("count:1,sum:1,bucket:[+Inf:1]", kind="gaugehistogram")),
    ("is no histogram", classic("count:1,sum:1,quantile:[]")),
    ("the grammar knows", classic("")),
    ("the grammar knows", classic("count:1,sum:1")),
    ("the grammar knows", classic("count:1,sum:1,bucket:[]")),
    ("the grammar knows", classic("count:1,sum:1,bucket:[1:1]")),
    ("the grammar knows", classic("sum:1,count:1,bucket:[+Inf:1]")),
    ("the grammar knows", classic("count:1,bucket:[+Inf:1]")),
    ("the grammar knows", classic("bucket:[+Inf:1],count:1,sum:1")),
    ("the grammar knows", classic("count:1,sum:1,bucket:[+Inf:1,2:1]")),
    ("the grammar knows", classic("count:1,sum:1,bucket:[+inf:1]")),
    ("the grammar knows", classic("count:1,sum:1,bucket:[Inf:1]")),
    ("the grammar knows", classic("count:1,sum:1,bucket:[NaN:1,+Inf:1]")),
    ("the grammar knows", classic("count:1,sum:1,bucket:[1:1,-Inf:1,+Inf:1]")),
    ("the grammar knows", classic("count:1,sum:1,bucket:[+Inf:1],")),
    ("no sample", classic("count:1, sum:1,bucket:[+Inf:1]")),
    ("no sample", of("histogram", " {count:1,sum:1,bucket:[+Inf:1]")),
    ("count and gsum", classic("count:1,gsum:1,bucket:[+Inf:1]")),
    ("+Inf is not the count", classic("count:2,sum:1,bucket:[1:1,+Inf:1]")),
    ("do not ascend", classic("count:1,sum:1,bucket:[2:1,1:1,+Inf:1]")),
    ("do not ascend", classic("count:1,sum:1,bucket:[1:1,1.0:1,+Inf:1]")),
    ("do not accumulate", classic("count:3,sum:1,bucket:[1:2,2:1,+Inf:3]")),
    ("do not accumulate", classic("count:3,sum:1,bucket:[1:4,+Inf:3]")),
    ("below 0", classic("count:-1,sum:1,bucket:[+Inf:-1]")),
    ("below 0", classic("count:1,sum:1,bucket:[1:-1,+Inf:1]")),
    ("not finite", classic("count:NaN,sum:1,bucket:[+Inf:NaN]")),
    ("not finite", classic("count:+Inf,sum:1,bucket:[+Inf:+Inf]")),
    ("not finite", classic("count:1,sum:1,bucket:[1:NaN,+Inf:1]")),
    ("not finite", native(",positive_spans:[0:2],positive_buckets:[5,NaN]")),
    ("beyond", classic("count:1,sum:1,bucket:[1:1,1e999:1,+Inf:1]")),
    ("beyond", classic("count:1,sum:1e999,bucket:[+Inf:1]")),
    ("label le", classic("count:1,sum:1,bucket:[+Inf:1]", '{le="1"}')),
    ("type gaugehistogram has no start", of("gaugehistogram", " {gcount:1,gsum:1,bucket:[+Inf:1]} st@1")),
    ("the grammar knows", native(",positive_spans:[0:1]")),
    ("the grammar knows", native(",positive_buckets:[5]")),
    ("the grammar knows", native(",positive_buckets:[5],positive_spans:[0:1]")),
    ("the grammar knows", native(",positive_spans:[0:1],positive_buckets:[5],"
                                 "negative_spans:[0:1],negative_buckets:[0]")),
    ("the grammar knows", native(",positive_spans:[0:1,-1:1],positive_buckets:[4,1]")),
    ("do not fit", native(",positive_spans:[0:2],positive_buckets:[5]")),
    ("not the sum of the native buckets", native(",positive_spans:[0:1],positive_buckets:[4]")),
    ("not the sum of the native buckets", native(",positive_spans:[0:1],positive_buckets:[1000000000000]")
     .replace("count:5", "count:1000000000001")),
    ("less than the sum of the native buckets", native(",positive_spans:[0:1],positive_buckets:[6]")
     .replace("sum:2.5", "sum:NaN")),
    ("do not fit", native(",positive_spans:[0:1" + 300 * "0" + "],positive_buckets:[5]")),
    ("beyond", native(",positive_spans:[0:" + 5000 * "9" + "],positive_buckets:[5]")),
    ("beyond", native("").replace("a:0", "a:" + 5000 * "9")),
    ("schema out of range", native(",positive_spans:[0:1],positive_buckets:[5]").replace("a:0", "a:9")),
    ("zero_threshold below 0", native("").replace("1e-4", "-1")),
    # Summaries.
    ("is no summary", of("summary", " 1")),
    ("the grammar knows", classic("count:1,sum:1,quantile:[0.5:1,]", kind="summary")),
    ("the grammar knows", classic("count:1,quantile:[]", kind="summary")),
    ("no natural number", classic("count:1.5,sum:1,quantile:[]", kind="summary")),
    ("no natural number", classic("count:+Inf,sum:1,quantile:[]", kind="summary")),
    ("no natural number", classic("count:NaN,sum:1,quantile:[]", kind="summary")),
    ("beyond", classic("count:" + 5000 * "9" + ",sum:1,quantile:[]", kind="summary")),
    ("sum below 0", classic("count:1,sum:NaN,quantile:[]", kind="summary")),
    ("do not ascend", classic("count:1,sum:1,quantile:[0.9:1,0.5:1]", kind="summary")),
    ("quantile out of range", classic("count:1,sum:1,quantile:[1.5:1]", kind="summary")),
    ("value of a quantile below 0", classic("count:1,sum:1,quantile:[0.5:-1]", kind="summary")),
    ("label quantile", classic("count:1,sum:1,quantile:[]", '{quantile="1"}', kind="summary")),
]

# What the specification allows, whether or not it recommends it.
ALLOWED = [
    "# EOF", "# EOF\n", "a 1\n# EOF",
    "# TYPE a gauge\n# EOF\n",
    "a 1\nb_count 2\n# EOF\n",
    "# HELP a A.\n# UNIT a seconds\n# TYPE a gauge\na 1\n# EOF\n",
    "# TYPE a gauge\n# UNIT a \n# HELP a \na{} 1\n# EOF\n",
    "# TYPE a counter\na 17.0 1520879607.789 st@1520430000.123\n# EOF\n",
    "# TYPE a:rate5m gauge\na:rate5m .5\n# EOF\n",
    'a{b="\\x"} 1\n# EOF\n',
    '# TYPE "a.b" gauge\n{"a.b"} 4.5\n{"a.b","c.d"="e",f="g"} 4.5\n# EOF\n',
    '# TYPE "a" gauge\na{b="1"} 1\n{"a",b="2"} 1\n# EOF\n',
    '{"\\"a\\\\","b\\n"="\\"\\n"} 0\n# EOF\n',
    'a{b="\x00\r\t\u2028"} 1\n# EOF\n',
    *(f"a {number}\n# EOF\n" for number in (
        "0042", "+1", "-0", "1.", ".5", "1E9", "1e+23", "nan", "NaN", "inf", "-INF", "+Infinity")),
    "a 1 -5\na 1 123.5\na 1 1e3\n# EOF\n",
    "# TYPE a gauge\na{b=\"c\"} 1 1\na{b=\"c\"} 1 2\na 1 1\n# EOF\n",
    '# TYPE a_info info\na_info{a="b"} 1.0\na_info{a="c"} 1\n# EOF\n',
    "# TYPE a stateset\n" + "".join(
        f'a{{x="{x}",a="{state}"}} {value} {time}.000\n'
        for x in "12" for state in "pq" for time, value in ((1, 1), (2, 0))) + "# EOF\n",
    '# TYPE a_total counter\na_total 17.0 1.5 st@1 # {t="x"} 0.67 1.1\n# EOF\n',
    "# TYPE a histogram\na {count:17,sum:324789.3,bucket:[0.0:0,1e-05:0,1.0:10,1e+23:17,+Inf:17]} "
    "st@1 # {} 0.054 1.7 # {t=\"x\"} 1.67 2.890\n# EOF\n",
    "# TYPE a histogram\na {count:1.5,sum:-Inf,bucket:[-Inf:0.5,-1:1,+Inf:1.5]}\n# EOF\n",
    '# TYPE a histogram\na{b="c"} {count:59,sum:1.2e2,schema:7,zero_threshold:1e-4,zero_count:0,'
    "negative_spans:[1:2],negative_buckets:[5,7],positive_spans:[-1:2,3:4],"
    "positive_buckets:[5,7,10,9,8,8]} st@1\n# EOF\n",
    "# TYPE a histogram\na {count:0,sum:0,schema:-4,zero_threshold:0,zero_count:0}\n# EOF\n",
    '# TYPE a histogram\na{le="1"} {count:2,sum:1.2e2,schema:0,zero_threshold:1e-4,zero_count:0,'
    "positive_spans:[1:2],positive_buckets:[1,1]}\n# EOF\n",
    "# TYPE a histogram\na {count:2,sum:NaN,schema:0,zero_threshold:1e-4,zero_count:0,"
    "positive_spans:[1:1],positive_buckets:[1],bucket:[0.5:1,+Inf:2]}\n# EOF\n",
    "# TYPE a histogram\na {count:+Inf,sum:NaN,bucket:[1:1,2:NaN,3:2,+Inf:+Inf]}\n# EOF\n",
    "# TYPE a gaugehistogram\na {gcount:0.01,gsum:2.0,schema:0,zero_threshold:1e-4,zero_count:0.0,"
    "positive_spans:[1:3],positive_buckets:[0.001,0.002,0.007]}\n# EOF\n",
    "# TYPE a gaugehistogram\na {gcount:0.01,gsum:-2.0,bucket:[1:-4,+Inf:0.01]}\n# EOF\n",
    "# TYPE a summary\na {count:0,sum:0.0,quantile:[0:NaN,0.95:123.7,1:150]} st@1\n# EOF\n",
    "# TYPE a summary\na {count:12.0,sum:100.0,quantile:[0.9:2.0]}\n# EOF\n",
    "# TYPE a unknown\na 1\n# EOF\n",
    "a {count:1,sum:1,bucket:[+Inf:1]}\n# EOF\n",
]


def parse(document, lenient=False):
    data = document if isinstance(document, bytes) else document.encode()
    return openmetrics2.parse(data, lenient)


class OpenMetrics2Test(unittest.TestCase):
    def test_refuses_what_is_wrong(self):
        self.assertGreaterEqual(len(WRONG), 40)
        for why, document in WRONG:
            with self.subTest(document=document):
                with self.assertRaises(openmetrics2.Wrong) as raised:
                    parse(document)
                self.assertIn(why, str(raised.exception).split(": '")[0])

    def test_takes_what_is_allowed(self):
        for document in ALLOWED:
            with self.subTest(document=document):
                parse(document, lenient=True)

    def test_reads_what_is_written(self):
        family, = parse(of("counter", '{b="\\"\\\\\\n\\\\n"} 1.5 2 st@0.25', name="a_seconds_total",
                           unit="seconds"))
        self.assertEqual((family.name, family.type, family.unit, family.help),
                         ("a_seconds_total", "counter", "seconds", "A."))
        sample, = family.samples
        self.assertEqual(sample.labels, {"b": '"\\\n\\n'})
        self.assertEqual((sample.value, sample.timestamp, sample.start), (1.5, 2, 0.25))

    def test_reads_distributions(self):
        family, = parse(classic("count:3,sum:1.5,bucket:[0.5:1,1:1,+Inf:3]"))
        self.assertEqual(family.samples[0].value,
                         Distribution("histogram", 3, 1.5, [(0.5, 1), (1, 1), (math.inf, 3)]))
        self.assertEqual(openmetrics2.as_series([family]),
                         [("a_bucket", {"le": 0.5}, 1), ("a_bucket", {"le": 1}, 1),
                          ("a_bucket", {"le": math.inf}, 3), ("a_sum", {}, 1.5), ("a_count", {}, 3)])
        family, = parse(classic("count:3,sum:1.5,quantile:[0.5:1]", kind="summary"))
        self.assertEqual(openmetrics2.as_series([family]),
                         [("a", {"quantile": 0.5}, 1), ("a_sum", {}, 1.5), ("a_count", {}, 3)])


if __name__ == "__main__":
    unittest.main()
