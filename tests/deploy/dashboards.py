"""Reads the dashboards of deploy/grafana: their panels, queries and variables."""

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
        yield f"annotation {annotation['name']}", annotation["expr"]
    for name, variable in variables(dashboard).items():
        if variable["type"] == "query":
            yield f"variable {name}", variable["query"]["query"]
        if variable["type"] == "constant":
            yield f"variable {name}", variable["query"]


def used_variables(text):
    """Names in $name, ${name} and ${name:format}; not $1 and Grafana's own $__."""
    return {name for name in re.findall(r"\$\{?([A-Za-z_]\w*)", text)
            if not name.startswith("__")}
