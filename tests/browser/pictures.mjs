// Makes the pictures of the documents, by what the demo is made of: a simulated
// cloud, the exporter, and in a browser its status page, nothing of which is
// made up for them. Needs MODELARTS_EXPORTER, MODELARTS_SIMULATOR and CHROMIUM.
//
//   node pictures.mjs [FOLDER]   docs/pictures when left out
//
// The plot of the costs is drawn from what tests/benchmark/run.sh left, if it did.

import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {chromium} from 'playwright-core';

const {MODELARTS_EXPORTER, MODELARTS_SIMULATOR, CHROMIUM = '/usr/bin/chromium'} = process.env;
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = process.argv[2] ?? path.join(root, 'docs/pictures');
const cost = path.join(root, 'build/benchmark/cost.svg');
const MAX_BYTES = 150_000; // Of a picture: they are part of every clone.
const PROJECT = '0'.repeat(32);
const NAMES = ['street-signs', 'cats', 'dogs', 'faces', 'receipts', 'x-rays', 'satellite-tiles', 'number-plates', 'crop-leaves', 'shelf-photos'];
const SCRAPES = 60; // More than the page shows the outcomes of.

const programs = [];

// What matches `pattern` in what the program says first.
const start = (command, args, pattern) => new Promise((resolve, reject) => {
  const program = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe']});
  programs.push(program);
  let said = '';
  const hear = (bytes) => {
    said += bytes;
    const match = said.match(pattern);
    if (match) resolve(match[1]);
  };
  program.stdout.on('data', hear);
  program.stderr.on('data', hear);
  program.on('error', reject);
  program.on('exit', () => reject(new Error(`${command} ended: ${said}`)));
});

const ask = async (url, options) => {
  const reply = await fetch(url, options);
  assert.ok(reply.ok, `${url}: ${reply.status}`);
  return reply.text();
};

const pictureOf = async (browser, name, url, context, clip) => {
  const page = await (await browser.newContext(context)).newPage();
  await page.goto(url);
  const file = path.join(folder, `${name}.png`);
  await page.screenshot({path: file, ...await clip?.(page)});
  await page.context().close();
  const bytes = statSync(file).size;
  console.log(`${file}: ${bytes} bytes`);
  assert.ok(bytes > 5000 && bytes < MAX_BYTES, `${file} is ${bytes} bytes`);
};

// A cloud with tasks in flight and one that fails, a dataset that the credentials
// may not see, and one that the cloud answers no more about.
const makePage = async (work) => {
  const cloud = await start(MODELARTS_SIMULATOR, ['--listen', '127.0.0.1:0', '--datasets', `${NAMES.length}`,
    '--auth', 'token', '--token', 'demo', '--task-period', '8s', '--active-percent', '40', '--failed-percent', '15',
    '--latency', '20ms', '--latency-jitter', '60ms', '--fault', 'ds-00004=403'], /(http:\/\/127\.0\.0\.1:\d+)/);
  const datasets = NAMES.map((name, i) => `{id: ds-${`${i}`.padStart(5, '0')}, name: ${name}}`);
  const config = path.join(work, 'modelarts_exporter.yml');
  writeFileSync(config, `projects: [{project_id: "${PROJECT}", region: cn-north-4, endpoint: "${cloud}", ` +
    `credentials: {token: demo}, http: {timeout: 1s}, datasets: [${datasets.join(', ')}]}]\n`, {mode: 0o600});
  const address = await start(MODELARTS_EXPORTER, ['--config.file', config, '--web.listen-address', '127.0.0.1:0'],
    /address=(127\S+)/);
  for (let i = 0; i < SCRAPES; ++i) {
    if (i === SCRAPES - 12) {
      const task = {project: PROJECT, dataset: 'ds-00005', status: 'FAILED', task_id: 'task-1', error_code: 'ModelArts.4711',
        error_msg: 'Number of samples exceeds the limit', create_time: Date.now(), duration_time: 2, total_sample_count: 48210};
      await ask(`${cloud}/simulator/task?${`${new URLSearchParams(task)}`.replaceAll('+', '%20')}`, {method: 'POST'});
    }
    if (i === SCRAPES - 4) await ask(`${cloud}/simulator/fault?match=ds-00007&fault=hang`, {method: 'POST'});
    await ask(`http://${address}/metrics`, {headers: {'X-Prometheus-Scrape-Timeout-Seconds': '10'}});
    await new Promise((resolve) => {
      setTimeout(resolve, 200); // The cloud's tasks take time; nothing is waited for.
    });
  }
  return `http://${address}/`;
};

const work = mkdtempSync(path.join(tmpdir(), 'pictures-'));
let browser;
try {
  mkdirSync(folder, {recursive: true});
  const url = await makePage(work);
  browser = await chromium.launch({executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu']});
  const desk = {viewport: {width: 1440, height: 780}};
  await pictureOf(browser, 'status-light', url, {...desk, colorScheme: 'light'});
  await pictureOf(browser, 'status-dark', url, {...desk, colorScheme: 'dark'});
  await pictureOf(browser, 'status-phone', url, {viewport: {width: 390, height: 760}, colorScheme: 'light'});
  if (existsSync(cost)) {
    const svg = readFileSync(cost, 'utf8');
    await pictureOf(browser, 'cost', `data:text/html;charset=utf-8,${encodeURIComponent(`<body style="margin:0">${svg}`)}`,
      {viewport: {width: 1400, height: 450}}, async (page) => ({clip: await page.locator('svg').boundingBox()}));
  }
} finally {
  await browser?.close();
  await Promise.all(programs.map((program) => new Promise((resolve) => {
    if (program.exitCode !== null) resolve();
    program.on('exit', resolve);
    program.kill();
  })));
  rmSync(work, {recursive: true});
}
