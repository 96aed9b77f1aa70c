// Names that several resources have are shown with their kinds.
const seen = new Set(), ambiguous = new Set();
for (const { n } of data.resources) seen.has(n) ? ambiguous.add(n) : seen.add(n);

// The matrix: who down, resources across, drawn on a canvas as large as what is in sight.
const matrix = {
  box: document.getElementById('matrix'), sizes: [4, 8, 14, 22, 30], zoom: 3, who: [], what: [], cells: [], x: 0, y: 0, hover: null, pending: false,

  fill(found) {
    this.who = byWho(found, view.matrixSort);
    this.what = byResource(found, view.matrixSort);
    if (view.matrixSort === 'alike') alike(this.who, this.what);
    const whoAt = new Map(this.who.map((g, i) => [g.key, i])), whatAt = new Map(this.what.map((g, i) => [g.key, i]));
    this.cells = this.who.map(() => new Map()); // of each who, by the place of the resource
    for (const row of found) {
      const line = this.cells[whoAt.get(rows.who[row])], x = whatAt.get(rows.resource[row]), there = line.get(x);
      if (there) there.push(row);
      else line.set(x, [row]);
    }
    for (const line of this.cells) for (const cell of line.values()) cell.sort((a, b) => tone(a) - tone(b));
    this.x = Math.min(this.x, Math.max(0, this.what.length - 1));
    this.y = Math.min(this.y, Math.max(0, this.who.length - 1));
    this.resize();
  },

  at(x, y) { return this.cells[y] && this.cells[y].get(x) || []; },

  resize() {
    const narrow = innerWidth <= 760;
    this.size = this.sizes[this.zoom];
    this.left = narrow ? 130 : 230;
    this.top = this.size >= 14 ? 150 : 26;
    const spacer = this.box.querySelector('.spacer');
    spacer.style.width = this.left + this.what.length * this.size + 'px';
    spacer.style.height = this.top + this.who.length * this.size + 'px';
    this.draw();
  },

  draw() {
    if (this.pending || !this.box || this.box.hidden) return; // a page without rows has no box
    this.pending = true;
    requestAnimationFrame(() => { this.pending = false; this.paint(); });
  },

  paint() {
    const canvas = this.box.querySelector('canvas'), width = this.box.clientWidth, height = this.box.clientHeight, scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.width = width + 'px';
      canvas.style.height = height + 'px';
    }
    const g = canvas.getContext('2d'), s = this.size, c = colours();
    g.setTransform(scale, 0, 0, scale, 0, 0);
    g.fillStyle = c.card;
    g.fillRect(0, 0, width, height);
    const dx = this.box.scrollLeft, dy = this.box.scrollTop;
    const from = { x: Math.floor(dx / s), y: Math.floor(dy / s) };
    const to = { x: Math.min(this.what.length, Math.ceil((dx + width - this.left) / s)), y: Math.min(this.who.length, Math.ceil((dy + height - this.top) / s)) };
    const px = x => this.left + x * s - dx, py = y => this.top + y * s - dy;
    g.save();
    g.beginPath();
    g.rect(this.left, this.top, width, height);
    g.clip();
    this.grid(g, c, from, to, px, py);
    for (let y = from.y; y < to.y; y++) for (const [x, here] of this.cells[y]) if (x >= from.x && x < to.x) this.cell(g, c, here, px(x), py(y), s);
    this.cursor(g, c, px, py, s);
    g.restore();
    this.names(g, c, from, to, px, py, s);
    this.heads(g, c, from, to, px, py, s);
    g.fillStyle = c.card;
    g.fillRect(0, 0, this.left, this.top);
    g.fillStyle = c.muted;
    g.font = c.font;
    g.textAlign = 'left';
    if (s >= 14) g.fillText(headcount(this.who.map(g => g.key)) + ' \u00d7', 16, this.top - 24);
    g.fillText(count(this.what.length, 'resource'), 16, this.top - 8);
    g.strokeStyle = c.line;
    g.beginPath();
    g.moveTo(0, this.top + .5); g.lineTo(width, this.top + .5);
    g.moveTo(this.left + .5, 0); g.lineTo(this.left + .5, height);
    g.stroke();
  },

  grid(g, c, from, to, px, py) {
    if (this.size < 14) return;
    g.strokeStyle = c.soft;
    g.beginPath();
    for (let x = from.x; x <= to.x; x++) { g.moveTo(px(x) + .5, py(from.y)); g.lineTo(px(x) + .5, py(to.y)); }
    for (let y = from.y; y <= to.y; y++) { g.moveTo(px(from.x), py(y) + .5); g.lineTo(px(to.x), py(y) + .5); }
    g.stroke();
  },

  cell(g, c, here, left, top, s) {
    const name = toneOrder[tone(here[0])];
    g.fillStyle = s >= 14 && name === 'held' ? c['held-bg'] : c[name];
    if (s < 14) { g.fillRect(left + .5, top + .5, s - 1, s - 1); return; }
    g.beginPath();
    g.roundRect(left + 2, top + 2, s - 3.5, s - 3.5, 4);
    g.fill();
    g.fillStyle = name === 'held' ? c.held : c.card;
    g.font = '700 ' + Math.round(s * .62) + 'px system-ui, sans-serif';
    g.textAlign = 'center';
    g.textBaseline = 'middle';
    g.fillText(glyphs[name], left + s / 2 + .5, top + s / 2 + 1);
    g.textBaseline = 'alphabetic';
    if (here.length > 1) { g.beginPath(); g.arc(left + s - 5, top + 5, 2, 0, 7); g.fill(); }
  },

  cursor(g, c, px, py, s) {
    if (this.hover) {
      g.fillStyle = c.shade;
      g.fillRect(0, py(this.hover.y), 1e5, s);
      g.fillRect(px(this.hover.x), 0, s, 1e5);
    }
    if (document.activeElement !== this.box) return;
    for (const [colour, width] of [[c.card, 6], [c.accent, 3]]) {
      g.strokeStyle = colour;
      g.lineWidth = width;
      g.strokeRect(px(this.x) + .5, py(this.y) + .5, s, s);
    }
    g.lineWidth = 1;
  },

  names(g, c, from, to, px, py, s) {
    g.fillStyle = c.card;
    g.fillRect(0, this.top, this.left, 1e5);
    if (s < 14) return;
    g.save();
    g.beginPath();
    g.rect(0, this.top, this.left, 1e5);
    g.clip();
    for (let y = from.y; y < to.y; y++) {
      const group = this.who[y], base = py(y) + s / 2 + 4, on = this.hover && this.hover.y === y;
      let right = this.left - 8;
      g.textAlign = 'right';
      g.font = '600 ' + Math.min(11, s - 3) + 'px system-ui, sans-serif';
      for (const i of [2, 1, 0]) {
        if (!group.counts[i]) continue;
        const text = glyphs[toneOrder[i]] + group.counts[i];
        g.fillStyle = c[toneOrder[i]];
        g.fillText(text, right, base);
        right -= g.measureText(text).width + 6;
      }
      g.textAlign = 'left';
      g.fillStyle = on ? c.accent : data.people[group.key].s ? c.muted : c.text;
      g.font = (on ? '600 ' : '') + (s >= 22 ? c.font : '11px system-ui, sans-serif');
      g.fillText(fitted(g, group.name, right - 20), 16, base);
    }
    g.restore();
  },

  heads(g, c, from, to, px, py, s) {
    g.fillStyle = c.card;
    g.fillRect(this.left, 0, 1e5, this.top);
    if (s < 14) return;
    g.save();
    g.beginPath();
    g.rect(this.left, 0, 1e5, this.top);
    g.clip();
    g.textAlign = 'left';
    for (let x = from.x; x < to.x; x++) {
      const on = this.hover && this.hover.x === x;
      g.save();
      g.translate(px(x) + s / 2 + 4, this.top - 8);
      g.rotate(-Math.PI / 2);
      g.fillStyle = on ? c.accent : c.text;
      g.font = (on ? '600 ' : '') + (s >= 22 ? c.font : '11px system-ui, sans-serif');
      const r = data.resources[this.what[x].key];
      const name = fitted(g, r.n, this.top - (ambiguous.has(r.n) ? 80 : 20));
      g.fillText(name, 0, 0);
      if (ambiguous.has(r.n)) {
        const used = g.measureText(name + '  ').width;
        g.fillStyle = c.muted;
        g.font = '10px system-ui, sans-serif';
        g.fillText(r.k, used, 0);
      }
      g.restore();
    }
    g.restore();
  },

  // place is the cell under a point of the window.
  place(event) {
    const box = this.box.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    if (x < this.left || y < this.top) return null;
    const at = { x: Math.floor((x - this.left + this.box.scrollLeft) / this.size), y: Math.floor((y - this.top + this.box.scrollTop) / this.size) };
    return at.x < this.what.length && at.y < this.who.length ? at : null;
  },

  // words tell a cell.
  words(x, y) {
    if (!this.who[y] || !this.what[x]) return '';
    const here = this.at(x, y), told = here.map(row => [data.acts[rows.act[row]].word, data.texts[rows.what[row]], data.texts[rows.source[row]], data.texts[rows.why[row]]].filter(Boolean).join(', '));
    return this.who[y].name + ' \u00b7 ' + resourceName(this.what[x].key) + '\n' + (told.join('\n') || 'nothing');
  },

  key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], PageDown: [0, 10], PageUp: [0, -10], Home: [-1e6, 0], End: [1e6, 0] }[event.key];
    if (event.key === 'Enter' && this.at(this.x, this.y).length) more(this.at(this.x, this.y));
    else if (event.key === '+' || event.key === '-') this.zoomBy(event.key === '+' ? 1 : -1);
    else if (step) this.go(this.x + step[0], this.y + step[1]);
    else return;
    event.preventDefault();
  },

  // go moves the cursor into a cell, and tells it to whoever listens.
  go(x, y) {
    this.x = Math.max(0, Math.min(this.what.length - 1, x));
    this.y = Math.max(0, Math.min(this.who.length - 1, y));
    const s = this.size, box = this.box, seen = (at, size, from, room) => at < from ? at : at + size > from + room ? at + size - room : from;
    box.scrollLeft = seen(this.x * s, s, box.scrollLeft, box.clientWidth - this.left);
    box.scrollTop = seen(this.y * s, s, box.scrollTop, box.clientHeight - this.top);
    const cell = document.getElementById('cell');
    cell.textContent = this.words(this.x, this.y);
    cell.setAttribute('aria-colindex', this.x + 1);
    cell.parentNode.setAttribute('aria-rowindex', this.y + 1);
    box.setAttribute('aria-activedescendant', 'cell');
    this.draw();
  },

  zoomBy(step) {
    this.zoom = Math.max(0, Math.min(this.sizes.length - 1, this.zoom + step));
    this.resize();
  },
};

