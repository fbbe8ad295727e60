// The chat in a browser: it speaks the server's JSON actions over one WebSocket. What people say becomes text, never markup.
'use strict';
const $ = id => document.getElementById(id);
const log = $('log'), text = $('text'), choices = $('choices');
const LINES_MAX = 2000, HISTORY = 50, HOME = 'lobby', PING_EVERY = 30000, PING_PATIENCE = 10000, LINE_BYTES_MAX = 8000, PAST_TRIES = 5;

// ── What is known ──
const rooms = new Map();     // by name: epoch, last id, people, topic, lines, unread
let pasts = [];              // whose past is asked for: the first one now, the others then
const sent = new Map();      // by request id: what waits for its answer
let socket = null, me = null, here = null, nextId = 1, tries = 0, timer = 0, heard = 0, pinged = 0, goodbye = null, isLost = false;
let commands = [], early = [], recall = '', drawing = 0, understood = null, losses = 0;
// The pages of all machines of the chat, this one first; which one is connected; and lines that are to be sent after a move.
const places = [location.href, ...document.body.dataset.others.split(',').filter(Boolean)];
let place = 0, isMoving = false, unsaid = [];
const kept = (key, value) => value === undefined ? sessionStorage.getItem(key) : sessionStorage.setItem(key, value);

// ── Elements ──
function make(tag, cls = '', ...children) {
  const element = document.createElement(tag); element.className = cls; element.append(...children); return element;
}
function linked(said) {
  const parts = []; let end = 0;
  for (const match of said.matchAll(/`[^`]+`|https?:\/\/[^\s<>"`]+[^\s<>"`.,;:!?)\]}'…]/g)) {
    const isCode = match[0].startsWith('`'), part = make(isCode ? 'code' : 'a', '', isCode ? match[0].slice(1, -1) : match[0]);
    if (!isCode) Object.assign(part, { href: match[0], target: '_blank', rel: 'noopener noreferrer' });
    parts.push(said.slice(end, match.index), part); end = match.index + match[0].length;
  }
  const span = make('span', '', ...parts, said.slice(end)); span.dir = 'auto'; return span;
}
function nameOf(name) {
  let hash = 0; for (const c of name) hash = Math.imul(hash ^ c.codePointAt(0), 16777619) >>> 0;
  const element = make('bdi', 'name', name); element.style.setProperty('--hue', (hash >>> 8) % 24 * 15); return element;
}
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
function timeOf(received, sentAt) {
  const element = make('time', '', clock.format(received)); element.dateTime = received.toISOString();
  element.title = full.format(received) + (sentAt ? `\nby the sender's clock: ${sentAt}` : ''); return element;
}

// ── The log ──
const isAtBottom = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
function toBottom() { log.scrollTop = log.scrollHeight; if (here) here.isAway = false; }
function add(room, element, received = new Date()) {
  if (!room) return void early.push(element);
  const stays = room !== here || !room.isAway; const date = day.format(received);
  if (room.day !== date) { room.day = date; room.lines.append(make('div', 'day', date)); }
  room.lines.append(element); room.empty?.remove();
  if (stays) while (room.lines.childElementCount > LINES_MAX) { room.lines.firstElementChild.remove(); room.isWhole = false; }
  if (room === here && stays) toBottom();
}
const row = (body, received, cls = '', sentAt) => make('div', `line ${cls}`, timeOf(received, sentAt), make('div', '', ...body));
const note = (said, cls = 'note', room = here) => add(room, row([linked(said)], new Date(), cls));
function table(heading, rows) {
  const cells = rows.map(cells => make('tr', '', ...cells.map(cell => make('td', '', linked(String(cell ?? ''))))));
  add(here, row([heading, make('div', 'list', make('table', '', ...cells))], new Date(), 'note'));
}
// Those who come, or go, in the same minute share a line.
function passed(name, did, room) {
  const last = room.lines.lastElementChild, mayShare = last?.did === did && last.firstChild.textContent === clock.format(new Date());
  if (mayShare) last.lastChild.lastChild.replaceWith(', ', make('bdi', '', name), ` have ${did}.`);
  else add(room, Object.assign(row([make('bdi', '', name), ` has ${did}.`], new Date(), 'note'), { did }));
  if (room === here && !room.isAway) toBottom();
}
function calls(said) {
  const parts = said.toLowerCase().split(`@${me}`.toLowerCase());
  return parts.some((part, i) => i && !/[\p{L}\p{N}]$/u.test(parts[i - 1]) && !/^[\p{L}\p{N}]/u.test(part));
}
function lineOf(m) {
  const isMine = m.from === me, isPrivate = !m.room, isCall = !isMine && (isPrivate || calls(m.message));
  const body = m.action === 'me' ? ['* ', nameOf(m.from), ' ', linked(m.message)] : [nameOf(m.from), '  ', linked(m.message)];
  const line = row(body, new Date(m.received_at), isPrivate ? 'private' : isCall ? 'call' : '', m.sent_at);
  if (isPrivate) mark(line, m.to, m.action === 'msg'); else line.dataset.id = m.message_id;
  return [line, isCall];
}
function mark(line, to, isSecret) {
  line.classList.add('private'); const names = to.map(name => name === me ? 'you' : name).join(', ');
  line.lastChild.append(make('small', 'tag', `${isSecret ? 'private, ' : ''}only to ${names}`));
}

