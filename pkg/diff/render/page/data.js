'use strict';
// The rows of the page. Each is kept as numbers, which are places in the lists of acts, resources, people and texts.
const data = JSON.parse(document.getElementById('data').textContent);
const column = i => Int32Array.from(data.rows, row => row[i] || 0);
const rows = {
  n: data.rows.length, act: column(0), resource: column(1), who: column(2), before: column(3), what: column(4), source: column(5), why: column(6),
};
delete data.rows;

// Of several things that happen in one place, the one that counts most comes first.
const toneOrder = ['loss', 'stuck', 'gain', 'change', 'mail', 'held'];
const toneOf = Uint8Array.from(data.acts, act => toneOrder.indexOf(act.tone));
const tone = row => toneOf[rows.act[row]];
const glyphs = { loss: '\u2212', stuck: '!', gain: '+', change: '~', mail: '>', held: '\u25cf' };

const itself = 'the resource itself';
const severalConnections = new Set(data.resources.map(r => r.c)).size > 1;
const whoName = i => data.people[i].n || itself;
const resourceName = i => data.resources[i].k + ' ' + data.resources[i].n + (severalConnections ? ' in ' + data.resources[i].c : '');
const strangers = { stranger: 'not in the files', other: '' };

const number = n => n.toString().replace(/\B(?=(\d{3})+$)/g, ',');
const count = (n, word) => number(n) + ' ' + word + (n === 1 ? '' : 's');
const headcount = who => {
  const groups = [...who].some(i => data.people[i].s === 'other'), n = [...who].filter(i => data.people[i].n).length;
  return number(n) + ' ' + (n === 1 ? 'person' + (groups ? ' or group' : '') : 'people' + (groups ? ' and groups' : ''));
};
// Names come in an order that is the same everywhere.
const byName = (a, b) => a < b ? -1 : a > b ? 1 : 0;

// What is looked for, in lower case, made when first needed.
let haystacks = null;
function lowered() {
  if (!haystacks) {
    haystacks = {
      act: data.acts.map(a => (a.word + ' ' + a.mark).toLowerCase()),
      resource: data.resources.map(r => (r.c + ' ' + r.k + ' ' + r.n + ' ' + r.k + '/' + r.n + ' ' + (r.o || '')).toLowerCase()),
      who: data.people.map(p => ((p.n || itself) + ' ' + (strangers[p.s] || '')).toLowerCase()),
      text: data.texts.map(t => t.toLowerCase()),
    };
  }
  return haystacks;
}

// matcher says of a row whether each word of a search stands somewhere in it.
function matcher(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return () => true;
  const hay = lowered(), has = (list, word) => Uint8Array.from(list, text => text.includes(word));
  const hits = words.map(word => ({ act: has(hay.act, word), resource: has(hay.resource, word), who: has(hay.who, word), text: has(hay.text, word) }));
  return row => hits.every(h => h.who[rows.who[row]] || h.resource[rows.resource[row]] || h.text[rows.source[row]] ||
    h.text[rows.why[row]] || h.text[rows.what[row]] || h.act[rows.act[row]]);
}

// What the reader asked for.
const view = {
  tab: 'people', query: '', tones: new Set(), side: data.before && rows.before.includes(0) ? 'own' : 'all', connection: '', kind: '', who: -1, resource: -1, sort: 'most', matrixSort: 'alike',
  closed: null, // groups that are shut; null: all, where there are many rows, else none
};

// selected are the rows that pass every filter.
function selected() {
  const passes = matcher(view.query), found = [];
  for (let row = 0; row < rows.n; row++) {
    const r = data.resources[rows.resource[row]];
    if (view.side !== 'all' && (view.side === 'before') !== (rows.before[row] === 1)) continue;
    if (view.tones.size && !view.tones.has(toneOrder[tone(row)])) continue;
    if (view.connection && r.c !== view.connection || view.kind && r.k !== view.kind) continue;
    if (view.who >= 0 && rows.who[row] !== view.who || view.resource >= 0 && rows.resource[row] !== view.resource) continue;
    if (passes(row)) found.push(row);
  }
  return found;
}

// grouped puts rows with one value of a column together, in an order.
function grouped(found, by, name, sort) {
  const groups = new Map();
  for (const row of found) {
    const key = rows[by][row];
    let g = groups.get(key);
    if (!g) groups.set(key, g = { key, name: name(key), rows: [], counts: new Uint32Array(toneOrder.length) });
    g.rows.push(row);
    g.counts[tone(row)]++;
  }
  const order = {
    name: () => 0, alike: () => 0, most: (a, b) => b.rows.length - a.rows.length,
    loss: (a, b) => b.counts[0] - a.counts[0] || b.counts[1] - a.counts[1], gain: (a, b) => b.counts[2] - a.counts[2],
  }[sort];
  return [...groups.values()].sort((a, b) => order(a, b) || byName(a.name, b.name));
}
const byWho = (found, sort) => grouped(found, 'who', whoName, sort);
const byResource = (found, sort) => grouped(found, 'resource', resourceName, sort);

// el makes an element. Text is text: nothing here is ever read as markup.
function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else if (name === 'class') e.className = value;
    else if (value !== false && value != null) e.setAttribute(name, value === true ? '' : value);
  }
  e.append(...children.filter(c => c != null && c !== ''));
  return e;
}
