{{/* Names and labels. The label app.kubernetes.io/name is also the job's name in Prometheus. */}}
{{- define "revscore.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "revscore.selectorLabels" -}}
app.kubernetes.io/name: revscore
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "revscore.labels" -}}
{{ include "revscore.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "revscore.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "revscore.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/*
The configuration as TOML. JSON's strings, numbers, booleans and lists are TOML's, and unlike toToml,
toJson writes 8388608 where the values say 8388608.
*/}}
{{- define "revscore.toml" -}}
{{- range $key, $value := .Values.config }}
{{ $key }} = {{ toJson $value }}
{{- end }}
{{- range $wiki, $options := .Values.wikis }}

[wiki.{{ $wiki }}]
{{- range $key, $value := omit $options "models" }}
{{ $key }} = {{ toJson $value }}
{{- end }}
{{- with $options.models }}

[wiki.{{ $wiki }}.models]
{{- range $key, $value := . }}
{{ $key }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- end }}
{{- range $kind, $tables := dict "source" .Values.sources "sink" .Values.sinks }}
{{- range $name, $table := $tables }}

[{{ $kind }}.{{ $name }}]
{{- range $key, $value := omit $table "options" }}
{{ $key }} = {{ toJson $value }}
{{- end }}
{{- with $table.options }}

[{{ $kind }}.{{ $name }}.options]
{{- range $key, $value := . }}
{{ toJson $key }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{ end -}}

{{/* Where the ledger is: a database, a file, or nowhere. */}}
{{- define "revscore.ledger" -}}
{{- $ledger := .Values.config.ledger | default "" -}}
{{- if or .Values.postgres.secretName (hasPrefix "postgres" $ledger) }}database
{{- else if $ledger }}file
{{- end -}}
{{- end -}}

{{/* Whether there may be several pods at a time, besides a roll-out. */}}
{{- define "revscore.isMany" -}}
{{- $values := .Values -}}
{{- if $values.inferenceService.enabled -}}
{{- if gt (int $values.inferenceService.maxReplicas) 1 }}true{{ end -}}
{{- else if or $values.autoscaling.enabled $values.keda.enabled (gt (int $values.replicas) 1) }}true{{ end -}}
{{- end -}}

