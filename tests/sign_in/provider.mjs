// A certified provider of OpenID Connect with a few people, for tests: whoever asks is whom the header X-Login names.
// The settings come as JSON in the first argument; when it listens, it says so on a line of its own.

import http from "node:http";
import { Provider } from "oidc-provider";

const { port, site, people, client, secret } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: client,
      ...(secret ? { client_secret: secret } : { token_endpoint_auth_method: "none" }),
      redirect_uris: [`${site}/_admin/login/back/oidc`],
      post_logout_redirect_uris: [`${site}/`],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name", "preferred_username"],
    groups: ["groups"],
  },
  scopes: ["openid", "email", "profile", "groups"],
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  cookies: { keys: ["a key of the tests"] },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, id) => (id in people ? { accountId: id, claims: () => ({ sub: id, ...people[id] }) } : undefined),
});

async function interact(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  const login = request.headers["x-login"];
  if (!login) {
    await provider.interactionFinished(request, response, { error: "access_denied", error_description: "<b>no</b>" });
    return;
  }
  if (prompt.name === "login") {
    await provider.interactionFinished(request, response, { login: { accountId: login } });
    return;
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

const rest = provider.callback();
http
  .createServer((request, response) => {
    if (!request.url.startsWith("/interaction/")) {
      rest(request, response);
      return;
    }
    interact(request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  })
  .listen(port, "127.0.0.1", () => console.log(`listening at ${issuer}`));
