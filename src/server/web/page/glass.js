// The page /glass: the server's threads, looked at twice a second, and one line on its way through them.
// Names become text, never markup.
'use strict';

const LOOK_EVERY_MS = 500;
const LARGE_MAX = 24;
const MIDDLE_MAX = 120;
// A cell is full to its upper edge when so much waits for the client.
const FULL_BYTES = 4 << 20;
// Decoding takes microseconds. If a line is ready later than this, flood control held it back.
const DECODE_NS_MAX = 5e7;

// By the number of the reader: the elements of its cell, and its part of the last look.
const cells = new Map();
// By request id: the action that waits for its answer.
const asked = new Map();
const calm = matchMedia('(prefers-reduced-motion: reduce)');

let socket = null;
let nextId = 1;
let tries = 0;
let timer = 0;
let isPaused = false;
let hasLooked = false;
// Why the server closes the connection.
let goodbye = '';
// The room that this page is in.
let here = null;
// The line that is followed: its text, isSent, refusal and isDone.
let following = null;
// The number of the reader that the text below the cells describes.
let chosen = null;

const $ = id => document.getElementById(id);

// ── Words ──

const number = new Intl.NumberFormat('en').format;

// A whole number keeps all its digits.
function round(value, digits = 2) {
  const wholeDigits = Math.ceil(Math.log10(value + 1));
  return number(Number(value.toPrecision(Math.max(digits, wholeDigits))));
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1 << 20) return `${round(bytes / 1024)} KiB`;
  return `${round(bytes / (1 << 20))} MiB`;
}

