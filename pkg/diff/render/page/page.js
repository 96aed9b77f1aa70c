// What the reader does, and what follows from it.
const $ = id => document.getElementById(id);
const there = new Set(data.acts.map(a => a.tone));
let found = [], drawnFor = null;

function refresh() {
  found = selected();
  const isMatrix = view.tab === 'matrix';
  list.box.hidden = isMatrix;
  matrix.box.hidden = !isMatrix;
  for (const tab of document.querySelectorAll('[role=tab]')) {
    const on = tab.dataset.tab === view.tab;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
  }
  $('panel').setAttribute('aria-labelledby', 'tab-' + view.tab);
  for (const b of document.querySelectorAll('button[data-tone]')) b.setAttribute('aria-pressed', String(view.tones.has(b.dataset.tone)));
  const people = new Set(), resources = new Set();
  for (const row of found) { people.add(rows.who[row]); resources.add(rows.resource[row]); }
  $('shown').textContent = count(found.length, 'row') + (found.length < rows.n ? ' of ' + number(rows.n) : '') + ' \u00b7 ' + headcount(people) + ' \u00b7 ' + count(resources.size, 'resource');
  drawFocus();
  if (drawnFor !== isMatrix) drawSorting();
  if (isMatrix) matrix.fill(found); else list.fill(found);
}

// set changes what is asked for.
function set(change) {
  Object.assign(view, { closed: null }, change);
  list.active = -1;
  refresh();
}

function toggleTone(name) {
  view.tones.has(name) ? view.tones.delete(name) : view.tones.add(name);
  set({});
}

function select(label, value, options, change) {
  const s = el('select', { 'aria-label': label, onchange: () => change(s.value) }, ...options.map(([v, text]) => el('option', { value: v }, text)));
  s.value = value;
  return s;
}

function drawFilters() {
  const parts = [], distinct = key => [...new Set(data.resources.map(r => r[key]))].sort(byName);
  const pills = data.tones.filter(t => there.has(t.tone));
  if (pills.length > 1) for (const t of pills) parts.push(el('button', { type: 'button', class: 'pill', 'data-tone': t.tone, onclick: () => toggleTone(t.tone) }, glyphs[t.tone] + ' ' + t.word));
  for (const [key, field, all] of [['c', 'connection', 'all connections'], ['k', 'kind', 'all kinds']]) {
    const names = distinct(key);
    if (names.length > 1) parts.push(select(field, '', [['', all], ...names.map(n => [n, n])], v => set({ [field]: v })));
  }
  if (data.before) parts.push(select('whose changes', view.side, [['own', 'by this change'], ['before', 'differed before'], ['all', 'both']], v => set({ side: v })));
  $('filters').replaceChildren(...parts);
}

// drawFocus shows the one person or resource that was picked.
function drawFocus() {
  const chip = (text, change) => el('button', { type: 'button', class: 'pill', 'aria-pressed': 'true', title: 'Show all again', onclick: () => set(change) }, text + ' \u2715');
  $('focus').replaceChildren(...[view.who >= 0 ? chip(whoName(view.who), { who: -1 }) : '', view.resource >= 0 ? chip(resourceName(view.resource), { resource: -1 }) : ''].filter(Boolean));
}

function drawSorting() {
  const tool = (text, label, does) => el('button', { type: 'button', class: 'tool', 'aria-label': label, onclick: does }, text);
  const field = view.tab === 'matrix' ? 'matrixSort' : 'sort';
  const order = select('order', view[field], [['alike', 'alike together'], ['most', 'most rows first'], ['loss', 'most ' + toneWord('loss') + ' first'], ['gain', 'most ' + toneWord('gain') + ' first'], ['name', 'by name']]
    .filter(([v]) => v === 'alike' ? field === 'matrixSort' : v === 'most' || v === 'name' || there.has(v)), v => set({ [field]: v }));
  const tools = view.tab === 'matrix' ?
    [tool('\u2212', 'Smaller', () => matrix.zoomBy(-1)), tool('+', 'Larger', () => matrix.zoomBy(1))] :
    [tool('Open all', 'Open all groups', () => set({ closed: new Set() })), tool('Close all', 'Close all groups', () => set({ closed: new Set(list.groups.map(g => g.key)) }))];
  $('sorting').replaceChildren(order, ...tools);
  drawnFor = view.tab === 'matrix';
}

