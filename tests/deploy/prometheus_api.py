"""Just enough of Prometheus' HTTP API."""

import json
import urllib.error
import urllib.parse
import urllib.request


class Refused(Exception):
    """Prometheus found the question wrong; the message says why."""


class Prometheus:
    """One server. Safe for concurrent use."""

    def __init__(self, url):
        self.url = url.rstrip("/")

    def get(self, path, **parameters):
        """The `data` of an answer. Errors: Refused; OSError when not reached."""
        url = f"{self.url}/api/v1/{path}?" + urllib.parse.urlencode(
            {k.replace("match", "match[]"): v for k, v in parameters.items()}, doseq=True)
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise Refused(f"{error.code}: {error.read().decode(errors='replace')}") from error

    def instant(self, expression, at=None):
        """[(labels, value)] now, or at a Unix time."""
        data = self.get("query", query=expression, **({"time": at} if at else {}))
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(s["metric"], float(s["value"][1])) for s in data["result"]]

    def range(self, expression, start, end, step):
        """[(labels, [(time, value)])]"""
        data = self.get("query_range", query=expression, start=start, end=end, step=step)
        return [(s["metric"], [(t, float(v)) for t, v in s["values"]])
                for s in data["result"]]

    def label_values(self, selector, label):
        return sorted({s[label] for s in self.get("series", match=selector) if s.get(label)})
