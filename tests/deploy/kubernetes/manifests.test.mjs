// deploy/kubernetes as kubectl renders it, and deploy/helm as helm does: each object
// against its type, and the objects of one variant against each other.

import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import yaml from 'js-yaml';
import {faults} from './types.mjs';

const ROOT = new URL('../../../', import.meta.url).pathname;
const PORT = 10877;
const render = (variant) =>
  yaml.loadAll(
    execFileSync('kubectl', ['kustomize', `${ROOT}deploy/kubernetes/${variant}`], {encoding: 'utf8'}),
  );
const CHART = `${ROOT}deploy/helm/modelarts-exporter`;
const OPERATOR = ['--set=serviceMonitor.enabled=true', '--set=prometheusRule.enabled=true'];
const chart = (...values) =>
  yaml.loadAll(
    execFileSync('helm', ['template', 'modelarts-exporter', CHART, '--namespace=monitoring', ...values], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
// What people set most, as values of the chart.
const SET = {
  image: {repository: 'registry.example/modelarts_exporter', tag: '1.2.3', pullPolicy: 'IfNotPresent'},
  imagePullSecrets: [{name: 'registry'}],
  args: ['--log.format=json', '--web.max-requests=0'],
  routePrefix: 'modelarts/',
  env: [{name: 'HTTPS_PROXY', value: 'http://proxy:3128'}],
  podLabels: {team: 'perception'},
  podAnnotations: {'example.org/note': 'x'},
  nodeSelector: {'kubernetes.io/arch': 'amd64'},
  tolerations: [{key: 'spot', operator: 'Exists'}],
  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: 'zone', operator: 'Exists'}]}]}}},
  priorityClassName: 'high',
  serviceAccount: {annotations: {'example.org/agency': 'exporter'}},
  networkPolicy: {from: [{podSelector: {}}], egress: [{ports: [{protocol: 'TCP', port: 3128}]}]},
  serviceMonitor: {enabled: true, labels: {release: 'kps'}, interval: '2m', scrapeTimeout: '45s'},
  prometheusRule: {enabled: true, labels: {release: 'kps'}},
};
const VARIANTS = {
  ...Object.fromEntries(
    ['base', 'overlays/sidecar', 'overlays/prometheus-operator', 'overlays/sharded'].map((name) => [
      name,
      render(name),
    ]),
  ),
  chart: chart(),
  'chart with the operator': chart(...OPERATOR),
  'chart with values': chart(`--set-json=${Object.entries(SET).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}`),
};
const get = (variant, kind) => {
  const found = VARIANTS[variant].filter((object) => object.kind === kind);
  assert.equal(found.length, 1, `${variant}: ${kind}`);
  return found[0];
};
const workload = (variant) =>
  VARIANTS[variant].find((object) => ['Deployment', 'StatefulSet'].includes(object.kind));
const pod = (variant) => workload(variant).spec.template;
const exporter = (variant) => pod(variant).spec.containers.find((c) => c.name === 'exporter');
const selects = (selector, labels) =>
  Object.keys(selector).length > 0 &&
  Object.entries(selector).every(([key, value]) => labels[key] === value);

// One test for each variant.
const each = (name, check) => {
  for (const variant of Object.keys(VARIANTS)) test(`${variant} ${name}`, () => check(variant));
};

test('the variants hold what they should', () => {
  const kinds = Object.fromEntries(
    Object.entries(VARIANTS).map(([name, objects]) => [name, objects.map((o) => o.kind).sort()]),
  );
  const base = ['ConfigMap', 'NetworkPolicy', 'Service', 'ServiceAccount'];
  assert.deepEqual(kinds, {
    base: [...base, 'Deployment'].sort(),
    'overlays/sidecar': ['ConfigMap', 'Deployment', 'PodMonitor'],
    'overlays/prometheus-operator': [...base, 'Deployment', 'PrometheusRule', 'ServiceMonitor'].sort(),
    'overlays/sharded': [...base, 'PodDisruptionBudget', 'StatefulSet'].sort(),
    chart: [...base, 'Deployment'].sort(),
    'chart with the operator': [...base, 'Deployment', 'PrometheusRule', 'ServiceMonitor'].sort(),
    'chart with values': [...base, 'Deployment', 'PrometheusRule', 'ServiceMonitor'].sort(),
  });
});

each('is of the types that Kubernetes knows', (variant) => {
  for (const object of VARIANTS[variant]) {
    const found = faults(object)
      // The operator knows it since 0.65; the types here are older.
      .filter((fault) => !/keep_firing_for: unknown field$/.test(fault));
    assert.deepEqual(found, [], object.kind);
  }
});

