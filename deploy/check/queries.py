"""Holds the rules and the dashboard to the metrics that there are.

A query for a metric that nobody counts is answered with nothing, so a misspelt alert never fires
and a misspelt panel stays empty. Names come from the service's files metrics.rs, kinds and labels
from the table in docs/CONFIGURATION.md. Whether queries are PromQL and rules do what they should is
promtool's business. Usage: queries.py REPOSITORY
"""

import json
import re
import sys
from pathlib import Path

import promql_parser
import yaml

ROOT = Path(sys.argv[1])
# What Prometheus itself adds, and what the job's discovery may.
TARGET_LABELS = {"job", "instance", "namespace", "pod"}
ITS_OWN = {"up": TARGET_LABELS, "ALERTS": None}

faults = []


def known_metrics():
    """Every series by name, with its labels."""
    counted = {name for path in (ROOT / "src/service").rglob("metrics.rs")
               for name in re.findall(r'"(revscore_\w+)"', path.read_text())}
    series, documented = {}, set()
    manual = (ROOT / "docs/CONFIGURATION.md").read_text()
    for names, kind, labels in re.findall(r"^\| (`revscore_.*?) \| (\w+) \|(.*?)\|", manual, re.MULTILINE):
        labels = set(re.findall(r"`(\w+)`", labels)) | TARGET_LABELS
        for name in re.findall(r"`(\w+)`", names):
            documented.add(name)
            if kind == "histogram":
                series |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
            else:
                series[name] = labels
    if counted != documented:
        faults.append("metrics.rs in src/service and the table in docs/CONFIGURATION.md have different metrics: "
                      f"only the code {sorted(counted - documented)}, only the table {sorted(documented - counted)}")
    return series


def labels_in(node, series, where):
    """Checks a query from its leaves up; says which labels its series may have, None for any."""
    if isinstance(node, (promql_parser.MatrixSelector, promql_parser.SubqueryExpr)):
        inner = getattr(node, "vector_selector", None) or node.expr
        return labels_in(inner, series, where)
    if isinstance(node, promql_parser.VectorSelector):
        if node.name not in series:
            faults.append(f"{where}: there is no {node.name}")
            return None
        labels = series[node.name]
        for matcher in node.matchers.matchers:
            if labels is not None and matcher.name not in labels:
                faults.append(f"{where}: {node.name} has no label {matcher.name}")
        return labels
    if isinstance(node, promql_parser.AggregateExpr):
        labels, by = labels_in(node.expr, series, where), set(node.modifier.labels if node.modifier else [])
        for label in by - (labels or by):
            faults.append(f"{where}: nothing to aggregate has a label {label}")
        return by
    if isinstance(node, promql_parser.Call):
        inner = [labels_in(arg, series, where) for arg in node.args]
    elif isinstance(node, promql_parser.BinaryExpr):
        inner = [labels_in(node.lhs, series, where), labels_in(node.rhs, series, where)]
    elif isinstance(node, (promql_parser.ParenExpr, promql_parser.UnaryExpr)):
        inner = [labels_in(node.expr, series, where)]
    else:
        return set()
    return None if None in inner else set().union(*inner)


def check(query, series, where):
    # Grafana's own interval; its other variables stand in strings, where PromQL takes anything.
    try:
        node = promql_parser.parse(query.replace("$__rate_interval", "5m"))
    except ValueError as error:
        faults.append(f"{where}: {error}: {query}")
        return None
    return labels_in(node, series, where)


def check_rules(series):
    """Rules' queries; that each alert is tested both ways and has its page in the runbook."""
    groups = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    for rule in rules:
        labels = check(rule["expr"], series, rule.get("alert") or rule["record"])
        if "record" in rule:
            series[rule["record"]] = labels

    tests = yaml.safe_load((ROOT / "deploy/prometheus/rules_test.yml").read_text())["tests"]
    for test in tests:
        for given in test["input_series"]:
            check(given["series"], series, f"rules_test.yml, {test['name']}")
    outcomes = {(case["alertname"], bool(case.get("exp_alerts")))
                for test in tests for case in test.get("alert_rule_test", [])}
    headings = set(re.findall(r"^#+ (\w+)$", (ROOT / "deploy/README.md").read_text(), re.MULTILINE))
    alerts = {rule["alert"]: rule for rule in rules if "alert" in rule}
    for alert, rule in alerts.items():
        for fires, what in ((True, "fires"), (False, "does not fire")):
            if (alert, fires) not in outcomes:
                faults.append(f"{alert}: no test in which it {what}")
        if rule["annotations"]["runbook"] != f"deploy/README.md#{alert.lower()}":
            faults.append(f"{alert}: its runbook is {rule['annotations']['runbook']}")
    named = {heading for heading in headings if heading.startswith("Revscore")}
    if named != alerts.keys():
        faults.append(f"deploy/README.md and the rules have different alerts: {sorted(named ^ alerts.keys())}")


def check_dashboard(series):
    """The dashboard's queries, and that its panels can be told apart and do not overlap."""
    dashboard = json.loads((ROOT / "deploy/grafana/revscore.json").read_text())
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    for name, variable in variables.items():
        if variable["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()
            if label not in series.get(metric, set()):
                faults.append(f"variable {name}: no label {label} at {metric}")
    for annotation in dashboard["annotations"]["list"]:
        check(annotation["expr"], series, f"annotation {annotation['name']}")

    taken, ids, titles = {}, set(), set()
    for panel in dashboard["panels"]:
        where, at = f"panel {panel['title']!r}", panel["gridPos"]
        if panel["id"] in ids or panel["title"] in titles:
            faults.append(f"{where}: its id or title is there twice")
        ids.add(panel["id"])
        titles.add(panel["title"])
        if at["x"] + at["w"] > 24:
            faults.append(f"{where}: wider than the dashboard")
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            if taken.setdefault(cell, panel["id"]) != panel["id"]:
                faults.append(f"{where}: lies over another")
                break
        if panel["type"] == "row":
            continue
        if not panel["description"] or not panel["targets"]:
            faults.append(f"{where}: says or asks nothing")
        if panel["datasource"]["uid"] != "${datasource}":
            faults.append(f"{where}: asks one data source, not the one chosen")
        for target in panel["targets"]:
            check(target["expr"], series, where)
            for name in re.findall(r"\$\{?(\w+)", target["expr"]):
                if name not in variables and not name.startswith("__"):
                    faults.append(f"{where}: there is no variable {name}")


series = known_metrics() | ITS_OWN
check_rules(series)
check_dashboard(series)
for fault in faults:
    print(fault)
sys.exit(bool(faults))
