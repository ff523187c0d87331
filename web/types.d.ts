// Types that many files use, for the checker alone: browsers never see this.

type Actions = import('./actions.js').Actions;
type Alerts = import('./alerts.js').Alerts;
type Api = import('./client/api.js').Api;
type Clock = import('./client/keys.js').Clock;
type Dictionary = import('./i18n/index.js').Dictionary;
type Entrance = import('./client/session.js').Entrance;
type Feeds = import('./client/feeds.js').Feeds;
type Memory = import('./memory.js').Memory;
type Message = import('./client/stream.js').Message;
type Options = import('./client/http.js').Options;
type Panel = import('./views/panel.js').Panel;
type Speech = import('./speech.js').Speech;
type Session = import('./client/session.js').Session;
type Store = import('./store.js').Store;
type Stream = import('./client/stream.js').Stream;
type Tongue = import('./i18n/index.js').Tongue;

// The shapes of docs/protocol.md.

type Person = { id: string, name: string };
/** `data` depends on `type`: docs/events.md lists all. What natter itself did has no actor. */
type Happened = { type: string, id: string, scope: string, actor?: Person, time: string, v: number, data: any };
/** A message in history also has what became of it; `people` are the first of those who reacted. */
type Item = { seq: number, event: Happened, reactions?: readonly Reaction[], pinned?: boolean, quote?: Quote };
type Reaction = { emoji: string, count: number, people: readonly Person[] };
type Quote = { seq: number, user: Person, excerpt: string, deleted?: boolean };
type Notice = Item & { read: boolean };
/** A message that a search found. */
type Hit = Item & { room: string };
/** A room of mine, as GET /api/rooms has it. */
type MyRoom = {
  id: string, kind: RoomKind, name: string, peer?: Person, members: number, created: string,
  last?: Item, read: number, role?: RoomRole, muted?: string, level?: Level,
  unread: number, mentions: number, mentioned?: number[], since?: number, at?: number,
} & Settled;
/** What can be changed about a room; a number that is absent bounds nothing. */
type Settled = { topic?: string, capacity?: number, slow?: number, archived?: boolean };
type RoomKind = 'public' | 'private' | 'announcement' | 'direct';
/** What I am told of a room. */
type Level = 'all' | 'mentions' | 'none';
type RoomRole = 'owner' | 'moderator' | 'member';
type Member = Person & { joined: string, read: number, role?: RoomRole, muted?: string };
type Page = { items: Item[], position: string, older?: string, newer?: string };
type Grant = { user: Person, session: string, access_token: string, expires_in: number, time: string };
/** With the code banned: until when, and why. */
type Ban = { reason?: string, until?: string };
/** A frame from natter: `op` says what it is. */
type Frame = { op: string, [member: string]: any };
type Account = { email?: string, role: 'owner' | 'moderator' | 'member', has_password: boolean, created: string };
/** A code is under way: it holds for `expires_in` seconds, and may be sent again in `resend_in`. */
type Flow = { flow: string, expires_in: number, resend_in: number };
/** What is open to strangers. */
type About = { signup: 'open' | 'invitation' | 'closed', first: boolean, oidc: { id: string, name: string }[], mailbox: string };

/** The timers of the host, so that tests bring their own. */
type Timers = { set(run: () => void, ms: number): any, clear(timer: any): void };

// What views show.

/** A code under way as the page keeps it: `until` and `again`, in milliseconds, say how long it holds and when to send once more. */
type Proof = { id: string, email: string, until: number, again: number };
/** Keys of what a dialog says: `lead` explains, `name` labels a field, which may stay empty if it is `optional`, `topic` another one, `options` are the keys to choose from, by whose last part the answer goes, `action` is on the button; `values` fill in the title. */
type Question = {
  title: string, lead?: string, name?: string, longest?: number, optional?: boolean, topic?: string, legend?: string, options?: string[], action: string, danger?: boolean,
  values?: Record<string, string>, sorry?: Record<string, string>,
};
/** What somebody answered: '' where nothing was asked. */
type Answer = { name: string, topic: string, kind: string };
/** What one can do with a thing: `label` names it where `text` alone would be the same on every row. */
type Act = { text: string, label?: string, danger?: boolean, ask?: Question, run(): any };
/** One of several answers; `choose` returns what choosing it does. */
type Choice = { label: string, value: string, options: { value: string, text: string }[], choose(value: string): Act };
/** One row of a list as it is shown. */
type Thing = { id: string, title: string, mark?: string, said?: string, lines: string[], acts?: Act[], choice?: Choice };
/** A list as a panel shows it: keys of its sentences, a page of items after a place, and how an item looks. `top` is what the button above it does; `lone`: nothing leads back from it. */
type Kind = {
  title: string, lead: string, find?: boolean, lone?: boolean, top?(tongue: Tongue): Act,
  load(text: string, after: any): Promise<{ items: any[], next?: any }>, thing(item: any, tongue: Tongue): Thing,
};