// more tells all about rows, beside the others.
function more(of) {
  const box = $('more'), who = rows.who[of[0]], resource = rows.resource[of[0]];
  const fact = (name, text) => text ? [el('dt', {}, name), el('dd', {}, text)] : [];
  const only = (text, change) => el('button', { type: 'button', class: 'tool', onclick: () => { box.close(); set(change); } }, text);
  const about = of.map(row => {
    const act = data.acts[rows.act[row]];
    return el('article', { 'data-tone': act.tone }, el('div', { class: 'act' }, el('span', { class: 'mark' }, mark(act)), act.word),
      el('dl', {}, ...fact('What', data.texts[rows.what[row]]), ...fact('Line', data.texts[rows.source[row]]), ...fact('Why', data.texts[rows.why[row]]), ...fact('Also', rows.before[row] ? 'it differed before this change' : '')));
  });
  box.replaceChildren(
    el('header', {}, el('h2', {}, data.people[who].n || resourceName(resource)), el('button', { type: 'button', class: 'tool', 'aria-label': 'Close', onclick: () => box.close() }, '\u2715')),
    el('dl', {}, ...fact('Resource', resourceName(resource)), ...fact('Ownership', data.resources[resource].o), ...fact('Who', strangers[data.people[who].s])), 
    el('div', { class: 'go' }, data.people[who].n ? only('Only ' + whoName(who), { who, resource: -1 }) : '', only('Only this resource', { resource, who: -1 })), ...about);
  if (!box.open) box.showModal();
}

// drawLeaders shows who and what is concerned most.
function drawLeaders() {
  const own = [];
  for (let row = 0; row < rows.n; row++) if (!rows.before[row]) own.push(row);
  if (own.length < 8) return;
  const losing = own.some(row => tone(row) === 0), sort = losing ? 'loss' : 'most';
  const panel = (title, groups, pick) => {
    const top = groups.slice(0, 5), most = Math.max(...top.map(g => g.rows.length));
    if (!top.length || (losing ? top[0].counts[0] : most) < 2) return '';
    return el('section', {}, el('h2', {}, title), ...top.map(g => {
      const strip = el('span', { class: 'strip', 'aria-hidden': 'true' });
      toneOrder.forEach((name, i) => { if (g.counts[i]) { const part = el('i', { 'data-tone': name }); part.style.width = 100 * g.counts[i] / most + '%'; strip.append(part); } });
      return el('button', { type: 'button', onclick: () => { set(pick(g.key)); $('results').scrollIntoView(); } }, el('span', { class: 'cut', title: g.name }, g.name), strip,
        el('span', { class: 'n' }, losing ? glyphs.loss + number(g.counts[0]) : number(g.rows.length)));
    }));
  };
  const people = byWho(own, sort).filter(g => data.people[g.key].n);
  const word = losing ? (data.kind === 'plan' ? 'loses most' : 'differs most') : data.kind === 'plan' ? 'gains most' : data.kind === 'drift' ? 'differs most' : 'holds most';
  const what = losing ? (data.kind === 'plan' ? 'What is lost most' : 'Where most differs') : data.kind === 'access' ? 'What is held most' : 'Where most changes';
  const panels = [panel('Who ' + word, people, who => ({ who, resource: -1 })), panel(what, byResource(own, sort), resource => ({ resource, who: -1 }))];
  $('leaders').replaceChildren(...panels.filter(Boolean));
}

function drawBalance() {
  const counts = new Uint32Array(toneOrder.length);
  for (let row = 0; row < rows.n; row++) if (!rows.before[row]) counts[tone(row)]++;
  $('balance').replaceChildren(...toneOrder.map((name, i) => [name, counts[i]]).filter(([, n]) => n).map(([name, n]) => {
    const part = el('i', { 'data-tone': name });
    part.style.flexGrow = n;
    return part;
  }));
}

// The dark rules hold where the system asks for them, or always, or never.
function themes() {
  const words = { auto: 'Theme: auto', light: 'Theme: light', dark: 'Theme: dark' }, system = 'screen and (prefers-color-scheme: dark)';
  const rule = [...document.styleSheets[0].cssRules].find(r => r.media && r.media.mediaText.includes('prefers-color-scheme'));
  const apply = name => {
    rule.media.mediaText = { auto: system, light: 'not all', dark: 'screen' }[name];
    $('theme').textContent = words[name];
    $('theme').dataset.name = name;
    palette = null;
    matrix.draw();
    try { localStorage.setItem('entitlectl-theme', name); } catch { /* where nothing may be kept */ }
  };
  let name = 'auto';
  try { name = localStorage.getItem('entitlectl-theme') || name; } catch { /* as above */ }
  apply(words[name] ? name : 'auto');
  $('theme').hidden = false;
  $('theme').onclick = () => apply({ auto: 'light', light: 'dark', dark: 'auto' }[$('theme').dataset.name]);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { palette = null; matrix.draw(); });
}

