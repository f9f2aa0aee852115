{{- define "name" -}}
{{- if contains "modelarts-exporter" .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-modelarts-exporter{{ end }}
{{- end }}

{{- define "selector" -}}
app.kubernetes.io/name: modelarts-exporter
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "labels" -}}
{{ include "selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "metadata" -}}
name: {{ include "name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "labels" . | nindent 2 }}
{{- end }}

{{- /* With a hash of what it holds: a change rolls out, and a faulty configuration never
becomes ready and leaves the old pod in place. */}}
{{- define "configName" -}}
{{ include "name" . }}-config-{{ .Values.config | sha256sum | trunc 10 }}
{{- end }}

{{- define "prefix" -}}
{{- with .Values.routePrefix | trimAll "/" }}/{{ . }}{{ end }}
{{- end }}
