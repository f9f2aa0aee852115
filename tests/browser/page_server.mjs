// Serves made-up status pages, byte for byte as the exporter's own code wrote
// them, headers included.

import {execFileSync} from 'node:child_process';
import http from 'node:http';

export class PageServer {
  // `writePage` is the program of write_page.cc.
  constructor(writePage) {
    this.writePage = writePage;
    this.pages = new Map();
    this.show('small');
    this.server = http.createServer((request, response) => this.answer(request, response));
  }

  async start() {
    await new Promise((resolve) => {
      this.server.listen(0, '127.0.0.1', resolve);
    });
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    this.placeAt('/');
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  // What the page shows from now on. `change` may alter the HTML.
  show(scenario, datasets = 0, tick = 0, change = (html) => html) {
    const key = `${scenario} ${datasets} ${tick}`;
    if (!this.pages.has(key)) {
      this.pages.set(key, execFileSync(this.writePage, [scenario, datasets, tick], {maxBuffer: 2 ** 27}).toString());
    }
    const text = this.pages.get(key);
    const end = text.indexOf('\n\n');
    this.headers = text.slice(0, end).split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2));
    this.body = change(text.slice(end + 2));
    this.status = 200;
    this.asked = 0;
  }

  // Where the page is, as behind a proxy: "/" or "/prefix/". Nothing is elsewhere.
  placeAt(path) {
    this.path = path;
    this.url = this.origin + path;
  }

  fail(status) {
    this.status = status;
  }

  answer(request, response) {
    if (new URL(request.url, this.url).pathname !== this.path) {
      response.writeHead(404).end();
      return;
    }
    ++this.asked;
    response.writeHead(this.status, Object.fromEntries(this.headers));
    response.end(this.status === 200 ? this.body : 'no');
  }
}
