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
{{ end -}}

{{/* What Knative decides about by itself. */}}
{{- define "revscore.isKnative" -}}
{{- if and .Values.inferenceService.enabled (has .Values.inferenceService.deploymentMode (list "Knative" "Serverless")) }}true{{ end -}}
{{- end -}}

{{- define "revscore.graceSeconds" -}}
{{- $drain := .Values.config.drain_ms | default 10000 | int64 -}}
{{- add .Values.preStopSeconds (div (add $drain 999) 1000) 20 -}}
{{- end -}}

{{/* The container, for a dict of root, name and portName. */}}
{{- define "revscore.container" -}}
{{- $values := .root.Values -}}
name: {{ .name }}
image: "{{ $values.image.repository }}:{{ $values.image.tag | default .root.Chart.AppVersion }}"
imagePullPolicy: {{ $values.image.pullPolicy }}
args: [--config, /etc/revscore/revscore.toml]
{{- with $values.ledgerPasswordKey }}
env:
  - name: PGPASSWORD
    valueFrom:
      secretKeyRef: {name: {{ required "ledgerPasswordKey needs secretName, the Secret that holds the password" $values.secretName }}, key: {{ . }}}
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
    configMap: {name: {{ include "revscore.fullname" . }}}
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
