// The dashboards against the types of Grafana 13: each field must be one that it knows.
// A field that it does not know is dropped in silence.

import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';
import ts from 'typescript';

const FOLDER = new URL('../../../deploy/grafana/dashboards/', import.meta.url);
const PANELS = {
  heatmap: 'heatmap', stat: 'stat', 'state-timeline': 'statetimeline', table: 'table', timeseries: 'timeseries',
};
// Not in the schema, since they are the Prometheus plugin's: a query, and an annotation's texts.
const QUERY = ['datasource', 'expr', 'format', 'instant', 'interval', 'legendFormat', 'range', 'refId'];
const ANNOTATION = ['tagKeys', 'textFormat', 'titleFormat'];

// A module that names the types that are wanted, for the compiler to find.
const imports = Object.values(PANELS).map(
  (name) => `import * as ${name} from './node_modules/@grafana/schema/dist/types/raw/composable/${name}/panelcfg/x/types.gen';
export let ${name}_options: ${name}.Options;`);
for (const name of ['statetimeline', 'timeseries', 'heatmap', 'table']) {
  imports.push(`export let ${name}_custom: ${name}.FieldConfig;`);
}
const MODULE = new URL('types.ts', import.meta.url).pathname;
const SOURCE = `import {Dashboard, Panel, RowPanel} from '@grafana/schema';
${imports.join('\n')}
export let dashboard: Dashboard;
export let panel: Panel;
export let row: RowPanel;`;

const options = {
  module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, strict: true, noEmit: true,
  skipLibCheck: true,
};
const host = ts.createCompilerHost(options);
const {getSourceFile, fileExists, readFile} = host;
host.getSourceFile = (name, ...rest) =>
  name === MODULE ? ts.createSourceFile(name, SOURCE, ts.ScriptTarget.Latest) : getSourceFile.call(host, name, ...rest);
host.fileExists = (name) => name === MODULE || fileExists.call(host, name);
host.readFile = (name) => (name === MODULE ? SOURCE : readFile.call(host, name));
const program = ts.createProgram([MODULE], options, host);
const checker = program.getTypeChecker();
const root = program.getSourceFile(MODULE);
const TYPES = new Map(
  checker.getExportsOfModule(checker.getSymbolAtLocation(root)).map((symbol) => [
    symbol.name, checker.getTypeOfSymbol(symbol)]));

// The paths of all fields in `value` that `type` does not have. `skip` says what else is known.
function unknown(value, type, path, skip = () => false) {
  const parts = type.isUnion() ? type.types : [type];
  if (parts.some((part) => part.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown))) return [];
  if (Array.isArray(value)) {
    const elements = parts.filter((part) => checker.isArrayType(part));
    return value.flatMap((item, i) => elements.flatMap((part) =>
      unknown(item, checker.getTypeArguments(part)[0], `${path}[${i}]`, skip)));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const at = `${path}.${key}`;
    if (skip(at)) return [];
    const found = parts.flatMap((part) => {
      const property = checker.getPropertyOfType(part, key);
      return property ? [checker.getTypeOfSymbol(property)] : [];
    });
    if (found.length) {
      const faults = found.map((each) => unknown(child, each, at, skip));
      return faults.find((each) => !each.length) ?? faults[0];
    }
    const index = parts.map((part) => checker.getIndexTypeOfType(part, ts.IndexKind.String)).find(Boolean);
    return index ? unknown(child, index, at, skip) : [at];
  });
}

function faults(board) {
  const {panels, ...rest} = board;
  const texts = (at) => ANNOTATION.some((name) => new RegExp(`annotations\\.list\\[\\d+\\]\\.${name}$`).test(at));
  const query = (at) => /annotations\.list\[\d+\]\.target\./.test(at);
  const found = unknown(rest, TYPES.get('dashboard'), 'dashboard', (at) => texts(at) || query(at));
  for (const panel of panels) {
    const at = `${panel.title}`;
    if (panel.type === 'row') {
      found.push(...unknown(panel, TYPES.get('row'), at));
      continue;
    }
    const name = PANELS[panel.type];
    assert.ok(name, `${at}: ${panel.type}`);
    found.push(...unknown(panel, TYPES.get('panel'), at));
    found.push(...unknown(panel.options, TYPES.get(`${name}_options`), `${at}.options`));
    const custom = panel.fieldConfig.defaults.custom;
    if (custom) {
      assert.ok(TYPES.get(`${name}_custom`), `${at}.custom`);
      found.push(...unknown(custom, TYPES.get(`${name}_custom`), `${at}.custom`));
    }
    for (const target of panel.targets) {
      found.push(...Object.keys(target).filter((key) => !QUERY.includes(key)).map((key) => `${at}.targets.${key}`));
    }
  }
  return found;
}

const files = readdirSync(FOLDER);
const load = (file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
assert.equal(files.length, 3);
assert.equal(TYPES.get('dashboard').flags & ts.TypeFlags.Any, 0, 'the schema was not found');

for (const file of files) {
  test(`${file} has no field that Grafana does not know`, () => assert.deepEqual(faults(load(file)), []));
}

test('a field that Grafana does not know is found, at each depth', () => {
  const board = load('overview.json');
  const panel = (type) => board.panels.find((each) => each.type === type);
  board.templating.list[0].zz = 1;
  board.time.zz = 1;
  panel('row').zz = 1;
  panel('timeseries').zz = 1;
  panel('timeseries').options.legend.zz = 1;
  panel('timeseries').fieldConfig.defaults.custom.stacking.zz = 1;
  panel('table').options.zz = 1;
  panel('table').targets[0].zz = 1;
  assert.equal(faults(board).filter((path) => path.endsWith('.zz')).length, 8);
});
