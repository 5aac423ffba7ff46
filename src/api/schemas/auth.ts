import { z } from 'zod';
import { Time } from './fields.ts';

const UserLogin = z.object({
  username: z.string().min(1).max(64),
  password: z.string().min(1).max(1000),
});

const ApplianceLogin = z.object({
  appliance_id: z.string().min(1).max(191),
  token: z.string().min(1).max(1000),
  version: z.string().max(100).optional(),
});

export const Login = z
  .union([UserLogin, ApplianceLogin], { error: 'either username and password, or appliance_id and token' })
  .meta({ id: 'Login', description: 'A user with a password, or an appliance with its token.' });
export type Login = z.output<typeof Login>;

export const LoggedIn = z
  .object({
    success: z.literal(true),
    session_token: z.string().meta({ description: 'send it as Authorization: Bearer ...' }),
    expires_at: Time,
  })
  .meta({ id: 'LoggedIn' });

export const LoggedOut = z.object({ success: z.literal(true) }).meta({ id: 'LoggedOut' });
