import { ThingsPanel } from './things.js';

/**
 * What an edited message said, the newest text first.
 * @param {Tongue} tongue @param {() => Promise<{ items: { seq: number, time: string, text: string }[] }>} load
 * @param {(panel: ThingsPanel) => void} open
 */
export function edits(tongue, load, open) {
  const panel = new ThingsPanel(tongue, {
    title: 'edits.title', lead: 'edits.lead', lone: true,
    load: async () => {
      const { items } = await load();
      return { items: items.map((version, i) => ({ ...version, first: i === 0 })).reverse() };
    },
    thing: ({ seq, time, text, first }, speak) => ({
      id: String(seq), title: speak.say(first ? 'edits.first' : 'edits.then', { when: speak.full.format(Date.parse(time)) }), said: text, lines: [],
    }),
  }, () => {});
  open(panel);
  panel.load();
}
