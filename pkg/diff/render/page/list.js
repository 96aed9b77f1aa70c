// The list: groups and their rows, of which only those in sight are elements.
const list = {
  box: document.getElementById('list'), lines: [], groups: [], active: -1, height: 36, first: -1, last: -1,

  // fill makes the lines of what was found.
  fill(found) {
    const people = view.tab === 'people';
    this.groups = people ? byWho(found, view.sort) : byResource(found, view.sort);
    this.lines = [];
    if (!view.closed) view.closed = new Set(found.length > 2000 ? this.groups.map(g => g.key) : []);
    for (const group of this.groups) {
      const open = !view.closed.has(group.key);
      this.lines.push({ group, open });
      if (open) for (const row of this.sorted(group.rows, people)) this.lines.push({ group, row });
    }
    this.active = Math.min(this.active, this.lines.length - 1);
    this.resize();
  },

  sorted(list, people) {
    const other = people ? row => resourceName(rows.resource[row]) : row => whoName(rows.who[row]);
    return list.map(row => [row, other(row)]).sort((a, b) => tone(a[0]) - tone(b[0]) || byName(a[1], b[1]) || a[0] - b[0]).map(pair => pair[0]);
  },

  resize() {
    this.height = matchMedia('(max-width: 760px)').matches ? 58 : 36;
    this.box.style.height = Math.max(this.lines.length * this.height, 140) + 'px';
    this.box.setAttribute('aria-rowcount', this.lines.length);
    this.first = -1;
    this.draw();
  },

  // draw makes the elements of the lines in sight, and some beyond.
  draw() {
    if (this.box.hidden) return;
    const above = -this.box.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(above / this.height) - 8);
    const last = Math.min(this.lines.length, Math.ceil((above + innerHeight) / this.height) + 8);
    if (first === this.first && last === this.last) return;
    this.first = first;
    this.last = last;
    const shown = [];
    for (let i = first; i < last; i++) shown.push(this.line(i));
    if (!this.lines.length) shown.push(el('p', { class: 'none' }, 'Nothing matches. Fewer words or filters show more.'));
    this.box.replaceChildren(...shown);
    this.box.setAttribute('aria-activedescendant', this.active >= first && this.active < last ? 'line-' + this.active : '');
  },

  line(i) {
    const { group, row, open } = this.lines[i];
    const e = row === undefined ? this.head(group, open) : this.row(row);
    e.id = 'line-' + i;
    e.dataset.line = i;
    e.setAttribute('aria-rowindex', i + 1);
    e.classList.toggle('active', i === this.active);
    e.style.top = i * this.height + 'px';
    return e;
  },

  head(group, open) {
    const people = view.tab === 'people', thing = people ? data.people[group.key] : data.resources[group.key];
    const note = people ? strangers[thing.s] : [severalConnections ? thing.c : '', thing.o].filter(Boolean).join(', ');
    return el('div', { class: 'line group', role: 'row', 'aria-level': 1, 'aria-expanded': String(open) },
      el('span', { class: 'arrow', 'aria-hidden': 'true' }, '\u25b6'),
      el('span', { role: 'gridcell', class: 'cut', title: group.name }, people ? group.name : el('span', { class: 'tag' }, thing.k), people ? '' : ' ' + thing.n),
      el('small', { class: 'cut' }, note || ''), badges(group.counts));
  },

  row(row) {
    const people = view.tab === 'people', act = data.acts[rows.act[row]], r = data.resources[rows.resource[row]];
    const cell = (kind, text, ...parts) => el('span', { role: 'gridcell', class: 'cut ' + kind, title: text }, ...(parts.length ? parts : [text]));
    const what = data.texts[rows.what[row]], more = what ? el('small', {}, '  ' + what) : '';
    const name = people ? cell('name', resourceName(rows.resource[row]) + ' ' + what, el('span', { class: 'tag' }, r.k), ' ' + r.n + (severalConnections ? ' in ' + r.c : ''), more) :
      cell('name', whoName(rows.who[row]) + ' ' + what, whoName(rows.who[row]), more);
    return el('div', { class: 'line row', role: 'row', 'aria-level': 2, 'data-tone': act.tone },
      el('span', { class: 'mark', role: 'gridcell', title: act.word, 'aria-label': act.word }, mark(act)),
      name, cell('code', data.texts[rows.source[row]]), cell('why', data.texts[rows.why[row]]));
  },

  toggle(group) {
    view.closed.has(group.key) ? view.closed.delete(group.key) : view.closed.add(group.key);
    refresh();
  },

  choose(i) {
    const { group, row } = this.lines[i];
    this.active = i;
    if (row === undefined) this.toggle(group);
    else more([row]);
  },

  key(event) {
    const page = Math.max(1, Math.floor(innerHeight / this.height) - 6), n = this.lines.length;
    const at = this.lines[this.active];
    const to = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page, PageUp: this.active - page, Home: 0, End: n - 1 }[event.key];
    if (to !== undefined) this.go(Math.max(0, Math.min(n - 1, to)));
    else if ((event.key === 'Enter' || event.key === ' ') && at) this.choose(this.active);
    else if (event.key === 'ArrowLeft' && at && at.row !== undefined) this.go(this.lines.findIndex(l => l.group === at.group));
    else if (event.key === 'ArrowLeft' && at && at.open || event.key === 'ArrowRight' && at && at.open === false) this.toggle(at.group);
    else return;
    event.preventDefault();
  },

  // go moves the cursor, and the page where it would be out of sight.
  go(i) {
    this.active = i;
    const top = this.box.getBoundingClientRect().top + i * this.height, bar = document.querySelector('.bar').offsetHeight;
    if (top < bar + 4) scrollBy(0, top - bar - 4);
    else if (top + this.height > innerHeight - 4) scrollBy(0, top + this.height - innerHeight + 4);
    this.first = -1;
    this.draw();
  },
};

const mark = act => act.mark === '-' ? glyphs.loss : act.mark.length > 3 ? glyphs[act.tone] : act.mark;

// badges count what happens, each in its colour.
function badges(counts) {
  const all = toneOrder.map((name, i) => counts[i] ? el('span', { class: 'badge', 'data-tone': name, title: toneWord(name) }, glyphs[name] + number(counts[i])) : '');
  return el('span', { class: 'badges', role: 'gridcell' }, ...all);
}
const toneWord = name => (data.tones.find(t => t.tone === name) || { word: name }).word;