// unpacked is the document, byte for byte as -o json gives it.
function unpacked() {
  const packed = Uint8Array.from(atob(data.document.gzip), c => c.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))).blob();
}

async function download() {
  const link = el('a', { href: URL.createObjectURL(await unpacked()), download: data.document.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// On paper there is a table of what is selected.
function paper() {
  const most = 20000, groups = view.tab === 'resources' ? byResource(found, view.sort) : byWho(found, view.sort), body = el('tbody');
  let n = 0;
  for (const g of groups) for (const row of g.rows) {
    if (++n > most) break;
    body.append(el('tr', {}, ...[data.acts[rows.act[row]].word, whoName(rows.who[row]), resourceName(rows.resource[row]), data.texts[rows.what[row]], data.texts[rows.source[row]], data.texts[rows.why[row]]].map(t => el('td', {}, t))));
  }
  const rest = found.length > most ? el('p', {}, 'and ' + number(found.length - most) + ' more') : '';
  $('paper').replaceChildren(el('table', {}, el('thead', {}, el('tr', {}, ...['', 'Who', 'Resource', 'What', 'Line', 'Why'].map(t => el('th', {}, t)))), body), rest);
}

function listen() {
  let waiting = 0;
  $('search').addEventListener('input', () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(() => set({ query: $('search').value })); });
  const tabs = [...document.querySelectorAll('[role=tab]')];
  tabs.forEach((tab, i) => {
    tab.onclick = () => set({ tab: tab.dataset.tab });
    tab.onkeydown = event => {
      const to = { ArrowRight: i + 1, ArrowLeft: i + tabs.length - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      tabs[to % tabs.length].click();
      tabs[to % tabs.length].focus();
      event.preventDefault();
    };
  });
  for (const card of document.querySelectorAll('button.card')) card.onclick = () => { toggleTone(card.dataset.tone); $('results').scrollIntoView({ block: 'start' }); };
  list.box.onclick = event => { const line = event.target.closest('.line'); if (line) list.choose(Number(line.dataset.line)); };
  list.box.onkeydown = event => list.key(event);
  addEventListener('scroll', () => list.draw(), { passive: true });
  addEventListener('resize', () => view.tab === 'matrix' ? matrix.resize() : list.resize());
  const m = matrix.box, tip = $('tip');
  m.onscroll = () => matrix.draw();
  m.onfocus = () => matrix.go(matrix.x, matrix.y);
  m.onblur = () => matrix.draw();
  m.onkeydown = event => matrix.key(event);
  m.onmousemove = event => {
    const at = matrix.hover = matrix.place(event);
    tip.hidden = !at || !matrix.at(at.x, at.y).length;
    if (!tip.hidden) {
      tip.textContent = matrix.words(at.x, at.y);
      tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + 'px';
      tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8) + 'px';
    }
    matrix.draw();
  };
  m.onmouseleave = () => { matrix.hover = null; tip.hidden = true; matrix.draw(); };
  m.onclick = event => {
    const at = matrix.place(event);
    if (!at) return;
    matrix.go(at.x, at.y);
    if (matrix.at(at.x, at.y).length) more(matrix.at(at.x, at.y));
  };
  addEventListener('keydown', event => {
    const typing = event.target.matches('input, select, textarea');
    if (event.key === '/' && !typing) { event.preventDefault(); $('search').focus(); $('search').select(); }
    if (event.key === 'Escape' && event.target === $('search')) { $('search').value = ''; set({ query: '' }); $('search').blur(); }
    if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && ['1', '2', '3'].includes(event.key)) tabs[event.key - 1].click();
  });
  addEventListener('beforeprint', paper);
  addEventListener('afterprint', () => $('paper').replaceChildren());
}

function begin() {
  themes();
  $('print').hidden = false;
  $('print').onclick = () => print();
  if (data.document) { $('download').hidden = false; $('download').onclick = download; }
  if (!rows.n) return;
  if (there.has('loss')) view.sort = 'loss';
  drawBalance();
  drawLeaders();
  drawFilters();
  listen();
  const key = text => el('kbd', {}, text);
  $('keys').replaceChildren('Keys: ', key('/'), ' search, ', key('1'), ' ', key('2'), ' ', key('3'), ' views, arrows and ', key('Enter'), ' in the rows and the matrix.');
  refresh();
}
begin();
