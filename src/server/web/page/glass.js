// The threads of the server, looked at twice a second, and one line on its way through them. Names become text, never markup.
'use strict';
const $ = id => document.getElementById(id);
const LOOK_EVERY = 500, LARGE_MAX = 24, MIDDLE_MAX = 120, FULL_BYTES = 4 << 20, HELD = 5e7;
const cells = new Map();      // by the number of the reader: its elements and what is known of it
const asked = new Map();      // by request id: what waits for its answer
let socket = null, nextId = 1, tries = 0, timer = 0, isPaused = false, goodbye = '', here = null, following = null, chosen = null, hasLooked = false;
const kept = (key, value) => value === undefined ? sessionStorage.getItem(`glass-${key}`) : sessionStorage.setItem(`glass-${key}`, value);
const calm = matchMedia('(prefers-reduced-motion: reduce)');

// ── Words ──
const number = new Intl.NumberFormat('en').format;
const round = (value, digits = 2) => number(Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(value + 1))))));
const size = bytes => bytes < 1024 ? `${bytes} B` : bytes < 1 << 20 ? `${round(bytes / 1024)} KiB` : `${round(bytes / (1 << 20))} MiB`;
const age = seconds => seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
const time = ns => ns < 1e6 ? `${round(ns / 1e3)} µs` : ns < 1e9 ? `${round(ns / 1e6)} ms` : `${round(ns / 1e9)} s`;
const count = (one, n, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;
const labelOf = it => it.own ? 'you' : it.username ?? `reader ${it.reader}`;
function make(tag, cls, ...children) { const element = document.createElement(tag); element.className = cls; element.append(...children); return element; }

// ── The map ──
function draw(m) {
  const map = $('glass'), many = m.total;
  map.className = m.grouped ? 'grouped large' : many <= LARGE_MAX ? 'large' : many <= MIDDLE_MAX ? 'middle' : 'small';
  $('count').textContent = number(many); $('alone').hidden = many > 1;
  $('groups').replaceChildren(...Object.entries(m.doing).map(([doing, n]) => {
    const item = make('li', '', make('span', '', `${number(n)} ${doing}`), make('i', ''));
    item.dataset.doing = doing; item.style.setProperty('--share', n / many); return item;
  }));
  drawCells(m.readers, m.grouped); hasLooked = true;
  bar('inbox', m.inbox.peak / m.inbox.capacity, m.inbox.events, m.inbox.capacity);
  $('inbox-text').textContent = `${number(m.inbox.events)} of ${number(m.inbox.capacity)} now, at most ${number(m.inbox.peak)} since the last look`;
  const { busy_us: busy, interval_us: interval } = m.dispatcher, share = Math.min(1, busy / interval), wakes = m.inbox.wakes;
  bar('busy', share, Math.round(share * 100), 100);
  $('busy-text').textContent = `worked ${round(share * 100, 1)} % of the last ${time(interval * 1e3)}, and waited for events in the rest: ${count('event', m.inbox.taken)} in ${count('batch', wakes, 'batches')}`;
  $('sockets-text').textContent = !m.full_sockets ? `${many === 1 ? 'The one socket takes' : `All ${number(many)} take`} what is sent at once. No writer is needed.`
    : `${number(many - m.full_sockets)} take what is sent at once. ${m.full_sockets === 1 ? '1 is' : `${number(m.full_sockets)} are`} full: ${size(m.queued_bytes)} waiting, with ${count('writer', m.writers_total)}.`;
  if (!isPaused) state('Live');
}
function bar(id, share, value, most) { $(id).style.setProperty('--share', share); $(id).setAttribute('aria-valuenow', value); $(id).setAttribute('aria-valuemax', most); }
function drawCells(readers, isGrouped) {
  const gone = new Set(cells.keys()), isLarge = $('glass').classList.contains('large');
  for (const it of readers) {
    gone.delete(it.reader);
    const cell = cells.get(it.reader) ?? added(it.reader), { button, item, last } = cell, name = labelOf(it);
    if (button.dataset.doing !== it.doing) button.dataset.doing = it.doing;
    button.classList.toggle('own', it.own ?? false); button.firstChild.textContent = isLarge || it.own ? name : it.username ?? it.reader;
    button.lastChild.textContent = it.queued_bytes ? `${size(it.queued_bytes)} waiting` : it.doing;
    button.style.setProperty('--full', it.queued_bytes && Math.min(1, Math.max(.12, Math.log2(it.queued_bytes / 1024) / Math.log2(FULL_BYTES / 1024))));
    button.setAttribute('aria-label', tell(it).join(', '));
    if (!it.writer !== !cell.writer) {
      cell.writer?.remove(); cell.writer = it.writer ? make('div', 'writer', 'writer') : null;
      if (cell.writer) item.append(cell.writer);
      if (hasLooked) $('news').textContent = it.writer ? `The socket of ${name} is full: it has a writer now.` : `The writer of ${name} is done.`;
    }
    // Somebody has said something since the last look.
    if (last && it.bytes_in > last.bytes_in && !calm.matches) button.animate([{ boxShadow: '0 0 0 3px var(--c)' }, { boxShadow: '0 0 0 7px transparent' }], 450);
    cell.last = it;
  }
  for (const reader of gone) {
    const cell = cells.get(reader); cells.delete(reader);
    if (cell.writer) $('news').textContent = isGrouped ? `The writer of ${labelOf(cell.last)} is done.` : `${labelOf(cell.last)} is gone, and so are its two threads.`;
    if (chosen === reader) { chosen = null; if (document.activeElement === cell.button) (cell.item.nextSibling ?? cell.item.previousSibling)?.firstChild.focus(); }
    cell.item.remove();
  }
  // One stop for the Tab key; the arrow keys do the rest.
  const stop = cells.get(chosen) ?? cells.values().next().value;
  for (const cell of cells.values()) cell.button.tabIndex = cell === stop ? 0 : -1;
  if (chosen !== null) about(chosen);
}
function added(reader) {
  const button = make('button', '', make('strong', ''), make('small', '')), item = make('li', '', button), cell = { button, item };
  button.type = 'button'; button.onfocus = button.onmouseenter = () => about(reader);
  button.onmouseleave = () => { if (document.activeElement !== button) chosen = null; };
  button.firstChild.dir = 'auto'; cells.set(reader, cell); $('cells').append(item); return cell;
}
const tell = it => [it.own ? `you (reader ${it.reader})` : it.username ? `${it.username} (reader ${it.reader})` : `reader ${it.reader}`, it.doing,
  `here for ${age(it.alive_seconds)}`, `${size(it.bytes_in)} in`, `${size(it.bytes_out)} out`, `${size(it.queued_bytes)} waiting for its client`,
  ...it.writer ? [`a writer is ${it.writer}`] : [], ...it.address && !it.own ? [it.address] : []];
function about(reader) { chosen = reader; const it = cells.get(reader)?.last; if (it) $('about').textContent = `${tell(it).join(' · ')}.`; }
$('cells').addEventListener('keydown', event => {
  const all = [...$('cells').querySelectorAll('button')], at = all.indexOf(document.activeElement);
  const row = all.filter(one => one.offsetTop === all[0].offsetTop).length;
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + row, ArrowUp: at - row, Home: 0, End: all.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault(); all[Math.max(0, Math.min(all.length - 1, to))].focus();
});

// ── One line on its way ──
const WAY = [
  ['ready', 'in read', 'Decoded by its reader', 'protocol/json/decoder.rs'], ['sent', 'waiting for its turn', 'Waits for the reader’s turn', 'server/turn.rs'],
  ['taken', 'sending to the inbox', 'In the inbox', 'server/inbox.rs'], ['appended', 'dispatching', 'The Hub chooses recipients', 'chat/say.rs'],
  ['flushed', 'in write', 'Sent to the sockets', 'server/delivery/mod.rs'],
];
function way(line) {
  const isSaid = !following?.refusal, stations = WAY.slice(0, isSaid ? 5 : 4), total = line[stations.at(-1)[0]]; let from = 0;
  const parts = stations.map(([station, doing, words, file]) => {
    const start = from; from = line[station];
    if (station === 'ready' && line.ready > HELD) [doing, words, file] = ['held back for a flood', 'Held back by flood control', 'server/flood.rs'];
    if (station === 'appended' && !isSaid) words = 'The Hub refuses it';
    return { doing, words, file, lasts: from - start, after: from };
  });
  // A part that takes most of the time would hide the others: its bar is cut.
  const longest = parts.reduce((one, other) => one.lasts >= other.lasts ? one : other), others = total - longest.lasts;
  longest.isCut = longest.lasts > 4 * others; const shown = part => part.isCut ? 2 * others : part.lasts, width = others + shown(longest); from = 0;
  $('line').replaceChildren(...parts.map(part => {
    const mark = make('i', part.isCut ? 'cut' : ''); mark.style.left = `${from / width * 100}%`; mark.style.width = `${shown(part) / width * 100}%`; from += shown(part);
    const item = make('li', '', make('span', '', part.words, make('small', '', make('code', '', part.file))), make('div', '', mark), make('b', '', time(part.lasts)), make('em', '', `after ${time(part.after)}`));
    item.dataset.doing = part.doing; return item;
  }));
  $('line').hidden = false;
  if (!isSaid) return told(`${following.refusal} The dispatcher had it after ${time(line.taken)}, and sent it to nobody.`, true);
  const full = line.full_sockets === 1 ? ' One of them was full: its writer has the line now, and nobody waits for it.'
    : line.full_sockets ? ` ${number(line.full_sockets)} of them were full: their writers have the line now, and nobody waits for them.` : '';
  told(line.recipients ? `${time(total)} after the read returned, ${line.recipients === 1 ? 'the one socket was' : `the last of ${number(line.recipients)} sockets was`} served.${full}`
    : 'Nobody else is in this room, so the line was sent to nobody.');
}
function done() { following.isDone = true; $('text').select(); }
function told(text, isWrong = false) { $('told').textContent = text; $('told').classList.toggle('wrong', isWrong); }
function say() { if (following && !following.isSent && here === following.room) { following.isSent = true; send({ action: 'follow', room: here, message: following.text }); } }
$('say').onsubmit = event => {
  event.preventDefault(); const room = $('room').value.trim(), text = $('text').value.trim();
  if (!isOnline() || !text || following && !following.isDone) return;
  following = { room, text }; told('On its way…');
  if (here?.toLowerCase() === room.toLowerCase()) { following.room = here; say(); } else { if (here) send({ action: 'leaveroom', room: here }); here = null; send({ action: 'joinroom', room }); }
};

// ── The connection ──
const answers = {
  connect(m) {
    tries = 0; here = following = null; kept('name', m.from); if (m.reclaim) kept('word', m.reclaim);
    $('telnet').textContent = `telnet ${location.hostname} ${document.body.dataset.port}`; look();
  },
  glass(m) {
    if ($('glass').hidden) { screen('glass'); $('title').focus(); }
    if (m.followed && following) { way(m.followed); done(); }
    if (!isPaused || m.followed) draw(m);
    clearTimeout(timer); timer = setTimeout(look, LOOK_EVERY);
  },
  joinroom(m) { if (m.epoch !== undefined) { here = m.room; if (following) following.room = here; say(); } },
  op: look, ack: look,   // The report of a line that was said is in the next look.
  notice(m) { if (m.code === 'held_back' && following && !following.isDone) { told(m.message); } },
  shutdown(m) { goodbye = m.message; },
  bye(m) { goodbye ||= m.message; if (!['shutdown', 'slow'].includes(m.reason)) leave(goodbye); },
  error(m, of) {
    if (of === 'connect' && kept('word') && m.code.includes('_reclaim')) { sessionStorage.removeItem('glass-word'); return void socket.close(); }
    if (of === 'connect' && m.code === 'no_names') return void send({ action: 'connect' });
    if (of === 'connect' && m.code === 'name_taken' && !$('glass').hidden) return void socket.close();
    if (of === 'connect' || m.code === 'no_glass') return leave(m.message);
    if (m.code === 'glass_is_operators') { clearTimeout(timer); screen('password-form'); return void $('password').focus(); }
    if (of === 'op') return void ($('wrong').textContent = m.message);
    if (of === 'follow') { following.refusal = m.message; return look(); }
    if (!of) goodbye = m.message; else if (following && !following.isDone) { told(m.message, true); done(); }
  },
};
function look() { clearTimeout(timer); if (isOnline() && !document.hidden && ![...asked.values()].includes('glass')) send({ action: 'glass' }); }
function screen(id) { for (const one of ['login', 'password-form', 'glass']) $(one).hidden = one !== id; }
function state(text, isLost = false) { if ($('state').textContent !== text) $('state').textContent = text; $('state').classList.toggle('lost', isLost); }
const isOnline = () => socket?.readyState === WebSocket.OPEN;
function send(object) { asked.set(nextId, object.action); socket.send(JSON.stringify({ ...object, id: nextId++ })); }
function leave(reason) { const old = socket; socket = null; old.close(); logIn(reason); }
function logIn(reason) {
  for (const key of ['name', 'word']) sessionStorage.removeItem(`glass-${key}`);
  clearTimeout(timer); screen('login'); $('refusal').textContent = reason; $('name').focus();
}
function connect(name) {
  clearTimeout(timer); asked.clear(); goodbye = ''; const url = new URL('chat', location.href); let isOpen = false;
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'; url.hash = '';
  const mine = socket = new WebSocket(url), word = kept('word');
  mine.onopen = () => { isOpen = true; send({ action: 'connect', username: name, ...word && { reclaim: word } }); };
  mine.onmessage = event => {
    if (mine !== socket) return;
    const m = JSON.parse(event.data), of = asked.get(m.id); asked.delete(m.id); answers[m.action]?.(m, of);
  };
  mine.onclose = async () => {
    if (mine !== socket) return;
    socket = null; clearTimeout(timer); if (following && !following.isDone) { told('The connection was lost while the line was on its way.', true); done(); }
    // A browser does not say why it could not open a WebSocket; the same address tells it as text.
    const refusal = isOpen ? null : await fetch('chat').then(answer => [403, 503].includes(answer.status) ? answer.text() : null, () => null);
    const why = goodbye || refusal?.replace(/^server: /, '') || (isOpen ? 'The connection is lost.' : 'The server cannot be reached.');
    if ($('glass').hidden && !kept('name')) return logIn(why);
    state(`${why} Trying again…`, true); timer = setTimeout(connect, Math.min(30000, 500 * 2 ** tries++) * (.75 + Math.random() / 2), name);
  };
}
$('login').onsubmit = event => { event.preventDefault(); $('refusal').textContent = ''; if (!socket) connect($('name').value); };
$('password-form').onsubmit = event => { event.preventDefault(); $('wrong').textContent = ''; if (isOnline()) send({ action: 'op', password: $('password').value }); $('password').value = ''; };
$('pause').onclick = () => { isPaused = !isPaused; $('pause').setAttribute('aria-pressed', isPaused); state(isPaused ? 'Paused' : 'Live'); };
document.addEventListener('visibilitychange', look);
for (const link of document.querySelectorAll('a')) link.onclick = () => { if (isOnline()) send({ action: 'quit' }); sessionStorage.removeItem('glass-name'); };
try { const name = decodeURIComponent(location.hash.slice(1)); if (name) $('name').value = `${name}-2`; } catch { /* Not ours. */ }
if (kept('name')) { $('name').value = kept('name'); connect(kept('name')); }
