// What the settings list: where I am logged in, the programs that act for me,
// what happened; and what moderators and owners look after.

/** What a device is called, which natter says in English. @param {string} device @param {Tongue} tongue */
export function called(device, tongue) {
  const [, browser, system] = /^(.+) on (.+)$/.exec(device) ?? [];
  return browser ? tongue.say('device', { browser, system }) : device || tongue.say('device.unknown');
}

/** When something was last used, '' if never. @param {string|undefined} time @param {Tongue} tongue */
const seen = (time, tongue) => (time ? tongue.say('seen', { when: tongue.ago(Date.parse(time)) }) : '');

/** @param {Api} api @returns {Kind} */
export const devices = (api) => ({
  title: 'devices.title', lead: 'devices.lead',
  load: () => api.list('sessions'),
  top: (tongue) => ({ text: tongue.say('devices.others'), danger: true, ask: { title: 'devices.others', lead: 'devices.others.lead', action: 'me.logout', danger: true }, run: () => api.end('sessions') }),
  thing: (s, tongue) => ({
    id: s.id, title: called(s.device, tongue), mark: s.current ? tongue.say('devices.this') : '',
    lines: [seen(s.seen, tongue), tongue.say('devices.from', { address: s.address, when: tongue.when(Date.parse(s.created)) })],
    acts: s.current ? [] : [{ text: tongue.say('me.logout'), label: tongue.say('devices.end.one', { device: called(s.device, tongue) }), danger: true, run: () => api.end('sessions', s.id) }],
  }),
});

/** @param {Api} api @param {() => void} make @returns {Kind} */
export const programs = (api, make) => ({
  title: 'programs.title', lead: 'programs.lead',
  load: () => api.list('tokens'),
  top: (tongue) => ({ text: tongue.say('token.title'), run: () => make() }),
  thing: (t, tongue) => ({
    id: t.id, title: t.name,
    lines: [
      t.scopes.map((/** @type {string} */ s) => tongue.say(`scope.${s}`)).join(' · '),
      seen(t.used, tongue),
      tongue.say('token.made', { when: tongue.full.format(Date.parse(t.created)) }),
      t.expires ? tongue.say('until', { when: tongue.date.format(Date.parse(t.expires)) }) : '',
    ],
    acts: [{
      text: tongue.say('revoke'), label: tongue.say('revoke.one', { name: t.name }), danger: true, run: () => api.end('tokens', t.id),
      ask: { title: 'revoke.one', values: { name: t.name }, lead: 'token.revoke', action: 'revoke', danger: true },
    }],
  }),
});

/** What a kind leaves open, in words. Names of people's own making stay as they are. @param {string} kind @param {string} detail @param {Tongue} tongue */
function specified(kind, detail, tongue) {
  if (kind === 'login_failed') return tongue.say('audit.times', { n: detail });
  const key = { session_ended: [`detail.${detail}`, `audit.${detail}`], role_changed: [`role.${detail}`] }[kind]?.find((k) => k in tongue.words);
  return key ? tongue.say(key) : detail;
}

/** What happened to accounts, as sentences. @param {Api} api @param {boolean} all of everybody @returns {Kind} */
export function happenings(api, all) {
  /** @type {Map<string, string>} */
  const names = new Map();
  return {
    title: all ? 'everybody.title' : 'security.title', lead: all ? '' : 'security.lead',
    load: async (_, before) => {
      if (all && !before) for (const p of (await api.people('')).items) names.set(p.id, p.name);
      return api.audit(all, before);
    },
    thing: ({ seq, event }, tongue) => ({ id: String(seq), ...happening(event, tongue, all ? names.get(event.scope) ?? '' : '') }),
  };
}

/** @param {Happened} event @param {Tongue} tongue @param {string} whose '' for one's own */
function happening({ actor, data, time, scope }, tongue, whose) {
  const { kind, detail = '', device = '', address = '' } = data;
  return {
    title: tongue.say(tongue.either(`audit.${kind}`, 'audit.other')),
    lines: [
      whose, actor && actor.id !== scope ? tongue.say('audit.by', { name: actor.name }) : '', detail && specified(kind, detail, tongue),
      [device && called(device, tongue), address].filter(Boolean).join(' · '), tongue.full.format(Date.parse(time)),
    ],
  };
}

const roles = ['member', 'moderator', 'owner'];

/** @param {Api} api @param {{ id: string, role: string }} me @returns {Kind} */
export const folk = (api, me) => ({
  title: 'folk.title', lead: '', find: true,
  load: (text, after) => api.people(text, after),
  thing: (p, tongue) => ({
    id: p.id, title: p.name, mark: p.disabled ? tongue.say('folk.disable') : p.id === me.id ? tongue.say('you') : '',
    lines: [p.email ?? '', me.role === 'owner' ? '' : tongue.say(`role.${p.role}`), seen(p.seen, tongue)],
    choice: me.role === 'owner' && p.id !== me.id ? role(api, p, tongue) : undefined,
    acts: p.id === me.id || (me.role !== 'owner' && p.role !== 'member') ? [] : [ability(api, p, tongue)],
  }),
});

/** @param {Api} api @param {any} person @param {Tongue} tongue */
const role = (api, person, tongue) => ({
  label: tongue.say('folk.role', { name: person.name }), value: person.role,
  options: roles.map((value) => ({ value, text: tongue.say(`role.${value}`) })),
  choose: (/** @type {string} */ value) => ({
    text: '', run: () => api.setRole(person.id, value),
    ask: { title: 'folk.role.ask', values: { name: person.name, role: tongue.say(`role.${value}`) }, lead: `role.${value}.lead`, action: 'folk.role.do', sorry: { conflict: 'error.last_owner' } },
  }),
});

/** Shuts somebody out, or lets them in again. @param {Api} api @param {any} person @param {Tongue} tongue */
function ability(api, { id, name, disabled }, tongue) {
  const what = disabled ? 'enable' : 'disable';
  return {
    text: tongue.say(`folk.${what}`), label: tongue.say(`folk.${what}.one`, { name }), danger: !disabled, run: () => api.disable(id, !disabled),
    ask: { title: `folk.${what}.one`, values: { name }, lead: `folk.${what}.lead`, action: `folk.${what}`, danger: !disabled, sorry: { conflict: 'error.last_owner' } },
  };
}

/** @param {Api} api @param {() => void} make @returns {Kind} */
export const invitations = (api, make) => ({
  title: 'invitations.title', lead: 'invitations.lead',
  load: () => api.list('invitations'),
  top: (tongue) => ({ text: tongue.say('invitation.title'), run: () => make() }),
  thing: (i, tongue) => ({
    id: i.id, title: tongue.say('invitations.left', { n: i.uses_left }),
    lines: [`${tongue.say('audit.by', { name: i.by?.name ?? '' })} · ${tongue.when(Date.parse(i.created))}`, tongue.say('until', { when: tongue.date.format(Date.parse(i.expires)) })],
    acts: [{ text: tongue.say('revoke'), danger: true, run: () => api.end('invitations', i.id), ask: { title: 'invitations.revoke', action: 'revoke', danger: true } }],
  }),
});