// What the page knows.

type Members = { items: readonly Member[], next: string, loading: boolean, failed: string };
type Route = { room: string, pane: 'rooms' | 'room' | 'members', seq: number };
type State = {
  phase: 'starting' | 'out' | 'in', // out: nobody is logged in
  farewell: string, // why one sees the log-in form again: '', 'ended', or natter's reason
  me: Person | null, account: Account | null, // what all see of me, and what only I see
  newcomer: boolean,
  up: boolean, downSince: number, unreachable: boolean, // connected; since when not, in milliseconds
  crowded: boolean, // not connected because one has too many connections
  rooms: Rooms, roomsKnown: boolean, roomsFailed: string,
  aim: Aim | null, // what the composer is about, if not a new line
  lines: Lines | null, follows: boolean, // of the open room; the person sees its end
  readers: Readers | null, // of the open room, where natter says it
  presence: ReadonlyMap<string, There>, typing: readonly string[], // in the open room
  outbox: Outbox, bell: Bell, members: ReadonlyMap<string, Members>, route: Route,
  shownOut: { room: string, name: string, how: 'removed' | 'banned', reason?: string, until?: string } | null, // the last room that I was put out of
};
/** How somebody is, and when they were last there. */
type Standing = { state: 'here' | 'away' | 'offline', seen?: string };
/** Who is there in a room; in large ones only how many, and `people` is null. */
type There = { people: ReadonlyMap<string, Standing> | null, here: number, away: number };
/** Up to where others have read a room. */
type Readers = { room: string, seqs: ReadonlyMap<string, number> };
type Bell = { items: readonly Notice[], unread: number, older?: string, loading: boolean, failed: string };

/** What is unread after the sequence `since`, true for the room's events up to `at`. */
type Counts = { since: number, at: number, unread: number, mentioned: readonly number[] };
/** Counts that natter gave (`base`), and what came since: see state/tally.js. `ask` says that they must be asked for anew. */
type Tally = {
  read: number, ask: boolean, amended: number, base: Counts, fresh: readonly { seq: number, mention: boolean }[],
  pointed: ReadonlySet<number>, gone: ReadonlySet<number>,
};
/** A room as the page keeps it: the list that had it was of the log's life `life`, up to the sequence `upTo`. */
type Room = {
  id: string, kind: RoomKind, name: string, peer?: Person, members: number, created: string, last?: Item, read: number, role?: RoomRole, muted?: string,
  level?: Level, life: string, upTo: number, tally: Tally,
} & Settled;
type Rooms = ReadonlyMap<string, Room>;

type Loading = '' | 'first' | 'older' | 'newer';
type Lines = {
  room: string, items: readonly Item[],
  older?: string, newer?: string, // positions from which to load more; absent at the ends
  live: boolean, // the window reaches the present, so that new lines join it
  held: readonly Item[], // what happened while a page was under way
  mark: number, // the sequence up to which I had read when I opened the room
  at: string, // a position of this life of the log
  loading: Loading, failed: { what: Loading, code: string } | null, // which load failed, and why
  target: number, visit: object, // one and the same object from one opening to the next
};

/** An answer to a message, or another text for one of mine. */
type Aim = { kind: 'reply' | 'edit', room: string, seq: number, user: Person, text: string };

/** A line of mine that natter does not have yet; `sent`: it has, and the line leaves the outbox when its event comes. */
type Entry = { key: string, room: string, text: string, time: string, stage: 'waiting' | 'sending' | 'sent' | 'failed', tries: number, seq: number, code: string, wait?: number, quote?: Quote };
type Outbox = readonly Entry[];

/** What the log of a room shows, line by line. */
type Row = Day | New | Happening | Line;
type Day = { id: string, kind: 'day', time: number };
type New = { id: string, kind: 'new' };
/** `also` joined right after, and `more` people after them. */
type Happening = { id: string, kind: 'happening', seq: number, event: Happened, what: string, also: readonly string[], more: number };
type Line = {
  id: string, kind: 'line', seq: number, own: boolean, first: boolean, last: boolean, who: Person, text: string,
  mentions: readonly Person[], time: number, stage: 'done' | 'sending' | 'failed', key: string, code: string,
  erased: boolean, edited: number, // deleted; when its text was last changed, in milliseconds, or 0
  pinned: boolean, reactions: readonly Reaction[], quote: Quote | undefined, // what it answers
  readers: number, // how many others have read it, of my newest line; 0 elsewhere
  wait: number, // the seconds after which it goes by itself, in a slow room
};
