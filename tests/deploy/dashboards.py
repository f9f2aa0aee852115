"""Reads the dashboards of deploy/grafana: their panels, queries and variables."""

import bisect
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "deploy" / "grafana" / "dashboards"


def load():
    """Each dashboard by its file's name."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8"))
            for file in sorted(FOLDER.glob("*.json"))}


def panels(dashboard):
    """All panels, those inside of collapsed rows too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def variables(dashboard):
    return {v["name"]: v for v in dashboard["templating"]["list"]}


def expressions(dashboard):
    """(where, PromQL) of every panel, annotation and variable."""
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            yield f"{panel['title']} {target['refId']}", target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield f"annotation {annotation['name']}", annotation["target"]["expr"]
    for name, variable in variables(dashboard).items():
        if variable["type"] == "query":
            yield f"variable {name}", variable["query"]["query"]
        if variable["type"] == "constant":
            yield f"variable {name}", variable["query"]


def used_variables(text):
    """Names in $name, ${name} and ${name:format}; not $1 and Grafana's own $__."""
    return {name for name in re.findall(r"\$\{?([A-Za-z_]\w*)", text)
            if not name.startswith("__")}


# What Grafana rounds an interval to, and from which length on, in seconds.
ROUNDED = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
FROM = (1.5, 3.5, 7.5, 12.5, 17.5, 25, 45, 90, 210, 450, 750, 1050, 1500, 2700, 5400, 9000, 16200, 32400, 86400)


def seconds(duration):
    return int(duration[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[duration[-1]]


def grafana_step(view, points, least):
    """Seconds between the points of a graph of `view` seconds that has room for
    `points`; not below `least`."""
    return max(ROUNDED[bisect.bisect_right(FROM, view / points)], least)


def grafana_rate_interval(target, view, points, data_source):
    """$__rate_interval of a query in seconds, where the data source says that it
    scrapes each `data_source` seconds. (promlib of Grafana 10 to 13.)"""
    least = seconds(target["interval"]) if "interval" in target else data_source
    return max(grafana_step(view, points, data_source) + least, 4 * least)
