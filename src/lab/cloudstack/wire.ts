import { Refusal } from './refusal.ts';

/** How answers look on the wire: one key, JSON where it is asked for and XML where it is not. Pure. */

export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** X-Description of an error. */
  readonly description?: string;
}

export interface Asked {
  /** Undefined when the request does not name one, or one that the server does not know. */
  readonly command: string | undefined;
  readonly json: boolean;
}

export function valueAnswer(asked: Asked, value: Record<string, unknown>): WireAnswer {
  return answer(200, { [keyFor(asked.command)]: value }, asked.json);
}

export function errorAnswer(asked: Asked, refusal: Refusal): WireAnswer {
  const { errorCode, csErrorCode, message } = refusal;
  const error = {
    uuidList: [],
    errorcode: errorCode,
    ...(csErrorCode === undefined ? {} : { cserrorcode: csErrorCode }),
    errortext: message,
  };
  const key = errorCode === 432 ? 'errorresponse' : keyFor(asked.command);
  return { ...answer(errorCode, { [key]: error }, asked.json), description: message };
}

const keyFor = (command: string | undefined): string =>
  command === undefined ? 'errorresponse' : `${command.toLowerCase()}response`;

function answer(status: number, value: Record<string, unknown>, json: boolean): WireAnswer {
  return json
    ? { status, contentType: 'application/json; charset=UTF-8', body: JSON.stringify(value) }
    : {
        status,
        contentType: 'text/xml; charset=UTF-8',
        body: `<?xml version="1.0" encoding="UTF-8"?>${Object.entries(value).map(toXml).join('')}`,
      };
}

/** A list is its element repeated. */
function toXml([name, value]: [string, unknown]): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map((item) => toXml([name, item])).join('');
  const inner = typeof value === 'object' ? Object.entries(value).map(toXml).join('') : escapeXml(value);
  return `<${name}>${inner}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

const escapeXml = (value: unknown): string => String(value).replace(/[&<>]/g, (char) => ENTITIES[char] ?? char);

/** The refusal in `thrown`; what nobody foresaw is 530, as in the original. */
export const toRefusal = (thrown: unknown): Refusal =>
  thrown instanceof Refusal ? thrown : new Refusal(530, thrown instanceof Error ? thrown.message : String(thrown));
