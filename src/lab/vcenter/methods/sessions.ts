import { textIn } from '../../../vsphere/soap/read.ts';
import { serviceContent, userSession } from '../objects/managers.ts';
import { flag, time } from '../wire/value.ts';
import { VimFault } from '../wire/vim-fault.ts';
import { inSession, type Methods } from './method.ts';

/** Coming and going. Source: vSphere Web Services API, ServiceInstance and SessionManager. */
export const sessionMethods: Methods = {
  RetrieveServiceContent: { kind: 'open', run: ({ vcenter }) => serviceContent(vcenter) },
  Login: {
    kind: 'open',
    run: ({ vcenter, args, keys, session }) => {
      if (session !== undefined) throw new VimFault('InvalidLogin', 'The session is already logged in.');
      if (textIn(args, 'userName') !== keys.username || textIn(args, 'password') !== keys.password) {
        throw new VimFault('InvalidLogin', 'Cannot complete login due to an incorrect user name or password.');
      }
      const made = vcenter.sessions.login(keys.username);
      return { kind: 'login', session: made, value: userSession(made) };
    },
  },
  CurrentTime: inSession(() => time(new Date().toISOString())),
  Logout: inSession(({ vcenter, session }) => {
    vcenter.sessions.logout(session);
    return undefined;
  }),
  SessionIsActive: inSession(({ vcenter, args }) => flag(vcenter.sessions.isActive(textIn(args, 'sessionID') ?? ''))),
};