test('the check of types refuses what is unknown, wrong or missing', () => {
  const broken = (change) => {
    const object = structuredClone(get('base', 'Deployment'));
    change(object.spec.template.spec.containers[0], object);
    return faults(object).join();
  };
  assert.match(broken((container) => (container.readOnly = true)), /\/containers\/0\/readOnly: unknown/);
  assert.match(broken((container) => (container.ports[0].hostport = 1)), /hostport: unknown field/);
  assert.match(broken((_, object) => (object.spec.replica = 1)), /^\/spec\/replica: unknown field/);
  assert.match(broken((container) => (container.livenessProbe.periodSeconds = 'often')), /periodSeconds/);
  assert.match(broken((container) => delete container.name), /name/);
  assert.match(broken((_, object) => (object.kind = 'Deploymint')), /unknown type/);
});

each('gives the exporter no rights', (variant) => {
  const {securityContext: own, ...container} = exporter(variant);
  const all = {...pod(variant).spec.securityContext, ...own};
  assert.equal(all.runAsNonRoot, true);
  assert.equal(all.runAsUser, 65532);
  assert.deepEqual(all.seccompProfile, {type: 'RuntimeDefault'});
  assert.equal(own.allowPrivilegeEscalation, false);
  assert.equal(own.readOnlyRootFilesystem, true);
  assert.deepEqual(own.capabilities, {drop: ['ALL']});
  assert.ok(container.volumeMounts.every((mount) => mount.readOnly));
});

each('bounds memory, and asks for what was measured', (variant) => {
  assert.deepEqual(exporter(variant).resources, {
    requests: {cpu: '10m', memory: '64Mi'},
    limits: {memory: '192Mi'},
  });
});

each('probes paths that need no password', (variant) => {
  const {livenessProbe, readinessProbe} = exporter(variant);
  const prefix = variant === 'chart with values' ? '/modelarts' : '';
  assert.equal(livenessProbe.httpGet.path, `${prefix}/-/healthy`);
  assert.equal(livenessProbe.httpGet.port, 'modelarts');
  // A sidecar must not take its workload out of service.
  if (variant === 'overlays/sidecar') assert.equal(readinessProbe, undefined);
  else assert.deepEqual(readinessProbe.httpGet, {path: `${prefix}/-/ready`, port: 'modelarts'});
});

each('mounts volumes that are there, the configuration by its hash', (variant) => {
  const volumes = pod(variant).spec.volumes;
  assert.deepEqual(
    exporter(variant).volumeMounts.map((mount) => mount.name),
    volumes.map((volume) => volume.name),
  );
  const [config, credentials] = volumes;
  assert.equal(config.configMap.name, get(variant, 'ConfigMap').metadata.name);
  assert.match(config.configMap.name, /^modelarts-exporter-config-[a-z0-9]{10}$/);
  assert.deepEqual(credentials.secret, {secretName: 'modelarts-exporter-credentials', defaultMode: 0o440});
  // Who the files are for: the pod's group, or the group that owns them.
  const {fsGroup, runAsGroup} = {...pod(variant).spec.securityContext, ...exporter(variant).securityContext};
  assert.equal(fsGroup ?? 0, runAsGroup);
});

each('selects its own pods', (variant) => {
  const labels = pod(variant).metadata.labels;
  const ports = exporter(variant).ports;
  assert.deepEqual(ports, [{name: 'modelarts', containerPort: PORT}]);
  for (const {kind, metadata, spec} of VARIANTS[variant]) {
    if (kind === 'Service') {
      assert.ok(selects(spec.selector, labels));
      assert.deepEqual(spec.ports, [{name: 'modelarts', port: PORT, targetPort: 'modelarts'}]);
    } else if (kind === 'NetworkPolicy') {
      assert.ok(selects(spec.podSelector.matchLabels, labels));
      assert.equal(spec.ingress[0].ports[0].port, 'modelarts');
    } else if (kind === 'ServiceMonitor') {
      const service = get(variant, 'Service').metadata.labels;
      assert.ok(selects(spec.selector.matchLabels, service));
      assert.match(service[spec.jobLabel], /modelarts/);
      assert.deepEqual(spec.endpoints.map((endpoint) => endpoint.port), ['modelarts']);
    } else if (kind === 'PodMonitor') {
      assert.ok(selects(spec.selector.matchLabels, labels));
      assert.match(metadata.name, /modelarts/);
      assert.deepEqual(spec.podMetricsEndpoints.map((endpoint) => endpoint.port), ['modelarts']);
    } else if (spec?.selector) {
      assert.ok(selects(spec.selector.matchLabels, labels), kind);
    }
  }
});

