import { z } from 'zod';
import { text, time } from './fields.ts';

const UserLogin = z
  .object({
    username: text('name of the user', 'admin').min(1).max(64),
    password: text('password of the user', 'correct horse battery staple').min(1).max(1000),
  })
  .meta({ id: 'UserLogin', description: 'a user with a password' });

const ApplianceLogin = z
  .object({
    appliance_id: text('name of the appliance, for the log', 'vma-berlin-1').min(1).max(191),
    token: text('MIGRATEKIT_APPLIANCE_TOKEN of this server', 'the-token-of-the-settings').min(1).max(1000),
    version: text('version of the appliance, for the log', '1.0.0').max(100).optional(),
  })
  .meta({ id: 'ApplianceLogin', description: 'an appliance with the token of the settings' });

export const Login = z
  .union([UserLogin, ApplianceLogin], { error: 'either username and password, or appliance_id and token' })
  .meta({ id: 'Login', description: 'A user with a password, or an appliance with its token.' });
export type Login = z.output<typeof Login>;

const Done = z.literal(true).meta({ description: 'always true: a refusal is a problem document', example: true });

export const LoggedIn = z
  .object({
    success: Done,
    session_token: text('send it as Authorization: Bearer ...', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2ln'),
    expires_at: time('when the session ends'),
  })
  .meta({ id: 'LoggedIn', description: 'an open session' });

export const LoggedOut = z.object({ success: Done }).meta({ id: 'LoggedOut', description: 'the cookie is removed' });