function age(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

function time(ns) {
  if (ns < 1e6) return `${round(ns / 1e3)} µs`;
  if (ns < 1e9) return `${round(ns / 1e6)} ms`;
  return `${round(ns / 1e9)} s`;
}

function count(n, one, many = `${one}s`) {
  return `${number(n)} ${n === 1 ? one : many}`;
}

function labelOf(reader) {
  return reader.own ? 'you' : reader.username ?? `reader ${reader.reader}`;
}

function make(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

// ── The map: groups, inbox, dispatcher, sockets ──

function draw(look) {
  $('glass').className = look.grouped ? 'grouped large' : sizeOfCells(look.total);
  $('count').textContent = number(look.total);
  $('alone').hidden = look.total > 1;
  drawGroups(look);
  drawCells(look.readers);
  drawInbox(look.inbox);
  drawDispatcher(look.dispatcher, look.inbox);
  drawSockets(look);
  hasLooked = true;
  if (!isPaused) state('Live');
}

function sizeOfCells(total) {
  if (total <= LARGE_MAX) return 'large';
  return total <= MIDDLE_MAX ? 'middle' : 'small';
}

function drawGroups(look) {
  const groups = Object.entries(look.doing).map(([doing, readers]) => {
    const group = make('li', make('span', `${number(readers)} ${doing}`), make('i'));
    group.dataset.doing = doing;
    group.style.setProperty('--share', readers / look.total);
    return group;
  });
  $('groups').replaceChildren(...groups);
}

function drawInbox({ events, peak, capacity }) {
  bar('inbox', peak / capacity, events, capacity);
  $('inbox-text').textContent =
    `${number(events)} of ${number(capacity)} events now, at most ${number(peak)} since the last look.`;
}

function drawDispatcher({ busy_us, interval_us }, { taken, wakes }) {
  const share = Math.min(1, busy_us / interval_us);
  bar('busy', share, Math.round(share * 100), 100);
  const worked = `It worked ${round(share * 100, 1)} % of the last ${time(interval_us * 1e3)}`;
  const batches = `${count(taken, 'event')} in ${count(wakes, 'batch', 'batches')}`;
  $('busy-text').textContent = `${worked}, and waited for events the rest of the time: ${batches}.`;
}

function drawSockets({ total, full_sockets: full, queued_bytes, writers_total }) {
  const all = total === 1 ? 'The one socket takes' : `All ${number(total)} take`;
  const are = full === 1 ? '1 is' : `${number(full)} are`;
  $('sockets-text').textContent = full === 0
    ? `${all} what is sent at once. No writer is needed.`
    : `${number(total - full)} take what is sent at once. ${are} full: `
      + `${size(queued_bytes)} waiting, with ${count(writers_total, 'writer')}.`;
}

function bar(id, share, value, max) {
  $(id).style.setProperty('--share', share);
  $(id).ariaValueNow = value;
  $(id).ariaValueMax = max;
}

// ── The cells: one for each reader ──

function drawCells(readers) {
  const gone = new Set(cells.keys());
  for (const reader of readers) {
    gone.delete(reader.reader);
    drawCell(cells.get(reader.reader) ?? addCell(reader.reader), reader);
  }
  gone.forEach(removeCell);
  const [first] = cells.keys();
  for (const [id, { button }] of cells) button.tabIndex = id === (chosen ?? first) ? 0 : -1;
  if (chosen !== null) describe(chosen);
}

function addCell(id) {
  const button = make('button', make('strong'), make('small'));
  const item = make('li', button);
  const cell = { button, item };
  button.type = 'button';
  button.firstChild.dir = 'auto';
  button.onfocus = button.onmouseenter = () => describe(id);
  button.onmouseleave = () => {
    if (document.activeElement !== button) chosen = null;
  };
  cells.set(id, cell);
  $('cells').append(item);
  return cell;
}

function drawCell(cell, reader) {
  const { button, last } = cell;
  const [name, note] = button.children;
  const isLarge = $('glass').classList.contains('large');
  const waits = reader.queued_bytes;
  name.textContent = isLarge || reader.own ? labelOf(reader) : reader.username ?? reader.reader;
  note.textContent = waits ? `${size(waits)} waiting` : reader.doing;
  button.dataset.doing = reader.doing;
  button.classList.toggle('own', Boolean(reader.own));
  button.style.setProperty('--full', level(waits));
  button.ariaLabel = facts(reader).join(', ');
  drawWriter(cell, reader);
  const hasSpoken = last && reader.bytes_in > last.bytes_in;
  if (hasSpoken && !calm.matches) flash(button);
  cell.last = reader;
}

// Each step up is the same factor, and the lowest can be seen.
function level(bytes) {
  if (bytes === 0) return 0;
  const steps = Math.log2(bytes / 1024) / Math.log2(FULL_BYTES / 1024);
  return Math.min(1, Math.max(.12, steps));
}

function flash(button) {
  button.animate([{ boxShadow: '0 0 0 3px var(--c)' }, { boxShadow: '0 0 0 7px transparent' }], 450);
}

function drawWriter(cell, reader) {
  if (reader.writer && !cell.writer) {
    cell.writer = make('div', 'writer');
    cell.writer.className = 'writer';
    cell.item.append(cell.writer);
    news(`The socket of ${labelOf(reader)} is full: it has a writer now.`);
  } else if (!reader.writer && cell.writer) {
    cell.writer.remove();
    cell.writer = null;
    news(`The writer of ${labelOf(reader)} is done.`);
  }
}

// The writers of the first look are no news.
function news(text) {
  if (hasLooked) $('news').textContent = text;
}

function removeCell(id) {
  const { button, item, last, writer } = cells.get(id);
  cells.delete(id);
  if (writer) {
    // Groups have no cell for a reader whose socket is not full any more.
    const isGrouped = $('glass').classList.contains('grouped');
    news(isGrouped
      ? `The writer of ${labelOf(last)} is done.`
      : `${labelOf(last)} is gone, and so are its two threads.`);
  }
  if (chosen === id) chosen = null;
  const neighbour = item.nextSibling ?? item.previousSibling;
  if (document.activeElement === button) neighbour?.firstChild.focus();
  item.remove();
}

function facts(reader) {
  const id = `reader ${reader.reader}`;
  const label = labelOf(reader);
  const known = [
    label === id ? id : `${label} (${id})`,
    reader.doing,
    `here for ${age(reader.alive_seconds)}`,
    `${size(reader.bytes_in)} in`,
    `${size(reader.bytes_out)} out`,
    `${size(reader.queued_bytes)} waiting for its client`,
  ];
  if (reader.writer) known.push(`a writer is ${reader.writer}`);
  if (reader.address && !reader.own) known.push(reader.address);
  return known;
}

function describe(id) {
  chosen = id;
  $('about').textContent = `${facts(cells.get(id).last).join(' · ')}.`;
}

// The Tab key stops at one cell. The arrow keys reach the others.
$('cells').onkeydown = event => {
  const buttons = [...cells.values()].map(cell => cell.button);
  const at = buttons.indexOf(document.activeElement);
  const row = buttons.filter(button => button.offsetTop === buttons[0].offsetTop).length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row }[event.key];
  if (at < 0 || step === undefined) return;
  event.preventDefault();
  buttons[at + step]?.focus();
};

// ── One line on its way ──

const WAY = [
  { station: 'ready', doing: 'in read', words: 'Decoded by its reader', file: 'protocol/json/decoder.rs' },
  { station: 'sent', doing: 'waiting for its turn', words: 'Waits for the reader’s turn', file: 'server/turn.rs' },
  { station: 'taken', doing: 'sending to the inbox', words: 'In the inbox', file: 'server/inbox.rs' },
  { station: 'appended', doing: 'dispatching', words: 'The Hub chooses recipients', file: 'chat/say.rs' },
  { station: 'flushed', doing: 'in write', words: 'Sent to the sockets', file: 'server/delivery/mod.rs' },
];
const HELD_BACK = { doing: 'held back for a flood', words: 'Held back by flood control', file: 'server/flood.rs' };
const REFUSED = { words: 'The Hub refuses it' };

$('say').onsubmit = event => {
  event.preventDefault();
  const room = $('room').value.trim();
  const text = $('text').value.trim();
  if (!isOnline() || !text || isUnderWay()) return;
  following = { text };
  told('On its way…');
  if (here?.toLowerCase() === room.toLowerCase()) return sayIt();
  if (here) send({ action: 'leaveroom', room: here });
  here = null;
  send({ action: 'joinroom', room });
};

function isUnderWay() {
  return following && !following.isDone;
}

function sayIt() {
  following.isSent = true;
  send({ action: 'follow', room: here, message: following.text });
}

function arrived(line) {
  const parts = partsOf(line, following.refusal);
  cutTheLongest(parts);
  drawWay(parts);
  finish(outcome(line, following.refusal), Boolean(following.refusal));
}

function finish(text, isWrong) {
  following.isDone = true;
  told(text, isWrong);
  $('text').select();
}

function told(text, isWrong = false) {
  $('told').textContent = text;
  $('told').classList.toggle('wrong', isWrong);
}

function partsOf(line, refusal) {
  let before = 0;
  const way = refusal ? WAY.slice(0, -1) : WAY;
  return way.map(part => {
    const after = line[part.station];
    const lasts = after - before;
    before = after;
    const isHeldBack = part.station === 'ready' && lasts > DECODE_NS_MAX;
    const isRefused = part.station === 'appended' && refusal;
    return { ...part, ...isHeldBack && HELD_BACK, ...isRefused && REFUSED, after, lasts, shown: lasts };
  });
}

// A part that takes most of the time would hide the others: its bar is cut.
function cutTheLongest(parts) {
  const longest = parts.reduce((one, other) => one.lasts >= other.lasts ? one : other);
  const others = parts.at(-1).after - longest.lasts;
  longest.isCut = longest.lasts > 4 * others;
  if (longest.isCut) longest.shown = 2 * others;
}

function drawWay(parts) {
  const total = parts.reduce((sum, part) => sum + part.shown, 0);
  let left = 0;
  const rows = parts.map(part => {
    const mark = make('i');
    if (part.isCut) mark.className = 'cut';
    mark.style.left = `${left / total * 100}%`;
    mark.style.width = `${part.shown / total * 100}%`;
    left += part.shown;
    const words = make('span', part.words, make('small', make('code', part.file)));
    const after = make('em', `after ${time(part.after)}`);
    const row = make('li', words, make('div', mark), make('b', time(part.lasts)), after);
    row.dataset.doing = part.doing;
    return row;
  });
  $('line').replaceChildren(...rows);
  $('line').hidden = false;
}

function outcome({ taken, flushed, recipients, full_sockets: full }, refusal) {
  if (refusal) return `${refusal} The dispatcher had it after ${time(taken)}, and sent it to nobody.`;
  if (recipients === 0) return 'Nobody else is in this room, so the line was sent to nobody.';
  const last = recipients === 1 ? 'the one socket' : `the last of ${number(recipients)} sockets`;
  const served = `${time(flushed)} after the read returned, ${last} was served.`;
  if (full === 0) return served;
  return served + (full === 1
    ? ' One of them was full: its writer has the line now, and nobody waits for it.'
    : ` ${number(full)} of them were full: their writers have the line now, and nobody waits for them.`);
}

// ── What the server says ──

const answers = {
  connect(m) {
    tries = 0;
    here = null;
    following = null;
    kept('name', m.from);
    if (m.reclaim) kept('word', m.reclaim);
    $('telnet').textContent = `telnet ${location.hostname} ${document.body.dataset.port}`;
    look();
  },
  glass(m) {
    if ($('glass').hidden) {
      screen('glass');
      $('title').focus();
    }
    if (m.followed && following) arrived(m.followed);
    if (!isPaused || m.followed) draw(m);
    clearTimeout(timer);
    timer = setTimeout(look, LOOK_EVERY_MS);
  },
  joinroom(m) {
    // Only the answer to one's own request has an epoch.
    if (m.epoch === undefined) return;
    here = m.room;
    if (following && !following.isSent) sayIt();
  },
  op: look,
  // The next look has the way of the line that was said.
  ack: look,
  notice(m) {
    if (m.code === 'held_back' && isUnderWay()) told(m.message);
  },
  shutdown(m) {
    goodbye = m.message;
  },
  bye(m) {
    goodbye ||= m.message;
    if (!['shutdown', 'slow'].includes(m.reason)) leave(goodbye);
  },
  error(m, action) {
    if (action === 'connect') return refusedName(m);
    if (m.code === 'no_glass') return leave(m.message);
    if (m.code === 'glass_is_operators') return askForPassword();
    if (action === 'op') {
      $('wrong').textContent = m.message;
    } else if (action === 'follow') {
      following.refusal = m.message;
      look();
    } else if (!action) {
      goodbye = m.message;
    } else if (isUnderWay()) {
      finish(m.message, true);
    }
  },
};

function refusedName(m) {
  const isWordWrong = kept('word') && m.code.includes('_reclaim');
  // The server does not know yet that the connection before this one is lost.
  const isOwnName = m.code === 'name_taken' && !$('glass').hidden;
  if (isWordWrong) sessionStorage.removeItem('glass-word');
  if (isWordWrong || isOwnName) {
    socket.close();
  } else if (m.code === 'no_names') {
    send({ action: 'connect' });
  } else {
    leave(m.message);
  }
}

function askForPassword() {
  clearTimeout(timer);
  screen('password-form');
  $('password').focus();
}

// ── The connection ──

function connect(name) {
  clearTimeout(timer);
  asked.clear();
  goodbye = '';
  const url = new URL('chat', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  const mine = new WebSocket(url);
  let wasOpen = false;
  socket = mine;
  mine.onopen = () => {
    const word = kept('word');
    wasOpen = true;
    send({ action: 'connect', username: name, ...word && { reclaim: word } });
  };
  mine.onmessage = event => {
    if (mine !== socket) return;
    const m = JSON.parse(event.data);
    const action = asked.get(m.id);
    asked.delete(m.id);
    answers[m.action]?.(m, action);
  };
  mine.onclose = () => {
    if (mine === socket) lost(name, wasOpen);
  };
}

async function lost(name, wasOpen) {
  socket = null;
  clearTimeout(timer);
  if (isUnderWay()) finish('The connection was lost while the line was on its way.', true);
  const why = goodbye || (wasOpen ? 'The connection is lost.' : await whyRefused());
  // The person has tried again meanwhile.
  if (socket) return;
  if ($('glass').hidden && !kept('name')) return logIn(why);
  state(`${why} Trying again…`, true);
  const pause = Math.min(30_000, 500 * 2 ** tries) * (.75 + Math.random() / 2);
  tries += 1;
  clearTimeout(timer);
  timer = setTimeout(connect, pause, name);
}

// A browser does not say why it could not open a WebSocket; the same address tells it as text.
async function whyRefused() {
  try {
    const answer = await fetch('chat');
    if ([403, 503].includes(answer.status)) return (await answer.text()).replace(/^server: /, '');
  } catch { /* The server does not answer at all. */ }
  return 'The server cannot be reached.';
}

function leave(reason) {
  const old = socket;
  socket = null;
  old.close();
  logIn(reason);
}

function isOnline() {
  return socket?.readyState === WebSocket.OPEN;
}

function send(object) {
  asked.set(nextId, object.action);
  socket.send(JSON.stringify({ ...object, id: nextId }));
  nextId += 1;
}

// Once at a time, and not for a page that nobody sees.
function look() {
  clearTimeout(timer);
  const isAsked = [...asked.values()].includes('glass');
  if (isOnline() && !document.hidden && !isAsked) send({ action: 'glass' });
}

// ── The page: its three screens, and what it keeps ──

function kept(key, value) {
  if (value !== undefined) sessionStorage.setItem(`glass-${key}`, value);
  return sessionStorage.getItem(`glass-${key}`);
}

function screen(id) {
  for (const one of ['login', 'password-form', 'glass']) $(one).hidden = one !== id;
}

function state(text, isLost = false) {
  // A screen reader would say the same text again.
  if ($('state').textContent !== text) $('state').textContent = text;
  $('state').classList.toggle('lost', isLost);
}

function logIn(reason) {
  sessionStorage.removeItem('glass-name');
  sessionStorage.removeItem('glass-word');
  clearTimeout(timer);
  screen('login');
  $('refusal').textContent = reason;
  $('name').focus();
}

$('login').onsubmit = event => {
  event.preventDefault();
  $('refusal').textContent = '';
  if (!socket) connect($('name').value);
};

$('password-form').onsubmit = event => {
  event.preventDefault();
  $('wrong').textContent = '';
  if (isOnline()) send({ action: 'op', password: $('password').value });
  $('password').value = '';
};

$('pause').onclick = () => {
  isPaused = !isPaused;
  $('pause').ariaPressed = isPaused;
  state(isPaused ? 'Paused' : 'Live');
};

for (const link of document.querySelectorAll('a')) {
  link.onclick = () => {
    if (isOnline()) send({ action: 'quit' });
    sessionStorage.removeItem('glass-name');
  };
}

document.onvisibilitychange = look;

// The chat page says the name of its person behind the #.
try {
  const name = decodeURIComponent(location.hash.slice(1));
  if (name) $('name').value = `${name}-2`;
} catch { /* Something else is there. */ }

if (kept('name')) {
  $('name').value = kept('name');
  connect(kept('name'));
}