each('has a configuration and flags that the program takes', (variant) => {
  const program = process.env.MODELARTS_EXPORTER;
  const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
  try {
    for (const key of ['id', 'secret']) writeFileSync(join(folder, key), 'x', {mode: 0o600});
    const [name, text] = Object.entries(get(variant, 'ConfigMap').data)[0];
    assert.match(text, /\/etc\/modelarts\/secret/);
    writeFileSync(join(folder, name), text.replaceAll('/etc/modelarts/', `${folder}/`));
    const args = exporter(variant).args.map((arg) => arg.replace('/etc/modelarts_exporter/', `${folder}/`));
    const environment = {...process.env, POD_NAME: 'modelarts-exporter-2'};
    const run = spawnSync(program, [...args, '--config.check'], {encoding: 'utf8', env: environment});
    assert.deepEqual([run.status, run.stderr], [0, '']);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test('the chart is what kustomize makes, but for the labels of a release', () => {
  const plain = (objects) =>
    JSON.stringify(
      objects.map((object) => {
        const {metadata, ...rest} = object;
        const config = ({configMap}) => configMap && (configMap.name = configMap.name.replace(/[^-]+$/, 'HASH'));
        rest.spec?.template?.spec.volumes.forEach(config);
        return {...rest, name: metadata.name.replace(/(?<=-config-).*/, 'HASH')};
      }).sort((a, b) => a.kind.localeCompare(b.kind)),
      (key, value) =>
        ['app.kubernetes.io/instance', 'app.kubernetes.io/part-of'].includes(key) ? undefined
        : key === 'modelarts_exporter.yml' ? yaml.load(value)
        : value && typeof value === 'object' && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a.localeCompare(b)))
          : value,
      1,
    );
  assert.equal(plain(structuredClone(VARIANTS.chart)), plain(structuredClone(VARIANTS.base)));
  assert.equal(
    plain(structuredClone(VARIANTS['chart with the operator'])),
    plain(structuredClone(VARIANTS['overlays/prometheus-operator'])),
  );
});

test('the chart puts every value where it belongs', () => {
  const variant = 'chart with values';
  const {spec, metadata} = pod(variant);
  const {image, imagePullPolicy, args, env} = exporter(variant);
  assert.deepEqual([image, imagePullPolicy], ['registry.example/modelarts_exporter:1.2.3', 'IfNotPresent']);
  assert.deepEqual(args.slice(1), ['--web.route-prefix=/modelarts', ...SET.args]);
  assert.deepEqual(env, SET.env);
  for (const key of ['imagePullSecrets', 'nodeSelector', 'tolerations', 'affinity', 'priorityClassName']) {
    assert.deepEqual(spec[key], SET[key], key);
  }
  assert.equal(metadata.labels.team, 'perception');
  assert.deepEqual(metadata.annotations, SET.podAnnotations);
  assert.deepEqual(get(variant, 'ServiceAccount').metadata.annotations, SET.serviceAccount.annotations);
  const {ingress, egress} = get(variant, 'NetworkPolicy').spec;
  assert.deepEqual([ingress[0].from, egress.at(-1)], [SET.networkPolicy.from, SET.networkPolicy.egress[0]]);
  const [endpoint] = get(variant, 'ServiceMonitor').spec.endpoints;
  assert.deepEqual(endpoint, {port: 'modelarts', path: '/modelarts/metrics', interval: '2m', scrapeTimeout: '45s'});
  for (const kind of ['ServiceMonitor', 'PrometheusRule']) assert.equal(get(variant, kind).metadata.labels.release, 'kps');
});

test('the chart does without what is not wanted, and without the Secret', () => {
  const objects = chart('--set=networkPolicy.enabled=false', '--set=credentialsSecret=');
  assert.ok(!objects.some((object) => object.kind === 'NetworkPolicy'));
  const {containers, volumes} = objects.find((object) => object.kind === 'Deployment').spec.template.spec;
  assert.deepEqual([volumes.length, containers[0].volumeMounts.length], [1, 1]);
});

test('the chart takes a configuration as it is written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
  try {
    const text = '# Mine.\nprojects:\n  - project_id: 00000000000000000000000000000000\n    region: r, with {{ braces }}\n';
    writeFileSync(join(folder, 'mine.yml'), text);
    const objects = chart(`--set-file=config=${join(folder, 'mine.yml')}`);
    const {data, metadata} = objects.find((object) => object.kind === 'ConfigMap');
    assert.equal(data['modelarts_exporter.yml'], text);
    assert.notEqual(metadata.name, get('chart', 'ConfigMap').metadata.name);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test('the chart refuses values that it does not know', () => {
  for (const value of ['image.tags=1', 'replicas=2', 'serviceMonitor.enable=true', 'config=', 'args=x']) {
    assert.throws(() => chart(`--set=${value}`), /values don't meet the specifications of the schema/, value);
  }
});

test('the command that deploy/README.md shows sets what it says', () => {
  for (const name of ['README.md', 'README.zh-CN.md']) {
    const [, command] = readFileSync(`${ROOT}deploy/${name}`, 'utf8').match(/```sh\nhelm upgrade --install (\S+ [^]*?)```/);
    const words = command.replaceAll('\\\n', ' ').split(/\s+/).filter(Boolean)
      .map((word) => word.replace('config=', `config=${ROOT}config/`));
    const objects = yaml.loadAll(execFileSync('helm', ['template', ...words], {cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']}));
    assert.equal(objects.length, VARIANTS['chart with the operator'].length);
    const {containers} = objects.find((object) => object.kind === 'Deployment').spec.template.spec;
    assert.match(containers[0].image, /^swr\.\S+:YOUR-TAG$/);
  }
});

test('helm finds no fault with the chart', () => {
  execFileSync('helm', ['lint', '--strict', '--quiet', CHART], {stdio: ['ignore', 'pipe', 'pipe']});
});

test('a shard is the base but for its share', () => {
  const {env, args, ...shard} = exporter('overlays/sharded');
  const {args: plain, ...single} = exporter('base');
  assert.deepEqual(shard, single);
  const {replicas} = get('overlays/sharded', 'StatefulSet').spec;
  assert.deepEqual(args, [...plain, '--shard=auto', `--total-shards=${replicas}`]);
  assert.deepEqual(env, [{name: 'POD_NAME', valueFrom: {fieldRef: {fieldPath: 'metadata.name'}}}]);
  const rest = (variant) => ({...pod(variant), spec: {...pod(variant).spec, containers: []}});
  assert.deepEqual(rest('overlays/sharded'), rest('base'));
  const {serviceName} = get('overlays/sharded', 'StatefulSet').spec;
  assert.equal(serviceName, get('overlays/sharded', 'Service').metadata.name);
  assert.equal(get('overlays/sharded', 'Service').spec.clusterIP, 'None');
});

test('a sidecar is the base but for who it runs as, and does not hold up its workload', () => {
  const bare = (variant) => {
    const {securityContext, volumeMounts, readinessProbe, ...container} = exporter(variant);
    return {...container, mounts: volumeMounts.map((mount) => mount.mountPath)};
  };
  assert.deepEqual(bare('overlays/sidecar'), bare('base'));
  assert.equal(pod('overlays/sidecar').spec.containers.length, 2);
  assert.equal(pod('overlays/sidecar').spec.securityContext, undefined);
});

test('the operator gets the rules of deploy/prometheus', () => {
  const rules = yaml.load(readFileSync(`${ROOT}deploy/prometheus/modelarts.rules.yml`, 'utf8'));
  assert.deepEqual(
    get('overlays/prometheus-operator', 'PrometheusRule').spec,
    rules,
    'write prometheusrule.yaml anew as its first lines say',
  );
});

test("the overlay that deploy/README.md shows puts in one's own image and configuration", () => {
  const readme = readFileSync(`${ROOT}deploy/README.md`, 'utf8');
  const [, block] = readme.match(/```yaml\n(# my\/kustomization.yaml\n[^]*?)```/);
  const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
  try {
    cpSync(`${ROOT}deploy/kubernetes`, join(folder, 'deploy/kubernetes'), {recursive: true});
    mkdirSync(join(folder, 'my'));
    writeFileSync(join(folder, 'my/kustomization.yaml'), block);
    writeFileSync(join(folder, 'my/modelarts_exporter.yml'), 'mine');
    const objects = yaml.loadAll(
      execFileSync('kubectl', ['kustomize', join(folder, 'my')], {encoding: 'utf8'}),
    );
    const of = (kind) => objects.find((object) => object.kind === kind);
    assert.equal(objects.length, VARIANTS['overlays/prometheus-operator'].length);
    assert.ok(objects.every((object) => object.metadata.namespace === 'monitoring'));
    assert.deepEqual(of('ConfigMap').data, {'modelarts_exporter.yml': 'mine'});
    const {containers, volumes} = of('Deployment').spec.template.spec;
    assert.equal(volumes[0].configMap.name, of('ConfigMap').metadata.name);
    const [, name] = block.match(/newName: (swr\..*)\n/);
    const [, tag] = block.match(/newTag: (.*)\n/);
    assert.equal(containers[0].image, `${name}:${tag}`);
  } finally {
    rmSync(folder, {recursive: true});
  }
});