// alike brings together who has the same, and what the same have: each is put where the middle of its cells is, some times over.
function alike(who, what) {
  const place = { who: new Int32Array(data.people.length), resource: new Int32Array(data.resources.length) };
  const settle = (groups, others, of) => {
    others.forEach((g, i) => { place[of][g.key] = i; });
    for (const g of groups) {
      let sum = 0;
      for (const row of g.rows) sum += place[of][rows[of][row]];
      g.middle = sum / g.rows.length;
    }
    groups.sort((a, b) => a.middle - b.middle || byName(a.name, b.name));
  };
  for (let round = 0; round < 12; round++) {
    settle(what, who, 'who');
    settle(who, what, 'resource');
  }
  const losses = who.reduce((sum, g, i) => sum + g.counts[0] * (i - who.length / 2), 0);
  if (losses > 0) { who.reverse(); what.reverse(); } // so that what is taken stands first
}

// fitted cuts a text that has no room.
function fitted(g, text, room) {
  if (g.measureText(text).width <= room) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (g.measureText(text.slice(0, middle) + '\u2026').width <= room) low = middle; else high = middle - 1;
  }
  return text.slice(0, low) + '\u2026';
}

// colours are those of the style as it is now: light, dark or for print.
let palette = null;
function colours() {
  if (palette) return palette;
  const probe = document.body.appendChild(el('span', { class: 'hidden' })), style = getComputedStyle(probe);
  palette = { font: '13px ' + style.fontFamily };
  for (const name of ['card', 'soft', 'text', 'muted', 'line', 'accent', 'held-bg', ...toneOrder]) {
    probe.style.color = 'var(--' + name + ')';
    palette[name] = style.color;
  }
  palette.shade = palette.accent.replace('rgb(', 'rgba(').replace(')', ', .09)');
  probe.remove();
  return palette;
}
