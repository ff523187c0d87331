import { Actions } from './actions.js';
import { Api } from './client/api.js';
import { codeOf } from './client/failure.js';
import { Attention } from './client/presence.js';
import { Clock, uuidv7 } from './client/keys.js';
import { first, memory, storage } from './first.js';
import { Entrance, Session } from './client/session.js';
import { Live } from './live.js';
import { Memory } from './memory.js';
import { Page } from './page.js';
import { Reader } from './reader.js';
import { Sender } from './sender.js';
import { Speech } from './speech.js';
import { entered, initial, left } from './state.js';
import { Store } from './store.js';

// Starts the page: makes its parts and joins them. Nothing else knows them all.

const tongue = await first;
const store = new Store(initial);
const clock = new Clock();

const session = new Session({
  clock,
  alone: async (work) => (navigator.locks ? navigator.locks.request('natter.refresh', work) : work()),
  onGrant: (grant, path) => granted(grant, path),
  onEnd: () => over('ended'),
});
const api = new Api(session);
const live = new Live({
  store, session, clock,
  socketUrl: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/ws`,
  onOver: (why) => over(why),
  onUp: () => { attention.up(); if (store.state.roomsKnown) actions.rooms(); },
  onReset: (room) => actions.startOver(room),
  onReply: (room) => actions.quotes(room),
  onStranger: () => actions.rooms(),
  onBellReset: () => actions.bell(),
});
const go = (/** @type {string} */ hash) => { location.hash = hash; };
const actions = new Actions({ store, api, feeds: live.feeds, stream: live.stream, clock, go });
/** @type {Promise<Alerts>|null} */
let telling = null;
/** What tells of things while one looks elsewhere: few want it. */
const alerts = () => telling ??= Promise.all([import('./alerts.js'), page.tongue.more()]).then(([{ Alerts }]) => new Alerts({
  store, memory, go, Notification: 'Notification' in window ? window.Notification : undefined,
  tongue: () => page.tongue, hidden: () => document.visibilityState === 'hidden',
})).catch((error) => {
  telling = null;
  throw error;
});
if (memory.get('alerts')) alerts().catch(() => {});
/** @type {Speech} */
const speech = new Speech({
  store,
  key: () => uuidv7(clock.now()), request: (op, members) => live.socket.request(op, members), sorry: (error) => page.regret(codeOf(error)),
});
const page = new Page({
  types: (room, text) => live.typing.wrote(room, text),
  store, actions, alerts, speech, api, memory, go, tongue,
  tab: new Memory(storage('sessionStorage')), entrance: new Entrance(session),
  logout: async () => {
    const me = store.state.me?.id ?? '';
    await session.leave();
    memory.forget(me);
    over('');
  },
});
new Sender({ store, post: (entry) => live.post(entry) });
const visible = () => document.visibilityState === 'visible';
const attention = new Attention({ visible, say: (state) => live.send('presence', { state }) });
const reader = new Reader({
  store, visible,
  read: (room, seq) => live.read(room, seq),
  notificationsRead: (upTo, room) => actions.notificationsRead(upTo, room),
  rooms: () => actions.rooms(),
});

/** @param {Grant} grant @param {string} path */
function granted(grant, path) {
  const { me, phase } = store.state;
  // Another page of this browser logged in as somebody else, and the cookie is theirs now.
  if (phase === 'in' && me?.id !== grant.user.id) return location.reload();
  if (phase === 'in') return live.socket.renew(grant.access_token);
  store.apply(entered, grant.user, path.endsWith('/verify'), memory.unsent(grant.user.id, clock.now()));
  memory.set('known', 'yes');
  live.socket.start();
  actions.rooms().then(() => page.arrive());
  actions.bell();
  actions.account();
}

/** Nobody is logged in any more. @param {string} farewell */
function over(farewell) {
  const was = store.state.phase;
  if (was === 'out') return;
  live.stop();
  live.feeds.rooms.clear();
  session.forget();
  store.apply(left, was === 'in' ? farewell : '');
}

/** Logs in with the cookie, if there is one; keeps trying while nothing answers. */
async function restore() {
  try {
    await session.refresh();
  } catch {
    if (store.state.phase !== 'starting') return;
    store.apply((state) => ({ ...state, unreachable: true }));
    setTimeout(restore, 2000 + Math.random() * 2000);
  }
}

let outbox = store.state.outbox;
store.listen(({ me, outbox: now }) => {
  if (me && now !== outbox) memory.keepOutbox(me.id, outbox, now);
  outbox = now;
});

const wake = () => {
  if (document.visibilityState !== 'visible') return;
  live.wake();
  reader.look();
};
/** A fault of the page; those without a cause are the browser's own remarks. @param {any} fault */
const broken = (fault) => { if (fault) page.confess(); };
addEventListener('error', (e) => broken(e.error));
addEventListener('unhandledrejection', (e) => broken(e.reason));

addEventListener('online', wake);
addEventListener('pageshow', wake);
document.addEventListener('visibilitychange', wake);
document.addEventListener('visibilitychange', () => attention.look());
for (const touch of ['pointerdown', 'pointermove', 'keydown', 'wheel']) addEventListener(touch, () => attention.look(), { passive: true, capture: true });

page.render(store.state);
restore();
