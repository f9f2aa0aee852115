'use strict';

// Filters, sorts and refreshes the table that is in the page already. Nothing
// here makes HTML of text: rows come from the page itself, or from a later copy
// of it, as the exporter escaped them.
(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  const script = document.currentScript.textContent;
  const body = find('tbody');
  const states = all('#states button');
  const filter = find('#filter');
  const order = find('#order');
  const pause = find('#pause');
  const news = find('#news');

  // --- What a row says ------------------------------------------------------

  const cellText = (row, cell, selector) => {
    const element = selector ? find(selector, row.cells[cell]) : row.cells[cell];
    return element ? element.textContent : '';
  };
  const count = (row, cell) => {
    const text = row.cells[cell].textContent;
    return text === '' ? null : Number(text.replaceAll(',', ''));
  };
  const value = (row, cell) => {
    const text = row.cells[cell].dataset.v;
    return text === undefined ? null : Number(text);
  };
  const severity = new Map(states.map((button, i) => [button.classList[0], i]));
  const keys = {
    name: (row) => cellText(row, 0, 'b'),
    dataset: (row) => cellText(row, 0, 'code'),
    project: (row) => cellText(row, 1, 'code'),
    region: (row) => cellText(row, 1, 'bdi'),
    state: (row) => severity.get(row.className),
    samples: (row) => count(row, 3),
    added: (row) => count(row, 4),
    deleted: (row) => count(row, 5),
    runtime: (row) => value(row, 6),
    created: (row) => cellText(row, 7),
    age: (row) => value(row, 8),
  };

  const identity = (row) => `${keys.project(row)} ${keys.dataset(row)}`;

  // What the filter looks into: all that can be read, in small letters.
  const texts = new WeakMap();
  const textOf = (row) => {
    let text = texts.get(row);
    if (text === undefined) {
      text = [...row.cells].map((cell) => cell.textContent).join(' ').toLowerCase();
      texts.set(row, text);
    }
    return text;
  };

  // --- What the user wants to see: kept in the address, so that a reload and a
  // link to a colleague show the same ------------------------------------------

  const wanted = new URLSearchParams(location.search);
  let rows = [...body.rows]; // In the exporter's order.
  let sort = wanted.get('sort') ?? ''; // 'samples', or '-samples' for descending.
  const selected = new Set((wanted.get('state') ?? '').split(',').filter((state) => severity.has(state)));
  filter.value = wanted.get('q') ?? '';
  if (!Object.hasOwn(keys, sort.replace('-', ''))) sort = '';

  const remember = () => {
    const query = new URLSearchParams();
    if (filter.value) query.set('q', filter.value);
    if (selected.size > 0) query.set('state', [...selected].join(','));
    if (sort) query.set('sort', sort);
    const text = query.toString();
    history.replaceState(null, '', text ? `?${text}` : location.pathname);
  };

  const applyFilter = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const show = (selected.size === 0 || selected.has(row.className)) &&
        words.every((word) => textOf(row).includes(word));
      if (row.hidden === show) row.hidden = !show;
      if (show) ++shown;
    }
    const total = rows.length.toLocaleString('en-US');
    find('#shown').textContent = shown === rows.length ?
      `${total} shown` : `${shown.toLocaleString('en-US')} of ${total} shown`;
    for (const button of states) {
      button.setAttribute('aria-pressed', selected.has(button.classList[0]));
    }
  };

  const collator = new Intl.Collator(undefined, {numeric: true});
  const compare = (a, b) => typeof a === 'string' ? collator.compare(a, b) : a - b;
  const isMissing = (key) => key === null || key === '';

  const sorted = () => {
    if (!sort) return rows;
    const direction = sort.startsWith('-') ? -1 : 1;
    const keyOf = keys[sort.replace('-', '')];
    const keyed = rows.map((row) => ({row, key: keyOf(row)}));
    keyed.sort((a, b) => {
      // What has no value stands last, whatever the direction.
      const gap = isMissing(a.key) - isMissing(b.key);
      return gap || isMissing(a.key) ? gap : direction * compare(a.key, b.key);
    });
    return keyed.map(({row}) => row);
  };

  const applySort = () => {
    const next = sorted();
    // Moving rows that stand where they should would cost the selection.
    if (next.length !== body.rows.length || next.some((row, i) => row !== body.rows[i])) {
      body.replaceChildren(...next);
    }
    const key = sort.replace('-', '');
    for (const header of all('th')) {
      const button = find(`[data-sort="${key}"] button`, header);
      if (button) {
        header.setAttribute('aria-sort', sort.startsWith('-') ? 'descending' : 'ascending');
      } else {
        header.removeAttribute('aria-sort');
      }
    }
    for (const span of all('th [data-sort]')) {
      const active = span.dataset.sort === key;
      const arrow = sort.startsWith('-') ? ' ↓' : ' ↑';
      find('button', span).setAttribute('aria-pressed', active);
      find('button', span).lastChild.data = active ? arrow : '';
    }
    order.value = sort;
  };

  const sortBy = (key) => {
    sort = key;
    remember();
    applySort();
  };
  const filterAgain = () => {
    remember();
    applyFilter();
  };

  // --- Refresh ----------------------------------------------------------------

  // Takes from `fresh` what differs, cell by cell, so that scroll position,
  // selection and focus stay where they are.
  const update = (fresh) => {
    for (const selector of ['title', '#figures', '#listings', '#shares', '#empty', 'footer']) {
      const [now, then] = [find(selector), find(selector, fresh)];
      if (!now.isEqualNode(then)) now.replaceWith(document.adoptNode(then));
    }
    all('#states button', fresh).forEach((button, i) => {
      states[i].className = button.className;
      find('b', states[i]).textContent = find('b', button).textContent;
    });
    const known = new Map(rows.map((row) => [identity(row), row]));
    rows = [...find('tbody', fresh).rows].map((then) => {
      const row = known.get(identity(then));
      if (!row) return document.adoptNode(then);
      if (row.className !== then.className) row.className = then.className;
      const cells = [...then.cells]; // Adopting takes them out of `then`.
      cells.forEach((cell, i) => {
        if (!row.cells[i]) {
          row.append(document.adoptNode(cell));
        } else if (!row.cells[i].isEqualNode(cell)) {
          row.cells[i].replaceWith(document.adoptNode(cell));
        }
      });
      while (row.cells.length > cells.length) row.lastElementChild.remove();
      texts.delete(row);
      return row;
    });
    applySort();
    applyFilter();
  };

  const period = Number(document.body.dataset.refresh) * 1000;
  let paused = false;
  let timer = 0;
  let seen = new Date();

  const tell = (text, lost) => {
    if (news.textContent !== text) news.textContent = text;
    news.classList.toggle('lost', lost);
  };
  const tellSeen = () => {
    tell(paused ? `Paused at ${seen.toLocaleTimeString()}` : `Refreshes every ${period / 1000} s`, false);
  };

  const schedule = () => {
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(refresh, period);
  };

  const refresh = async () => {
    try {
      const reply = await fetch(location.pathname, {cache: 'no-store', signal: AbortSignal.timeout(30000)});
      if (!reply.ok) throw new Error(`HTTP ${reply.status}`);
      const fresh = new DOMParser().parseFromString(await reply.text(), 'text/html');
      if (find('script', fresh)?.textContent !== script) {
        location.reload(); // Another version of the exporter.
        return;
      }
      update(fresh);
      seen = new Date();
      tellSeen();
    } catch (error) {
      tell(`No news from the exporter since ${seen.toLocaleTimeString()} (${error.message}); trying again`, true);
    }
    schedule();
  };

  // --- Wiring -----------------------------------------------------------------

  for (const span of all('th [data-sort]')) {
    const key = span.dataset.sort;
    const button = document.createElement('button');
    const label = span.textContent;
    button.type = 'button';
    button.append(label, '');
    span.replaceChildren(button);
    // Up, down, and back to the exporter's order.
    button.addEventListener('click', () => sortBy(sort === key ? `-${key}` : sort === `-${key}` ? '' : key));
    order.append(new Option(`Sort by ${label.toLowerCase()} ↑`, key), new Option(`Sort by ${label.toLowerCase()} ↓`, `-${key}`));
  }
  order.prepend(new Option('Trouble first', ''));
  order.addEventListener('change', () => sortBy(order.value));
  for (const button of states) {
    button.disabled = false;
    button.addEventListener('click', () => {
      const state = button.classList[0];
      if (!selected.delete(state)) selected.add(state);
      filterAgain();
    });
  }
  filter.addEventListener('input', filterAgain);
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', paused);
    pause.textContent = paused ? 'Resume' : 'Pause';
    tellSeen();
    if (paused) schedule(); else refresh();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || paused) schedule(); else refresh();
  });

  find('#controls').hidden = false;
  tellSeen();
  applySort();
  applyFilter();
  schedule();
})();