{{/* What cannot be together, whoever makes the pods. */}}
{{- define "revscore.check" -}}
{{- $values := .Values -}}
{{- $ledger := include "revscore.ledger" . -}}
{{- if and $values.postgres.secretName $values.config.ledger -}}
{{- fail "postgres.secretName and config.ledger are two ledgers: leave one of them out" -}}
{{- end -}}
{{- if and (eq $ledger "file") (not $values.models.writable) -}}
{{- fail "config.ledger needs models.writable, and a path in /models such as /models/wikis.ledger: nothing else that a pod can write outlives it. Or a database: postgres.secretName, or a postgres:// address" -}}
{{- end -}}
{{- if and $values.config.learn_history (include "revscore.isMany" .) (ne $ledger "database") -}}
{{- fail "config.learn_history with several pods needs a database (postgres.secretName): each would learn what it alone was told of. Or replicas: 1" -}}
{{- end -}}
{{- if and $values.sources (not $values.wikis) -}}
{{- fail "sources need wikis, from which texts are fetched" -}}
{{- end -}}
{{- if and $values.sources (include "revscore.isKnative" .) -}}
{{- fail "sources are not for Knative, which ends pods that get no requests" -}}
{{- end -}}
{{- range $name, $source := $values.sources -}}
{{- if and (ne $source.from "kafka") (not $ledger) -}}
{{- fail (printf "sources.%s needs a ledger, which keeps where it is: a database (postgres.secretName), or a file (config.ledger)" $name) -}}
{{- end -}}
{{- range concat (default list $source.wikis) (compact (list $source.wiki)) -}}
{{- if not (hasKey $values.wikis .) -}}
{{- fail (printf "sources.%s names %s, which is not among wikis" $name .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $kind, $tables := dict "sources" $values.sources "sinks" $values.sinks -}}
{{- range $name, $table := $tables -}}
{{- range $option, $value := $table.options -}}
{{- if regexMatch "password|passphrase|secret|[.]pem$|oauthbearer[.]config" $option -}}
{{- fail (printf "%s.%s.options.%s is a secret, and values end up in Helm's own records: put the whole configuration into a Secret (configSecretName)" $kind $name $option) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $values.configSecretName -}}
{{- range $key := list "wikis" "sources" "sinks" -}}
{{- if get $values $key -}}
{{- fail (printf "configSecretName is the whole configuration: %s would not be read" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Ports that brokers and a database have in the values, besides those that are named, as a list in JSON. */}}
{{- define "revscore.egressPorts" -}}
{{- $values := .Values -}}
{{- $ports := $values.networkPolicy.egressPorts | default list -}}
{{- range $tables := list $values.sources $values.sinks -}}
{{- range $name, $table := $tables -}}
{{- with $table.brokers -}}
{{- range splitList "," . -}}
{{- $ports = append $ports (regexFind "[0-9]+$" (regexFind ":[0-9]+$" .) | default "9092") -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $values.postgres.secretName -}}
{{- $ports = append $ports $values.postgres.port -}}
{{- else if eq (include "revscore.ledger" .) "database" -}}
{{- $host := regexReplaceAll "^[a-z]+://([^@]*@)?([^/?]*).*$" $values.config.ledger "${2}" -}}
{{- $ports = append $ports (regexFind "[0-9]+$" (regexFind ":[0-9]+$" $host) | default "5432") -}}
{{- end -}}
{{- $whole := list -}}
{{- range $ports }}{{ $whole = append $whole (int .) }}{{ end -}}
{{- uniq $whole | toJson -}}
{{- end -}}

{{/* What Knative decides about by itself. */}}
{{- define "revscore.isKnative" -}}
{{- if and .Values.inferenceService.enabled (has .Values.inferenceService.deploymentMode (list "Knative" "Serverless")) }}true{{ end -}}
{{- end -}}

{{- define "revscore.graceSeconds" -}}
{{- $drain := div (add (.Values.config.drain_ms | default 10000 | int64) 999) 1000 -}}
{{- /* Sources get drain_ms once more when requests have had theirs; their lanes take up to 5 s. */ -}}
{{- $streams := ternary (max $drain 5) 0 (or (gt (len .Values.sources) 0) (ne .Values.configSecretName "")) -}}
{{- add .Values.preStopSeconds $drain $streams 20 -}}
{{- end -}}

{{/* The container, for a dict of root, name and portName. */}}
{{- define "revscore.container" -}}
{{- $values := .root.Values -}}
name: {{ .name }}
image: "{{ $values.image.repository }}:{{ $values.image.tag | default .root.Chart.AppVersion }}"
imagePullPolicy: {{ $values.image.pullPolicy }}
args: [--config, /etc/revscore/revscore.toml]
{{- with $values.postgres.secretName }}
env:
  - name: REVSCORE_LEDGER
    valueFrom:
      secretKeyRef: {name: {{ . }}, key: {{ $values.postgres.secretKey }}}
{{- end }}
ports:
  - {name: {{ .portName }}, containerPort: 8080, protocol: TCP}
readinessProbe:
  httpGet: {path: /readyz, port: 8080}
  periodSeconds: 5
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /healthz, port: 8080}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- if and $values.preStopSeconds (not (include "revscore.isKnative" .root)) }}
lifecycle:
  preStop:
    sleep: {seconds: {{ $values.preStopSeconds }}}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
resources: {{- toYaml $values.resources | nindent 2 }}
volumeMounts:
  - {name: config, mountPath: /etc/revscore/revscore.toml, subPath: revscore.toml, readOnly: true}
  {{- if $values.secretName }}
  - {name: secrets, mountPath: /etc/revscore/secrets, readOnly: true}
  {{- end }}
  {{- if $values.models.claim }}
  - {name: models, mountPath: /models, readOnly: {{ not $values.models.writable }}}
  {{- end }}
{{- end -}}

{{/* What surrounds the container, in a pod and in a predictor alike. */}}
{{- define "revscore.podSpec" -}}
{{- $values := .Values -}}
serviceAccountName: {{ include "revscore.serviceAccountName" . }}
automountServiceAccountToken: false
{{- with $values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if not (include "revscore.isKnative" .) }}
terminationGracePeriodSeconds: {{ include "revscore.graceSeconds" . }}
securityContext: {runAsNonRoot: true, fsGroup: 65532}
{{- end }}
volumes:
  - name: config
    {{- if $values.configSecretName }}
    secret: {secretName: {{ $values.configSecretName }}, defaultMode: 0444}
    {{- else }}
    configMap: {name: {{ include "revscore.fullname" . }}}
    {{- end }}
  {{- if $values.secretName }}
  - name: secrets
    secret: {secretName: {{ $values.secretName }}, defaultMode: 0444}
  {{- end }}
  {{- if $values.models.claim }}
  - name: models
    persistentVolumeClaim: {claimName: {{ $values.models.claim }}, readOnly: {{ not $values.models.writable }}}
  {{- end }}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" }}
{{- with get $values $key }}
{{ $key }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A new configuration makes new pods: SIGHUP reads the models alone. */}}
{{- define "revscore.podAnnotations" -}}
checksum/config: {{ include "revscore.toml" . | sha256sum }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "revscore.podLabels" -}}
{{ include "revscore.selectorLabels" . }}
{{- with .Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
