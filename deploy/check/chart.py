"""Renders the Helm chart with Helm itself, and holds what comes out to Kubernetes' schemas.

Schemas know fields, not what fields refer to, so selectors, ports, names and the configuration are
compared here. Usage: chart.py REPOSITORY KSERVE, where KSERVE is the unpacked Python package whose
models say which fields an InferenceService has.
"""

import ast
import json
import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import helm_python
import jsonschema
import kubernetes_validate
import yaml
from cloudcoil.models.keda import v1alpha1 as keda
from cloudcoil.models.prometheus_operator import v1 as monitoring
from yamllint import linter
from yamllint.config import YamlLintConfig

ROOT, KSERVE = Path(sys.argv[1]), Path(sys.argv[2])
CHART = ROOT / "deploy/helm/revscore"
VERSIONS = ["1.30", kubernetes_validate.latest_version()]

WIKIS = {
    "enwiki": {
        "api_url": "https://en.wikipedia.org/w/api.php",
        "language": "en",
        "aliases": ["en", "english"],
        "user_agent": 'revscore "test" <ops@example.org>',
        "oauth_token_file": "/etc/revscore/secrets/enwiki",
        "timeout_ms": 2500,
        "models": {"damaging": "reverted"},
    },
    "papwiki": {"api_url": "https://pap.wikipedia.org/w/api.php"},
}
EVERYTHING = {
    "config": {"drain_ms": 12500, "max_body_bytes": 16777216, "log": "info,hyper=debug",
               "admin_token_file": "/etc/revscore/secrets/admin"},
    "wikis": WIKIS,
    "secretName": "tokens",
    "models": {"claim": "models"},
    "autoscaling": {"enabled": True},
    "serviceAccount": {"annotations": {"a": "b"}},
    "networkPolicy": {"from": [{"namespaceSelector": {}}], "egressPorts": [443, 80]},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
    "image": {"tag": "v1", "pullSecrets": [{"name": "registry"}]},
    "podAnnotations": {"c": "d"}, "podLabels": {"e": "f"}, "nodeSelector": {"g": "h"},
    "tolerations": [{"key": "i", "operator": "Exists"}],
    "topologySpreadConstraints": [{
        "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "revscore"}}}],
}
ADDRESS = {"secretName": "database"}
EDITS = {"from": "kafka", "brokers": "k1:9093,k2", "topics": ["edits", "more.edits"], "group": "scorers",
         "dead_letter_topic": "dead", "retry_topic": "again", "start": "earliest", "wikis": ["enwiki"], "skip_bots": True,
         "options": {"security.protocol": "ssl", "ssl.ca.location": "/etc/ssl/certs/ca-certificates.crt"}}
STREAMS = {
    "wikis": {"enwiki": {"api_url": "https://en.wikipedia.org/w/api.php"}},
    "sources": {
        "edits": EDITS,
        "public": {"from": "eventstreams", "url": "https://stream.example.org/v2/stream/x", "user_agent": "a (b)",
                   "wikis": ["enwiki"], "skip_bots": False},
        "changes": {"from": "recentchanges", "wiki": "enwiki", "every_seconds": 30, "skip_bots": True},
    },
    "sinks": {
        "scores": {"to": "kafka", "brokers": "k1:9094", "topic": "scores", "stream": "s",
                   "schema": "prediction-classification-change", "options": {"linger.ms": "20"}},
        "review": {"to": "webhook", "url": "https://review.example.org/", "token_file": "/etc/revscore/secrets/review",
                   "stream": "s", "schema": "revision-score", "timeout_ms": 500},
        "gate": {"to": "eventgate", "url": "http://gate/v1/events", "stream": "s", "schema": "revision-score",
                 "timeout_ms": 500},
    },
    "secretName": "secrets",
    "postgres": ADDRESS,
}
FOLLOWED = {"wikis": STREAMS["wikis"], "sources": {"edits": EDITS}}
SCALED = FOLLOWED | {"keda": {"enabled": True, "bootstrapServers": "k1:9093,k2", "consumerGroup": "scorers",
                              "topic": "more.edits", "authenticationName": "brokers"}}
KAFKA = yaml.safe_load((CHART / "values-kafka.yaml").read_text())
BASE = {"ConfigMap", "ServiceAccount"}
ITS_OWN = BASE | {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"}
KSERVES = BASE | {"InferenceService"}
# Values, and the kinds of objects that they make.
TAKEN = [
    ("defaults", {}, ITS_OWN),
    ("everything", EVERYTHING,
     ITS_OWN | {"HorizontalPodAutoscaler", "ServiceMonitor", "PrometheusRule"}),
    ("histories", {"replicas": 1, "models": {"claim": "models", "writable": True}}, ITS_OWN),
    (
        "ledger",
        {"replicas": 1, "models": {"claim": "models", "writable": True}, "config": {"ledger": "/models/wikis.ledger"}},
        ITS_OWN,
    ),
    (
        "a ledger that pods share",
        {"config": {"ledger": "postgres://revscore@db/revscore", "ledger_connections": 4, "history_follow_ms": 100},
         "networkPolicy": {"egressPorts": [443, 5432]}, "autoscaling": {"enabled": True}},
        ITS_OWN | {"HorizontalPodAutoscaler"},
    ),
    ("a ledger whose address is a secret",
     {"postgres": {"secretName": "database", "secretKey": "url", "port": 6432}, "config": {"learn_history": "enwiki"}},
     ITS_OWN),
    ("streams", STREAMS, ITS_OWN),
    ("a source and a ledger of one pod",
     {"replicas": 1, "models": {"claim": "models", "writable": True},
      "config": {"ledger": "/models/wikis.ledger", "learn_history": "enwiki"},
      "wikis": STREAMS["wikis"], "sources": {"changes": STREAMS["sources"]["changes"]}}, ITS_OWN),
    ("topics without a ledger", FOLLOWED, ITS_OWN),
    ("pods by what waits", SCALED, ITS_OWN | {"ScaledObject"}),
    ("values-kafka.yaml", KAFKA, ITS_OWN | {"ServiceMonitor", "PrometheusRule"}),
    ("values-kafka.yaml with KEDA", KAFKA | {"keda": KAFKA["keda"] | {"enabled": True}},
     ITS_OWN | {"ServiceMonitor", "PrometheusRule", "ScaledObject"}),
    ("a configuration that is a secret",
     {"configSecretName": "everything", "postgres": ADDRESS, "secretName": "secrets",
      "keda": SCALED["keda"]}, ITS_OWN - {"ConfigMap"} | {"ScaledObject"}),
    ("nothing optional", {"preStopSeconds": 0, "podDisruptionBudget": {"enabled": False},
                          "networkPolicy": {"enabled": False}, "serviceAccount": {"create": False}},
     {"ConfigMap", "Deployment", "Service"}),
    ("KServe", EVERYTHING | {"inferenceService": {"enabled": True}},
     KSERVES | {"PodMonitor", "PrometheusRule"}),
    ("KServe with streams", STREAMS | {"inferenceService": {"enabled": True}}, KSERVES),
    ("KServe over Knative",
     {"inferenceService": {"enabled": True, "deploymentMode": "Knative"}}, KSERVES),
]
# Values, and what the refusal has to speak of.
REFUSED = [
    ({"replica": 3}, "replica"),
    ({"config": {"drain_sm": 1}}, "drain_sm"),
    ({"config": {"drain_ms": "10s"}}, "drain_ms"),
    ({"wikis": {"enwiki": {"language": "en"}}}, "api_url"),
    ({"wikis": {"En Wiki": {"api_url": "https://x"}}}, "En Wiki"),
    ({"wikis": WIKIS}, "secretName"),
    ({"config": {"admin_token_file": "/etc/revscore/secrets/admin"}}, "secretName"),
    ({"config": {"tokens_file": "/etc/revscore/secrets/tokens.toml"}}, "secretName"),
    ({"models": {"claim": "models", "writable": True}}, "replicas: 1"),
    ({"replicas": 1, "models": {"writable": True}}, "claim"),
    ({"config": {"ledger": "/models/wikis.ledger"}}, "models.writable"),
    ({"config": {"ledger": "postgres://revscore:secret@db/revscore"}}, "ledger"),
    ({"config": {"ledger": "postgres://revscore@db/revscore"}, "postgres": ADDRESS}, "two ledgers"),
    ({"config": {"learn_history": "enwiki"}}, "several pods"),
    ({"config": {"learn_history": "enwiki"}, "replicas": 1, "autoscaling": {"enabled": True}}, "several pods"),
    (SCALED | {"config": {"learn_history": "enwiki"}, "replicas": 1}, "several pods"),
    ({"config": {"ledger": "/models/x"}, "inferenceService": {"enabled": True}}, "models.writable"),
    (SCALED | {"replicas": 1, "models": {"claim": "models", "writable": True}}, "replicas: 1"),
    ({"sources": {"edits": EDITS}}, "wikis"),
    (STREAMS | {"postgres": {}}, "needs a ledger"),
    (STREAMS | {"secretName": ""}, "token_file"),
    (STREAMS | {"inferenceService": {"enabled": True, "deploymentMode": "Knative"}}, "Knative"),
    (FOLLOWED | {"sources": {"edits": EDITS | {"wikis": ["dewiki"]}}}, "dewiki"),
    (STREAMS | {"sources": {"changes": {"from": "recentchanges", "wiki": "dewiki"}}}, "dewiki"),
    (FOLLOWED | {"sources": {"Edits": EDITS}}, "Edits"),
    (FOLLOWED | {"sources": {"edits": EDITS | {"from": "carrier pigeons"}}}, "from"),
    (FOLLOWED | {"sources": {"edits": EDITS | {"url": "https://x"}}}, "url"),
    (FOLLOWED | {"sources": {"edits": EDITS | {"topics": []}}}, "topics"),
    (FOLLOWED | {"sources": {"edits": EDITS | {"options": {"linger.ms": 5}}}}, "linger.ms"),
    (FOLLOWED | {"sources": {"edits": EDITS | {"options": {"sasl.password": "x"}}}}, "configSecretName"),
    (FOLLOWED | {"sinks": {"x": {"to": "kafka", "brokers": "k", "topic": "t", "options": {"ssl.key.password": "x"}}}},
     "configSecretName"),
    ({"sinks": {"x": {"to": "webhook"}}}, "url"),
    ({"sinks": {"x": {"to": "webhook", "url": "https://x", "schema": "revision_score"}}}, "schema"),
    ({"sinks": {"x": {"to": "eventgate", "url": "https://x", "token_file": "/x"}}}, "token_file"),
    (FOLLOWED | {"configSecretName": "everything"}, "whole configuration"),
    (SCALED | {"autoscaling": {"enabled": True}}, "two autoscalers"),
    (SCALED | {"keda": SCALED["keda"] | {"topic": "other"}}, "none of the sources"),
    (SCALED | {"keda": SCALED["keda"] | {"consumerGroup": "other"}}, "none of the sources"),
    (SCALED | {"keda": {"enabled": True, "topic": "edits"}}, "bootstrapServers"),
]

faults = []


def expect(holds, what):
    if not holds:
        faults.append(what)


def attribute_map(model):
    """The fields of one of KServe's generated models, by their names in YAML."""
    tree = ast.parse((KSERVE / f"kserve/models/{model}.py").read_text())
    maps = [ast.literal_eval(node.value) for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "attribute_map"]
    return set(maps[0].values())


def validate(case, document):
    """Holds an object to its schema; unknown fields are faults everywhere."""
    kind = document["kind"]
    if kind == "InferenceService":
        predictor = document["spec"]["predictor"]
        extension = attribute_map("v1beta1_component_extension_spec")
        for key in document["spec"].keys() - attribute_map("v1beta1_inference_service_spec"):
            faults.append(f"{case}: {kind} has no field {key}")
        for key in predictor.keys() - attribute_map("v1beta1_predictor_spec"):
            faults.append(f"{case}: a predictor has no field {key}")
        for key, kind_of in (("minReplicas", int), ("maxReplicas", int), ("labels", dict)):
            expect(isinstance(predictor.get(key), kind_of), f"{case}: {key} is not of {kind_of}")
        # The rest of a custom predictor is a pod's specification.
        pod = {key: value for key, value in predictor.items() if key not in extension}
        document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": pod}
    elif document["apiVersion"].startswith(("monitoring.", "keda.")):
        try:
            parsed = getattr(keda if document["apiVersion"].startswith("keda.") else monitoring, kind).model_validate(document)
        except ValueError as error:
            faults.append(f"{case}: {kind}: {error}")
            return
        kept = parsed.model_dump(mode="json", by_alias=True, exclude_unset=True)
        expect(kept == document, f"{case}: {kind} has fields that its schema does not know")
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            faults.append(f"{case}: {kind}, Kubernetes {version}: {error.message} at {list(error.path)}")
        except kubernetes_validate.SchemaNotFoundError:
            faults.append(f"{case}: Kubernetes {version} has no {kind} of {document['apiVersion']}")


def cross_check(case, values, by_kind):
    """What one object says of another."""
    if "ConfigMap" in by_kind:
        toml = tomllib.loads(by_kind["ConfigMap"]["data"]["revscore.toml"])
        for table, key in (("wiki", "wikis"), ("source", "sources"), ("sink", "sinks")):
            expect(toml.pop(table, {}) == values[key], f"{case}: the tables [{table}.*] are not the values")
        expect(toml == values["config"], f"{case}: the configuration {toml} is not {values['config']}")

    if "Deployment" in by_kind:
        spec = by_kind["Deployment"]["spec"]
        expect(("replicas" in spec) != bool({"HorizontalPodAutoscaler", "ScaledObject"} & by_kind.keys()),
               f"{case}: replicas are set by both Deployment and autoscaler, or by none")
        labels, pod = spec["template"]["metadata"]["labels"], spec["template"]["spec"]
    else:
        pod = by_kind["InferenceService"]["spec"]["predictor"]
        labels = pod["labels"]
    container = pod["containers"][0]
    is_knative = values["inferenceService"]["deploymentMode"] == "Knative"

    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    selectors = [("Service", lambda o: o["spec"]["selector"], labels)]
    selectors += [(kind, lambda o: o["spec"]["selector"]["matchLabels"], labels)
                  for kind in ("Deployment", "PodDisruptionBudget", "PodMonitor")]
    selectors += [("NetworkPolicy", lambda o: o["spec"]["podSelector"]["matchLabels"], labels)]
    if "Service" in by_kind:
        service = by_kind["Service"]
        selectors += [("ServiceMonitor", lambda o: o["spec"]["selector"]["matchLabels"],
                       service["metadata"]["labels"])]
        expect(service["spec"]["ports"][0]["targetPort"] in ports, f"{case}: Service finds no port")
    for kind, selector, of in selectors:
        if kind in by_kind:
            wanted = selector(by_kind[kind])
            expect(wanted and wanted.items() <= of.items(), f"{case}: {kind} selects nothing")
    if "ServiceMonitor" in by_kind:
        expect(by_kind["ServiceMonitor"]["spec"]["endpoints"][0]["port"]
               == service["spec"]["ports"][0]["name"], f"{case}: ServiceMonitor finds no port")
    for kind in ("ServiceMonitor", "PodMonitor"):
        if kind in by_kind:
            job = labels[by_kind[kind]["spec"]["jobLabel"]]
            expect(job == "revscore", f"{case}: the job is called {job}, and the rules want revscore")
    if "PrometheusRule" in by_kind:
        rules = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())
        expect(by_kind["PrometheusRule"]["spec"] == rules, f"{case}: the rules are not rules.yml")
    for kind in ("HorizontalPodAutoscaler", "ScaledObject"):
        if kind in by_kind:
            expect(by_kind[kind]["spec"]["scaleTargetRef"]["name"]
                   == by_kind["Deployment"]["metadata"]["name"], f"{case}: nothing to scale")
    if "ScaledObject" in by_kind:
        # KEDA reads these as strings, and no schema knows which there are.
        metadata = by_kind["ScaledObject"]["spec"]["triggers"][0]["metadata"]
        wanted = {key: values["keda"][key] for key in ("bootstrapServers", "consumerGroup", "topic")}
        expect(metadata == wanted | {"lagThreshold": str(values["keda"]["lagThreshold"])},
               f"{case}: KEDA looks at {metadata}")

    account = by_kind.get("ServiceAccount", {"metadata": {"name": "default"}})["metadata"]["name"]
    expect(pod["serviceAccountName"] == account, f"{case}: no ServiceAccount {pod['serviceAccountName']}")
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    expect(volumes.keys() == mounts, f"{case}: volumes {set(volumes)} are mounted as {mounts}")
    if "ConfigMap" in by_kind:
        expect(volumes["config"]["configMap"]["name"] == by_kind["ConfigMap"]["metadata"]["name"], f"{case}: no ConfigMap")
    else:
        expect(volumes["config"]["secret"]["secretName"] == values["configSecretName"], f"{case}: no configuration")
    env = {variable["name"]: variable["valueFrom"]["secretKeyRef"] for variable in container.get("env", [])}
    postgres = values["postgres"]
    expect(env.get("REVSCORE_LEDGER") == ({"name": postgres["secretName"], "key": postgres["secretKey"]}
                                          if postgres["secretName"] else None), f"{case}: no address of the database")
    if "NetworkPolicy" in by_kind:
        rules = by_kind["NetworkPolicy"]["spec"]["egress"]
        ports = [port["port"] for rule in rules for port in rule["ports"]]
        wanted = needed_ports(values)
        expect(wanted <= set(ports) and len(ports) == len(set(ports)) + 1,
               f"{case}: may connect to {ports}, and needs {sorted(wanted)}")

    # What Kubernetes' Pod Security Standards call restricted, and a file system that stays as it is.
    security = container["securityContext"]
    expect(security["runAsNonRoot"] and security["runAsUser"] > 0 and security["readOnlyRootFilesystem"]
           and security["allowPrivilegeEscalation"] is False
           and security["capabilities"] == {"drop": ["ALL"]}
           and security["seccompProfile"]["type"] == "RuntimeDefault", f"{case}: not restricted")
    expect(container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": 8080}
           and container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": 8080},
           f"{case}: probes do not ask what the service answers")
    if is_knative:
        expect(not {"terminationGracePeriodSeconds", "securityContext"} & pod.keys()
               and "lifecycle" not in container, f"{case}: Knative refuses these fields")
    else:
        slept = values["preStopSeconds"]
        expect(container.get("lifecycle") == ({"preStop": {"sleep": {"seconds": slept}}} if slept else None),
               f"{case}: does not wait before SIGTERM")
        drain = values["config"]["drain_ms"] / 1000
        streams = max(drain, 5) if values["sources"] or values["configSecretName"] else 0
        expect(pod["terminationGracePeriodSeconds"] >= slept + drain + streams + 15,
               f"{case}: killed before requests are answered and histories written")


def needed_ports(values):
    """What pods call: names, what the values name, brokers and the database."""
    ports = {53, *values["networkPolicy"]["egressPorts"]}
    for table in [*values["sources"].values(), *values["sinks"].values()]:
        for broker in filter(None, table.get("brokers", "").split(",")):
            ports.add(int(broker.partition(":")[2] or 9092))
    address = values["config"].get("ledger", "")
    if values["postgres"]["secretName"]:
        ports.add(values["postgres"]["port"])
    elif address.startswith("postgres"):
        ports.add(urlsplit(address).port or 5432)
    return ports


def stream_keys():
    """The keys of each kind of source and sink, from the structs that read them."""
    source = (ROOT / "src/service/config/stream.rs").read_text()
    structs = {name: set(re.findall(r"^    pub (\w+):", body, re.MULTILINE))
               for name, body in re.findall(r"^pub struct (\w+) \{\n(.*?)^\}", source, re.MULTILINE | re.DOTALL)}
    kinds = {}
    for tag, key, name in (("from", "sources", "SourceConfig"), ("to", "sinks", "SinkConfig")):
        variants = re.search(rf"^pub enum {name} \{{\n(.*?)^\}}", source, re.MULTILINE | re.DOTALL).group(1)
        for variant, struct in re.findall(r"(\w+)\((\w+)\)", variants):
            kinds[key, variant.lower()] = structs[struct] | {tag}
    return kinds


def schema_keys(schema):
    """The same of the schema."""
    kinds = {}
    for tag, key in (("from", "sources"), ("to", "sinks")):
        for branch in schema["properties"][key]["additionalProperties"]["allOf"]:
            kinds[key, branch["if"]["properties"][tag]["const"]] = set(branch["then"]["properties"])
    return kinds


def options():
    """The options of docs/CONFIGURATION.md that a file can set."""
    rows = re.findall(r"^\| `--[\w-]+` \| \S+ \| `(\w+)` \|", (ROOT / "docs/CONFIGURATION.md").read_text(),
                      re.MULTILINE)
    # The image's: they are variables there, which outrank a file.
    return set(rows) - {"listen", "models"}


report = helm_python.lint(CHART, strict=True)
faults += report["errors"] + [m["error"] for m in report["messages"] if m["severity"] > 1]

schema = json.loads((CHART / "values.schema.json").read_text())
jsonschema.Draft7Validator.check_schema(schema)
has = set(schema["properties"]["config"]["properties"])
expect(has == options(), "values.schema.json and docs/CONFIGURATION.md have different options: "
       f"only the schema {sorted(has - options())}, only the manual {sorted(options() - has)}")
expect(schema_keys(schema) == stream_keys(), "values.schema.json and src/service/config/stream.rs have different keys: "
       f"{schema_keys(schema)}, {stream_keys()}")

duplicates = YamlLintConfig("{extends: relaxed, rules: {line-length: disable, trailing-spaces: disable,"
                            "empty-lines: disable, key-duplicates: enable}}")
with helm_python.Chart.load(CHART) as chart:
    for case, values, kinds in TAKEN:
        try:
            chart.validate_schema(values)
            rendered = chart.render(values, name="test", namespace="scoring")
        except helm_python.HelmError as error:
            faults.append(f"{case}: {error}")
            continue
        documents = []
        for text in rendered.values():
            faults += [f"{case}: {problem}" for problem in linter.run(text, duplicates)]
            documents += [document for document in yaml.safe_load_all(text) if document]
        by_kind = {document["kind"]: document for document in documents}
        expect(by_kind.keys() == kinds and len(documents) == len(kinds),
               f"{case}: makes {sorted(by_kind)}, not {sorted(kinds)}")
        for document in documents:
            validate(case, document)
        cross_check(case, chart.merge_values(values), by_kind)
    for values, word in REFUSED:
        try:
            chart.validate_schema(values)
            chart.render(values, name="test")
            faults.append(f"{values} is taken")
        except helm_python.HelmError as error:
            expect(word in str(error), f"{values} is refused without a word of {word}: {error}")

for fault in faults:
    print(fault)
sys.exit(bool(faults))
