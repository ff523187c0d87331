// An OpenID provider for tests: node provider.mjs <port> <client id> <client secret> <redirect URI>
//
// Certified code (the package oidc-provider) signs tokens and keeps its sessions; only who somebody is, is not asked:
// POST /people {"sub": …, claims…} makes a person, and GET <interaction>/as/<sub> signs them in, /as/nobody says no.
// It listens on the socket of that port, which it inherits as descriptor 3, prints "ready", and ends with its standard input.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [port, client_id, client_secret, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const people = new Map();

const provider = new Provider(issuer, {
  clients: [{ client_id, client_secret, redirect_uris: [redirect], grant_types: ['authorization_code'], response_types: ['code'] }],
  pkce: { required: () => true },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'nickname', 'preferred_username'] },
  features: { devInteractions: { enabled: false } },
  findAccount: (ctx, sub) => ({ accountId: sub, claims: () => people.get(sub) }),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
});

const body = async (request) => {
  let text = '';
  for await (const part of request) text += part;
  return JSON.parse(text);
};

const answer = provider.callback();
createServer(async (request, response) => {
  const [, first, , as, sub] = request.url.split('/');
  if (request.method === 'POST' && first === 'people') {
    const person = await body(request);
    people.set(person.sub, person);
    response.writeHead(204).end();
  } else if (first === 'interaction' && as === 'as') {
    const result = people.has(sub) ? { login: { accountId: sub } } : { error: 'access_denied' };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  } else if (first === 'interaction') {
    response.writeHead(200).end('Who are you?');
  } else {
    answer(request, response);
  }
}).listen({ fd: 3 }, () => console.log('ready'));

process.stdin.on('end', () => process.exit(0)).resume();
