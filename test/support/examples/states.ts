import { startTestApi } from '../api.ts';
import { CloudStand } from '../cloud-stand.ts';
import { DiscoveryStand } from '../discovery-stand.ts';
import { EventStream } from '../event-stream.ts';
import { World, type State } from './example.ts';

/** APIs in a state that no request brings about, each of its own, started when an example asks for it. Dispose it. */
export class States implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #worlds = new Map<State, Promise<World>>();

  /** The API in this state; the same one each time. */
  of(state: State): Promise<World> {
    const known = this.#worlds.get(state) ?? STATES[state](this.#stack);
    this.#worlds.set(state, known);
    return known;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#worlds.values());
    await this.#stack.disposeAsync();
  }
}

const STATES: Readonly<Record<State, (stack: AsyncDisposableStack) => Promise<World>>> = {
  /** It serves one event stream at a time, and somebody has it. */
  'streams taken': async (stack) => {
    const api = stack.use(await startTestApi((config) => ({ ...config, api: { ...config.api, streamsMax: 1 } })));
    const { token } = await api.context.sessions.issue('first', 1);
    stack.use(await EventStream.open(api.url, '/events', { token }));
    return ready(new World(api));
  },
  /** It ends, and its streams have ended already. */
  ending: async (stack) => {
    const api = stack.use(await startTestApi());
    await api.context.events.close();
    return ready(new World(api));
  },
  /** Its VMA runs, and there is a vCenter with one VM. */
  'a vcenter': async (stack) => {
    const stand = stack.use(await DiscoveryStand.start());
    const vcenter = await stand.vcenter({ vms: [{ name: 'web01' }] });
    return ready(new World(stand.api, vcenter.typed()));
  },
  /** There is a CloudStack, and the API knows it. */
  'a cloud': async (stack) => {
    const stand = stack.use(await CloudStand.start());
    await stand.configured();
    return new World(stand.api, undefined, stand);
  },
  /** No MIGRATEKIT_SECRETS_KEY is set. */
  'no key': async (stack) =>
    ready(new World(stack.use(await startTestApi((config) => ({ ...config, secretsKey: undefined }))))),
  /** Nothing listens where its database should be. */
  'no database': async (stack) =>
    new World(stack.use(await startTestApi((config) => ({ ...config, database: { ...config.database, port: 9 } })))),
};

async function ready(world: World): Promise<World> {
  await world.reset();
  return world;
}