// ── Rooms and people ──
function roomOf(name) {
  if (!rooms.has(name)) {
    const lines = make('div'); lines.hidden = true; log.append(lines);
    rooms.set(name, { name, lines, people: new Map(), topic: null, epoch: 0, last: 0, unread: 0, held: null });
  }
  return rooms.get(name);
}
function show(room) {
  if (here) { here.top = log.scrollTop; here.lines.hidden = true; if (!here.unread) here.marker?.remove(); }
  here = room;
  if (room) {
    room.lines.hidden = false;
    for (const element of early.splice(0)) add(room, element);
    if (room.isAway) log.scrollTop = room.top; else toBottom();
    kept('here', room.name); reachUp();
  }
  seen(); open('left', false);
}
function seen() { if (here && !document.hidden && !here.isAway) here.unread = here.calls = 0; draw(); }
function draw() { drawing ||= setTimeout(drawNow, 30); }   // Once for all that comes at once. A hidden page has no frames.
function keepFocus(list, entries) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  list.replaceChildren(...entries.map(entry => make('li', '', entry)));
  if (focused !== null) [...list.querySelectorAll('button')].find(button => button.dataset.key === focused)?.focus();
}
function drawNow() {
  let unread = 0, called = 0; drawing = 0;
  keepFocus($('rooms'), [...rooms.values()].map(room => {
    const button = make('button', '', make('span', '', room.name)); button.dataset.key = room.name;
    if (room === here) button.setAttribute('aria-current', 'true');
    if (room.unread) {
      button.append(make('b', room.calls ? 'calls' : '', String(room.unread)));
      button.setAttribute('aria-label', `${room.name}, ${room.unread} unread`);
    }
    unread += room.unread; called += room.calls || 0; button.onclick = () => { show(room); text.focus(); };
    return button;
  }));
  const people = here ? [...here.people] : []; people.sort(([a], [b]) => a.localeCompare(b));
  keepFocus($('people'), people.map(([name, away]) => {
    const button = make('button', away ? 'away' : '', make('span', '', nameOf(name), name === me ? ' (you)' : away ? ' (away)' : ''));
    button.dataset.key = button.title = name;
    button.onclick = () => { open('right', false); put(`/msg ${name} `); }; return button;
  }));
  $('count').textContent = people.length || ''; $('people-button').textContent = `People ${people.length || ''}`;
  $('title').textContent = here?.name ?? 'No room'; $('topic').textContent = $('topic').title = here?.topic ?? '';
  const elsewhere = unread - (here?.unread ?? 0) || ''; $('elsewhere').textContent = elsewhere;
  $('menu').ariaLabel = elsewhere ? `Rooms, ${elsewhere} unread` : 'Rooms'; $('elsewhere').className = called ? 'calls' : '';
  $('newer').hidden = !here?.isAway; $('newer').textContent = here?.unread ? 'New messages ↓' : 'To the end ↓';
  document.title = (unread ? `(${unread}) ` : '') + (here ? `${here.name} – chatserv` : 'chatserv');
  text.placeholder = here ? `Message ${here.name}` : 'Type /join ROOM'; drawEmpty();
}
function drawEmpty() {
  if (!here || here.people.size !== 1 || here.lines.querySelector('.line') || here.held) return void here?.empty?.remove();
  if (here.empty?.isConnected) return;
  here.empty = make('p', 'empty', make('strong', '', 'You are alone here.'), 'Others join with ',
    make('code', '', `telnet ${location.hostname.replace(/[[\]]/g, '')} ${document.body.dataset.port}`), ' or at ',
    make('code', '', location.origin + location.pathname), '.');
  here.lines.append(here.empty);
}
function remember() { kept('rooms', JSON.stringify([...rooms.keys()])); }
function drop(name) {
  const room = rooms.get(name); if (!room) return;
  rooms.delete(name); remember();
  if (room === here) { here = null; show(rooms.values().next().value ?? null); }
  room.lines.remove();
}
function count(room, line, isCall) {
  if (!room.unread) line.before(room.marker ??= make('div', 'day new', 'New messages'));
  room.unread++; room.calls = (room.calls || 0) + isCall;
}
function said(m) {
  const room = m.room ? roomOf(m.room) : here;
  if (m.room && room.held) return void room.held.push(m);
  if (m.room && m.message_id <= room.last) return; if (m.room) room.last = m.message_id;
  const [line, isCall] = lineOf(m); const isSeen = room === here && !document.hidden && !room?.isAway;
  add(room, line, new Date(m.received_at));
  if (isCall && !document.hasFocus()) alarm(m, room);
  if (!isSeen && room && m.from !== me) count(room, line, isCall); draw();
}
function alarm(m, room) {
  if ($('notify').checked) try {
    const notice = new Notification(m.room ? `${m.from} in ${m.room}` : m.from, { body: m.message, tag: 'chatserv' });
    notice.onclick = () => { window.focus(); show(room); notice.close(); };
  } catch { /* On Android only a service worker may notify. */ }
  if (!$('sound').checked) return; const audio = new AudioContext(), tone = audio.createOscillator(), volume = audio.createGain();
  tone.frequency.value = 660; volume.gain.setValueAtTime(.15, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(.001, audio.currentTime + .4);
  tone.connect(volume).connect(audio.destination); tone.onended = () => audio.close(); tone.start(); tone.stop(audio.currentTime + .4);
}

// ── What comes from the server ──
// What a screen reader should not read: the past.
function quietly(insert) {
  log.setAttribute('aria-live', 'off'); insert(); setTimeout(() => log.setAttribute('aria-live', 'polite'), 500);
}
function past(m, room) {
  const held = room.held ?? []; if (m.epoch !== room.epoch) return;
  room.held = null;
  quietly(() => {
    const missing = gapsOf(m, gap => add(room, gap));
    for (const old of m.messages) {
      if (old.message_id <= room.last) continue;
      missing(old.message_id); room.last = old.message_id;
      if (room.lines.querySelector(`[data-id="${old.message_id}"]`)) continue;   // One's own, and acknowledged meanwhile.
      const mine = old.from === me && [...sent].find(([, it]) => it.sentAt && it.sentAt === old.sent_at);
      if (mine) { mine[1].line?.remove(); sent.delete(mine[0]); }
      const [line, isCall] = lineOf(old);
      add(room, line, new Date(old.received_at));
      if (room.isMissed && old.from !== me) count(room, line, isCall);
    }
    if (!m.more) missing(Infinity);
  });
  if (m.more) { room.held = held; return void catchUp(room); }
  for (const [id, it] of sent) if (it.isOld && it.room === room) { fail(it, it.typed ? 'may have been lost' : 'was not said'); sent.delete(id); }
  room.isMissed = false; held.forEach(said);
  if (room === here) { seen(); reachUp(); }
}
function fail(it, why) {
  if (it.typed) note(`${it.typed.trim().split(/\s/)[0]} ${why}.`, 'wrong');
  if (!it.line) return;
  it.line.classList.replace('lost', 'wrong'); it.line.lastChild.append(make('small', 'tag', why));
}
// Shows each gap of an answer once, before the first line behind it.
function gapsOf(m, insert) {
  const gaps = [...m.gaps ?? []];
  return id => { for (; gaps[0]?.first < id; gaps.shift()) insert(make('div', 'day gap', 'Messages are missing here.')); };
}
// The server looks up only a few pages for one client at once, so the rooms wait for each other.
function catchUp(room) { fetchPast(room, { after: room.last }); }
function fetchPast(room, range) { if (pasts.push({ room, range, tries: 0 }) === 1) askPast(); }
function askPast() { const [one] = pasts; if (one) ask({ action: 'history', room: one.room.name, ...one.range }, { past: one.room }); }
function pastCame(m, room) {
  pasts.shift(); const isNext = pasts.length > 0; if (rooms.get(room.name) === room) past(m, room);
  if (isNext) askPast();
}
function pastFailed(m, room) {
  const [one] = pasts;
  if (rooms.get(room.name) !== room) return pastCame({}, room);
  if (++one.tries < PAST_TRIES) return void setTimeout(() => { if (pasts[0] === one) askPast(); }, 1000);
  note(`Messages may be missing here: ${m.message}`, 'wrong', room); pastCame({ epoch: room.epoch, messages: [] }, room);
}
// Inserts older lines above the first one, without moving the lines that are being read.
function askOlder(room) {
  const first = room.lines.querySelector('[data-id]');
  if (room.isWhole || room.isAsking || !first || !isOnline() || isLost) return;
  room.isAsking = true; ask({ action: 'history', room: room.name, before: Number(first.dataset.id), limit: HISTORY }, { isOlder: room });
}
// Near the top, older lines are asked for: whether one scrolls, or the lines do not fill the window and nothing scrolls.
const reachUp = () => here && log.clientHeight && log.scrollTop < 200 && (here.isAway || log.scrollHeight - log.clientHeight < 200) && askOlder(here);
function older(m, room) {
  room.isAsking = false; room.isWhole = !m.more;
  const first = room.lines.querySelector('[data-id]'), above = first?.previousElementSibling;
  if (!first || m.epoch !== room.epoch) return;
  const place = above?.className === 'day' ? above : first, top = first.getBoundingClientRect().top; let shown = '';
  quietly(() => {
    if (place.previousElementSibling?.className === 'day gap') place.previousElementSibling.remove();   // Told again below.
    const missing = gapsOf(m, gap => place.before(gap));
    for (const old of m.messages) {
      const date = day.format(new Date(old.received_at));
      if (date !== shown) place.before(make('div', 'day', shown = date));
      missing(old.message_id); place.before(lineOf(old)[0]);
    }
    missing(Infinity);
  });
  if (above?.textContent === shown) above.remove();
  if (room === here) { log.scrollTop += first.getBoundingClientRect().top - top; if (m.messages.length) reachUp(); }
}
const answers = {
  connect(m) {
    me = m.from; tries = 0; isMoving = false; kept('name', me); $('glass').href = `glass#${encodeURIComponent(me)}`;
    if (m.reclaim) kept('word', m.reclaim);
    $('login').hidden = true; $('chat').hidden = false; $('state').textContent = ''; $('refusal').textContent = '';
    let names = [HOME], wanted = '';
    try { names = JSON.parse(kept('rooms')) ?? names; wanted = decodeURIComponent(location.hash.slice(1)); } catch { /* Not ours. */ }
    if (wanted && !isLost) { names.unshift(wanted); kept('here', wanted); }
    for (const name of new Set([...names, ...m.rooms ?? []])) send({ action: 'joinroom', room: name });
    ask({ action: 'help' }, { isHelp: true }); ask({ action: 'search', words: '?' }, { isProbe: true }); isLost = false; keepTyped(); text.focus();
    for (const it of unsaid.splice(0)) ask(it.object, it);
  },
  joinroom(m, it) {
    if (m.epoch === undefined) return roomOf(m.room).people.set(m.from, false), passed(m.from, 'joined', roomOf(m.room));
    const isNew = !rooms.has(m.room), room = roomOf(m.room), isKnown = room.epoch === m.epoch;
    room.people = new Map(m.members.map(name => [name, room.people.get(name) ?? false]));
    room.topic = m.topic ?? null; room.isAsking = false;
    if (!isKnown) {
      if (room.epoch && room.last) note('The server has started again: earlier lines are gone there.', 'note', room);
      for (const line of room.lines.querySelectorAll('[data-id]')) delete line.dataset.id;
      Object.assign(room, { epoch: m.epoch, last: 0, isWhole: false });
    }
    if (m.last_message_id > room.last) {
      room.held ??= []; room.isMissed = isKnown;
      if (isKnown) catchUp(room); else fetchPast(room, { limit: HISTORY });
    } else { past({ epoch: room.epoch, messages: [] }, room); }
    remember();
    if (it?.typed || isNew && (!here || room.name === kept('here'))) show(room);
  },
  leaveroom(m) {
    if (m.from === me) return void drop(m.room);
    const room = roomOf(m.room); room.people.delete(m.from);
    if (m.by) note(`${m.by} has ${m.reason} ${m.from}${m.message ? ` (${m.message})` : ''}.`, 'note', room); else passed(m.from, 'left', room);
  },
  chat: said, me: said, msg: said,
  typed(m) { understood = { action: m.as, message: m.message }; },   // Comes right before the answer.
  ack(m, it) {
    if (understood) showMine(it, understood);
    const isSecret = understood?.action === 'msg'; understood = null;
    if (!it?.line) return;
    it.line.classList.remove('lost'); it.line.firstChild.replaceWith(timeOf(new Date(m.received_at), it.sentAt));
    if (m.message_id && it.room) { if (!it.room.held) it.room.last = Math.max(it.room.last, m.message_id); it.line.dataset.id = m.message_id; }
    if (m.to) mark(it.line, m.to, isSecret);
    if (m.absent) note(`Not here: ${m.absent.join(', ')}.`);
  },
  timestamp() { note('The time is always shown here.'); },
  history(m, it) {
    const room = rooms.get(m.room);
    if (it?.past) return pastCame(m, it.past);
    if (it?.isOlder) return room && older(m, room);
    listed(m, m.messages.length ? `The last ${m.messages.length} line(s) in ${m.room}:` : `No lines yet in ${m.room}.`);
  },
  search(m, it) {
    m.messages.reverse(); listed(m, m.messages.length ? 'Found, the newest last:' : 'Nothing was found.');
    const button = make('button', '', 'Show older ones'), line = row([button], new Date(), 'note');
    button.onclick = () => { line.remove(); searchOn(it.typed, m.cursor); }; if (m.cursor && it?.typed) add(here, line);
  },
  topic(m) {
    const room = rooms.get(m.room);
    if (room) room.topic = m.topic;
    const told = m.topic ? `: ${m.topic}` : m.from ? ' is removed' : ': none';
    note(m.from ? `${m.from} has changed the topic. It${m.topic ? ' is now' : ''}${told}` : `The topic of ${m.room}${told}`, 'note', room);
  },
  nick(m) {
    for (const room of rooms.values()) {
      if (!room.people.has(m.from)) continue;
      room.people.set(m.username, room.people.get(m.from)); room.people.delete(m.from);
      if (m.from !== me) note(`${m.from} is now ${m.username}.`, 'note', room);
    }
    if (m.from === me) { me = m.username; kept('name', me); note(`You are now ${me}.`); }
  },
  away(m) { presence(m.from, true, m.message); },
  back(m) { presence(m.from, false); },
  who(m) { table(`${m.total} here:`, m.clients.map(one => [one.username, one.rooms.join(', '), one.away ? 'away' : `silent for ${span(one.idle_seconds)}`])); },
  whois(m) {
    table(`${m.username}:`, Object.entries(m).filter(([key]) => !['action', 'username', 'id'].includes(key))
      .map(([key, value]) => [key.replace('_seconds', '').replace('_', ' '), key.endsWith('_seconds') ? span(value) : Array.isArray(value) ? value.join(', ') : value === true ? 'yes' : value === false ? 'no' : value]));
  },
  rooms(m) { table(`${m.total} room(s):`, m.rooms.map(one => [one.room, `${one.members} here`, one.topic])); },
  help(m, it) {
    if (it?.isHelp) commands = m.commands; else table('Commands:', m.commands.map(one => [`/${one.command} ${one.arguments}`, one.description]));
  },
  ignore(m) { note(m.username ? `You ignore ${m.username}.` : m.usernames.length ? `You ignore ${m.usernames.join(', ')}.` : 'You ignore nobody.'); },
  unignore(m) { note(`You do not ignore ${m.username} any more.`); },
  quiet(m) { note(m.on ? 'Joins and leaves are hidden.' : 'Joins and leaves are shown.'); },
  motd(m) { note(m.message ?? 'There is no message of the day.'); },
  notice(m) {
    if (m.code !== 'restart') note(m.message);   // The page moves by itself.
    for (const room of m.code === 'membership' ? [m.room] : ['skipped', 'rewound'].includes(m.code) ? rooms.keys() : []) if (rooms.has(room)) send({ action: 'joinroom', room });
  },
  op() { note('You are an operator now.'); $('glass').hidden = document.body.dataset.glass === 'off'; ask({ action: 'help' }, { isHelp: true }); },
  kick(m) { note(`${m.username} was kicked.`); },
  mute(m) { note(`${m.username} is muted.`); },
  unmute(m) { note(`${m.username} is not muted any more.`); },
  ban(m) {
    note(`Banned: ${[m.username, m.address].filter(Boolean).join(', ')}.`);
    if (m.shared_with) note(`${m.shared_with} other(s) here have the address ${m.shared_address}. /ban ${m.shared_address} bans them all.`);
  },
  unban(m) { note(`No longer banned: ${[m.username, m.address].filter(Boolean).join(', ')}.`); },
  bans(m) { table(`${m.total} ban(s):`, m.bans.map(one => [one.username ?? one.address, one.until ? `until ${full.format(new Date(one.until))}` : 'for ever', `by ${one.by}`, one.reason])); },
  threads(m) { table(`${m.total} threads:`, m.threads.map(one => [one.name, one.doing, `${one.queued_bytes ?? one.queued_events ?? 0} queued`, `${one.bytes_in} in, ${one.bytes_out} out`])); },
  reclaim(m) { kept('word', m.reclaim); note(`To take your name back after a lost connection, join as: ${me} ${m.reclaim}`); },
  shutdown(m) { goodbye = { reason: 'shutdown', message: m.message }; },
  bye(m) { goodbye = { ...goodbye, ...m, message: goodbye?.message ?? m.message }; },
  error(m, it) {
    understood = null;
    // A server with a history on disk misses the words in this search; others can search nothing.
    if (it?.isProbe) return void ($('find').hidden = m.code !== 'nothing_to_search');
    if (it?.past) return pastFailed(m, it.past);
    if (it?.isOlder) it.isOlder.isAsking = false;
    if (it?.line) fail({ line: it.line }, 'not said');
    if (it?.typed && m.code.includes('command') && !text.value) put(it.typed);
    const isHeld = isLost && m.code === 'name_taken', isWrong = kept('word') && /_reclaims?$/.test(m.code);
    if (it?.isConnect && (isHeld || isWrong)) {
      if (isWrong) sessionStorage.removeItem('word');
      if (isHeld || !me) goodbye = { message: isHeld ? 'The old connection still has your name.' : m.message };
      return void socket.close();
    }
    if (m.code === 'no_names' && it?.isConnect) return void send({ action: 'connect' });
    if (['banned', 'full', 'too_many_connections', 'no_thread'].includes(m.code)) goodbye = { message: m.message };
    if (it?.isConnect) return void logIn(m.message);
    if (me) note(m.message, 'wrong');
  },
};
function listed(m, heading) {
  note(heading);
  quietly(() => {
    const missing = gapsOf(m, gap => add(here, gap));
    for (const old of m.messages) {
      missing(old.message_id); const [line] = lineOf(old), date = day.format(new Date(old.received_at)); delete line.dataset.id; line.classList.add('listed');
      const where = [old.room !== here?.name && old.room, date !== here?.day && date].filter(Boolean).join(', ');
      if (where) line.lastChild.append(make('small', 'tag', where));
      add(here, line);
    }
    missing(Infinity);
  });
}
// Goes on with a search where its last answer ended.
function searchOn(typed, cursor) {
  const given = {}, words = typed.trim().split(/\s+/).slice(1).filter(word => {
    const [, name, value] = word.match(/^(from|in|before)[:：][@＠﹫#＃﹟]?(.*)/i) ?? []; if (name) given[name.toLowerCase()] = value; return !name;
  }).join(' ') || undefined;
  ask({ action: 'search', words, username: given.from, room: given.in, before: given.before, cursor }, { typed, room: here });
}
function presence(name, isAway, why) {
  for (const room of rooms.values()) if (room.people.has(name)) room.people.set(name, isAway);
  if (name === me) note(isAway ? `You are away${why ? ` (${why})` : ''}.` : 'You are back.');
}
const span = seconds => seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;

// ── The connection ──
function logIn(reason = '') {
  me = null; goodbye = null; isLost = false; clearTimeout(timer); socket?.close(); socket = null;
  for (const key of ['name', 'word', 'rooms', 'here']) sessionStorage.removeItem(key); rooms.forEach(room => room.lines.remove());
  rooms.clear(); sent.clear(); unsaid = []; pasts = []; here = null; isMoving = false;
  $('chat').hidden = true; $('login').hidden = false; $('refusal').textContent = reason;
  document.title = 'chatserv'; $('name').focus();
}
function connect(name) {
  clearTimeout(timer); const url = new URL('chat', places[place]);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'; url.hash = '';
  const mine = socket = new WebSocket(url); let isOpen = false;
  mine.onopen = () => {
    isOpen = true; heard = Date.now(); pinged = 0; goodbye = null; const word = kept('word');
    ask({ action: 'connect', username: name, ...(word && { reclaim: word }) }, { isConnect: true });
  };
  mine.onmessage = event => {
    if (mine !== socket) return;
    const m = JSON.parse(event.data), it = sent.get(m.id);
    heard = Date.now(); pinged = 0; sent.delete(m.id); answers[m.action]?.(m, it); draw();
    if (it?.typed && it.room === here) toBottom();   // To what one has asked for.
  };
  mine.onclose = () => { if (mine === socket) lost(name, isOpen); };
}
async function lost(name, wasOpen) {
  socket = null; const last = goodbye, mine = ++losses; goodbye = null;
  if (last && ['quit', 'kicked', 'idle', 'banned', 'too_many_names', 'reclaimed'].includes(last.reason)) return logIn(last.message);
  let why = last?.message ?? (wasOpen ? 'The connection is lost.' : 'The server cannot be reached.');
  if (!wasOpen && place === 0) {
    // A browser does not say why it could not open a WebSocket; the same address tells it as text.
    const refusal = await fetch('chat').then(answer => [403, 503].includes(answer.status) ? answer.text() : null, () => null);
    if (mine !== losses || socket) return;   // Meanwhile it has connected, or lost that connection too.
    why = refusal?.replace(/^server: /, '') ?? why;
  }
  if (!me) return logIn(why);
  place = (place + 1) % places.length; isMoving = wasOpen && last?.reason === 'restart';
  // That server has answered everything that it took.
  const moved = [...sent].filter(([id, it]) => isMoving && it.object && !it.isOld && sent.delete(id)); unsaid.unshift(...moved.map(([, it]) => it));
  for (const it of sent.values()) it.isOld = true; pasts = [];
  for (const room of rooms.values()) room.held ??= [];   // What comes next has to wait for what was missed.
  isLost = true; const wait = isMoving ? 0 : Math.min(30000, 500 * 2 ** tries++) * (.75 + Math.random() / 2);
  const other = Object.assign(make('button', '', 'Choose another name'), { type: 'button', onclick: () => logIn() });
  $('state').replaceChildren(isMoving ? 'This server restarts. Connecting again… ' : `${why} Trying again… `, ...tries > 3 ? [other] : []);
  timer = setTimeout(connect, wait, me);
}
const isOnline = () => socket?.readyState === WebSocket.OPEN;
function send(object) { if (isOnline()) socket.send(JSON.stringify(object)); }
function ask(object, it) { sent.set(nextId, it); send({ ...object, id: nextId++ }); }
setInterval(() => {
  if (!me || !isOnline()) return;
  // A laptop that slept, a network that changed: the socket may look open for minutes.
  if (pinged && Date.now() - pinged > PING_PATIENCE) { const gone = socket; lost(me, true); gone.close(); }
  else if (!pinged && Date.now() - heard > PING_EVERY) { pinged = Date.now(); send({ action: 'ping' }); }
}, PING_PATIENCE / 2);
window.addEventListener('online', () => { if (me && !socket) { tries = 0; connect(me); } });

// ── What is typed ──
const now = () => {
  const date = new Date(), offset = -date.getTimezoneOffset(), two = number => String(Math.floor(number)).padStart(2, '0');
  const local = new Date(date.getTime() + offset * 60000).toISOString().slice(0, 23);
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
};
// Sends one line. What may be a command goes to the server as it is typed, and means there what it means in telnet; a
// message is shown at once, until it has arrived. Returns whether it is gone.
function say(line) {
  if (new Blob([line]).size > LINE_BYTES_MAX) return note('This line is too long to be said at once.', 'wrong'), false;
  const mayBeCommand = /^[^!-~]*[/／⁄∕⧸]|SHUTDOWN/u.test(line), it = { room: here, sentAt: now(), typed: mayBeCommand && line };
  if (!here && !mayBeCommand) return note('You are in no room. /join ROOM joins one.', 'wrong'), false;
  const object = mayBeCommand ? { action: 'typed', line } : { action: 'chat', message: line };
  if (!mayBeCommand) { showMine(it, object); it.line.classList.add('lost'); }
  it.object = { ...object, room: here?.name, sent_at: it.sentAt };
  if (isMoving) unsaid.push(it); else ask(it.object, it);
  return true;
}
function showMine(it, m) {
  if (here) here.isAway = false; [it.line] = lineOf({ room: 'here', from: me, received_at: new Date(), sent_at: it.sentAt, ...m }); add(it.room ?? here, it.line);
}
function put(value) { text.value = value; keepTyped(); text.focus(); }
function keepTyped() {
  kept('typed', text.value); text.style.height = 'auto';
  if (text.scrollHeight) text.style.height = `${text.scrollHeight + 2}px`;
}
function submit() {
  const lines = text.value.split('\n').filter(line => line.trim());
  if (!lines.length || !me || !isMoving && (!isOnline() || isLost)) return;
  recall = text.value; const left = lines.findIndex(line => !say(line));
  closeChoices(); put(left < 0 ? '' : lines.slice(left).join('\n'));
}

// ── Completion ──
let offered = [], chosen = 0, isChosen = false;
const wordAt = () => text.value.slice(0, text.selectionStart).match(/(\S*)$/)[1];
function candidates(start) {
  const isFirst = text.value.slice(0, text.selectionStart).trimStart() === start, begins = (name, typed) => name.toLowerCase().startsWith(typed.toLowerCase());
  if (isFirst && start.startsWith('/')) return commands.filter(one => begins(one.command, start.slice(1))).map(one => [`/${one.command} `, `/${one.command}`, one.description]);
  if (/^\s*\/(join|who|part)\s/.test(text.value)) return [...rooms.keys()].filter(name => begins(name, start.replace(/^#/, ''))).map(name => [name, name, 'room']);
  const at = start.startsWith('@') ? '@' : '';
  return [...(here?.people.keys() ?? [])].filter(name => name !== me && begins(name, start.slice(at.length))).map(name => [`${at}${name} `, name, '']);
}
function offer(list) { offered = list.slice(0, 12); chosen = 0; isChosen = false; choices.hidden = !offered.length; drawChoices(); }
function drawChoices() {
  choices.replaceChildren(...offered.map(([, name, about], index) => {
    const item = make('li', '', make('bdi', '', name), make('small', '', about));
    item.role = 'option'; item.id = `choice${index}`; item.setAttribute('aria-selected', index === chosen);
    item.onpointerdown = event => { event.preventDefault(); chosen = index; accept(); }; return item;
  }));
  if (choices.hidden) text.removeAttribute('aria-activedescendant'); else text.setAttribute('aria-activedescendant', `choice${chosen}`);
}
const closeChoices = () => offer([]);
function accept() {
  const start = wordAt(), end = text.selectionStart;
  text.setRangeText(offered[chosen][0], end - start.length, end, 'end'); closeChoices(); keepTyped(); text.focus();
}
text.addEventListener('input', () => {
  keepTyped(); const start = wordAt(); offer(/^[@/]./.test(start) || start === '@' ? candidates(start) : []);
});
text.addEventListener('blur', () => closeChoices());
text.addEventListener('keydown', event => {
  // An input method composes: Enter and Tab are its own.
  if (event.isComposing || event.keyCode === 229) return;
  const isOpen = !choices.hidden, step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.altKey && step && here) {
    const all = [...rooms.values()]; event.preventDefault();
    return show(all[(all.indexOf(here) + step + all.length) % all.length]);
  }
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    if (isOpen && isChosen) accept(); else submit();
  } else if (event.key === 'Tab' && !event.shiftKey && wordAt()) {
    if (!isOpen) offer(candidates(wordAt()));
    if (!offered.length) return;
    event.preventDefault();
    if (isOpen || offered.length === 1) accept();
  } else if (isOpen && step) {
    event.preventDefault(); chosen = (chosen + step + offered.length) % offered.length; isChosen = true; drawChoices();
  } else if (event.key === 'ArrowUp' && !text.value && recall) {
    event.preventDefault(); put(recall);
  } else if (event.key === 'PageUp' || event.key === 'PageDown') {
    event.preventDefault(); log.scrollBy(0, (event.key === 'PageUp' ? -.9 : .9) * log.clientHeight); reachUp();
  }
});

// ── The page ──
function open(side, isOpen) {
  $(side).classList.toggle('open', isOpen);
  $(side === 'left' ? 'menu' : 'people-button').setAttribute('aria-expanded', isOpen);
  if (isOpen) $(side).querySelector('button, input')?.focus();
}
for (const [button, side] of [['menu', 'left'], ['people-button', 'right']]) $(button).onclick = event => { event.stopPropagation(); open(side, !$(side).classList.contains('open')); };
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return; closeChoices(); open('left', false); open('right', false); if (me) text.focus();
});
document.querySelector('main').addEventListener('click', () => { open('left', false); open('right', false); });
$('login').onsubmit = event => {
  event.preventDefault(); $('refusal').textContent = '';
  const [name, word] = $('name').value.trim().split(/\s+(?=\w{32}$)/);   // As in telnet, the word of /reclaim may follow.
  if (word) kept('word', word); if (!socket) connect(name);
};
for (const [form, field, command] of [['enter', 'room', 'join'], ['find', 'words', 'search']]) $(form).onsubmit = event => {
  event.preventDefault(); open('left', false);
  if ($(field).value.trim() && say(`/${command} ${$(field).value}`)) $(field).value = ''; text.focus();
};
$('say').onsubmit = event => { event.preventDefault(); submit(); text.focus(); };
$('newer').onclick = () => { toBottom(); seen(); text.focus(); };
log.addEventListener('scroll', () => {
  if (!here || log.clientHeight === 0) return;
  const wasAway = here.isAway; here.isAway = !isAtBottom();
  if (here.isAway !== wasAway) seen(); reachUp();
}, { passive: true });
log.addEventListener('wheel', reachUp, { passive: true });
new ResizeObserver(() => { if (here && !here.isAway) toBottom(); reachUp(); }).observe(log);
document.addEventListener('visibilitychange', seen);
for (const id of ['notify', 'sound']) {
  $(id).checked = localStorage.getItem(id) === 'yes';
  $(id).onchange = async () => {
    if (id === 'notify' && $(id).checked && await window.Notification?.requestPermission() !== 'granted') {
      $(id).checked = false; note('The browser does not allow it: only at https: and localhost, and if its settings do.', 'wrong');
    }
    localStorage.setItem(id, $(id).checked ? 'yes' : 'no');
  };
}
text.value = kept('typed') ?? ''; $('glass').hidden = document.body.dataset.glass !== 'everybody';
if (kept('name')) { me = kept('name'); $('name').value = me; isLost = true; $('login').hidden = true; $('chat').hidden = false; connect(me); }
keepTyped();
