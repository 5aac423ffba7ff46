// Keeps a page fresh: sections with `data-live` are taken anew from the server, which is the only one that renders; bars
// and log lines of a job follow its event stream in between. Without this script the page works, too.

/**
 * What the API's event streams carry, as its description has it.
 * @typedef {import('../../../cli/client/schema.d.ts').components['schemas']} Schemas
 */

const POLL_MS = 10_000;
const SOON_MS = 1_000;
const LOG_LINES_MAX = 1_000;
const RECONNECT_MS = 5_000;

const job = document.getElementById('job');
const stale = document.getElementById('stale');

// ---- Times -----------------------------------------------------------------------------------------------------------

/**
 * Adds the time of the reader's clock to each time in UTC.
 * @param {ParentNode} root
 */
function localize(root) {
  /** @type {NodeListOf<HTMLTimeElement>} */
  const times = root.querySelectorAll('time:not([data-here])');
  for (const time of times) {
    time.dataset.here = 'yes';
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime()) || moment.getTimezoneOffset() === 0) continue;
    const isToday = moment.toDateString() === new Date().toDateString();
    const text = `${isToday ? moment.toLocaleTimeString() : moment.toLocaleString()} here`;
    if (time.closest('.log') !== null) {
      time.title = text;
      continue;
    }
    const here = document.createElement('span');
    here.className = 'here';
    here.textContent = ` ${text}`;
    time.append(here);
  }
}

// ---- Fresh sections --------------------------------------------------------------------------------------------------

let freshAt = Date.now();
let isRefreshing = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;

/** Takes the live sections anew from the server. */
async function refresh() {
  if (isRefreshing) return;
  isRefreshing = true;
  try {
    const answer = await fetch(location.href, { redirect: 'follow', signal: AbortSignal.timeout(15_000) });
    if (new URL(answer.url).pathname === '/login') {
      setStale('You are signed out. Load the page again to sign in.');
      return;
    }
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    take(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    freshAt = Date.now();
    if (job === null || isFollowing() || isEnded()) setStale('');
  } catch {
    setStale(`The server does not answer. What you see is of ${new Date(freshAt).toLocaleTimeString()}; trying again.`);
  } finally {
    isRefreshing = false;
  }
}

/** @param {Document} fresh */
function take(fresh) {
  localize(fresh);
  for (const section of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(section.id);
    // Whoever is about to answer a question must not lose it.
    if (next === null || section.querySelector('details[open]') !== null || section.innerHTML === next.innerHTML)
      continue;
    section.replaceChildren(...next.childNodes);
  }
  const next = fresh.getElementById('job');
  if (job !== null && next !== null) job.dataset.ended = next.dataset.ended;
}

/** After a burst of events, once. */
function refreshSoon() {
  soon ??= setTimeout(() => {
    soon = undefined;
    void refresh();
  }, SOON_MS);
}

/** @param {string} text what is wrong; empty when nothing is */
function setStale(text) {
  if (stale === null || stale.textContent === text) return;
  stale.textContent = text;
  stale.hidden = text === '';
}

// ---- One job ---------------------------------------------------------------------------------------------------------

/** @type {EventSource | undefined} */
let source;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let reopen;

const isEnded = () => job?.dataset.ended === 'yes';
const isFollowing = () => source?.readyState === EventSource.OPEN;

/**
 * @param {{ data: unknown }} event
 * @returns {unknown}
 */
const dataOf = (event) => JSON.parse(String(event.data));

function follow() {
  if (job === null || isEnded() || document.hidden || source !== undefined) return;
  const log = document.getElementById('log');
  const after = encodeURIComponent(log?.dataset.last ?? '0');
  source = new EventSource(`/api/v1/jobs/${encodeURIComponent(job.dataset.job ?? '')}/events?last_event_id=${after}`);
  source.addEventListener('open', () => setStale(''));
  source.addEventListener('log', (event) => addLine(/** @type {Schemas['LogEvent']} */ (dataOf(event))));
  source.addEventListener('progress', (event) => move(/** @type {Schemas['JobProgress']} */ (dataOf(event))));
  source.addEventListener('job', refreshSoon);
  source.addEventListener('end', () => {
    leave();
    void refresh();
  });
  source.addEventListener('error', () => {
    setStale(
      `Not live: the connection was lost. What you see is of ${new Date(freshAt).toLocaleTimeString()}; trying again.`,
    );
    // A refusal ends the browser's own attempts.
    if (source?.readyState !== EventSource.CLOSED) return;
    leave();
    clearTimeout(reopen);
    reopen = setTimeout(follow, RECONNECT_MS);
  });
}

function leave() {
  source?.close();
  source = undefined;
}

/** @param {Schemas['LogEvent']} line */
function addLine(line) {
  const log = document.getElementById('log');
  if (log === null || line.id <= Number(log.dataset.last)) return;
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const item = document.createElement('li');
  item.className = String(line.level).toLowerCase();
  const time = document.createElement('time');
  time.dateTime = line.ts;
  time.textContent = `${line.ts.slice(0, 10)} ${line.ts.slice(11, 19)} UTC`;
  const level = document.createElement('b');
  level.textContent = line.level;
  const attributes = document.createElement('span');
  attributes.className = 'faint';
  attributes.textContent = Object.entries(line.attrs ?? {})
    .filter(([name]) => name !== 'context_id')
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  item.append(time, ' ', level, ` ${line.message} `, attributes);
  log.append(item);
  localize(item);
  log.dataset.last = String(line.id);
  while (log.children.length > LOG_LINES_MAX) log.firstElementChild?.remove();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
  refreshSoon();
}

/** @param {Schemas['JobProgress']} progress */
function move(progress) {
  freshAt = Date.now();
  setBar('all', progress);
  for (const disk of progress.disks) setBar(disk.disk_id, disk);
  setText('operation', progress.current_operation ?? '');
  setText('rate', `${formatBytes(progress.current_bps)}/s`);
  setText('average', progress.average_bps > 0 ? `, ${formatBytes(progress.average_bps)}/s on average` : '');
  const limit = progress.bandwidth_in_force_bytes_per_s;
  setText('limit', limit === null ? '' : `, limited to ${formatBytes(limit)}/s`);
  setText('eta', progress.eta_seconds === null ? '' : `, about ${formatDuration(progress.eta_seconds)} left`);
}

/**
 * @param {string} id of a disk, or `all`
 * @param {Pick<Schemas['DiskProgress'], 'percent' | 'bytes_transferred' | 'total_bytes'>} of
 */
function setBar(id, { percent, bytes_transferred: done, total_bytes: total }) {
  const bar = document.querySelector(`.bar[data-disk="${CSS.escape(id)}"]`);
  const drawn = bar?.querySelector('progress');
  const share = bar?.querySelector('.share b');
  const data = bar?.querySelector('.share span');
  if (!drawn || !share || !data) {
    refreshSoon();
    return;
  }
  drawn.value = Math.floor(percent);
  share.textContent = `${Math.floor(percent)} %`;
  data.textContent = sent(percent, done, total);
}

/**
 * As `sent` of src/api/pages/job-progress.ts.
 * @param {number} percent
 * @param {number} done
 * @param {number} total
 */
function sent(percent, done, total) {
  const isOver = percent >= 100 && done < total;
  return isOver
    ? `${formatBytes(done)} sent, ${formatBytes(total - done)} zeros or equal`
    : `${formatBytes(done)} sent of ${formatBytes(total)}`;
}

/**
 * @param {string} id
 * @param {string} text
 */
function setText(id, text) {
  const element = document.getElementById(id);
  if (element !== null) element.textContent = text;
}

/**
 * As formatBytes of src/base/units.ts, which renders the page.
 * @param {number} bytes
 */
function formatBytes(bytes) {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let index = 0;
  while (value >= 1024 && index < names.length - 1) {
    value /= 1024;
    index += 1;
  }
  return index === 0 ? `${value} B` : `${value.toFixed(1)} ${names[index]}`;
}

/**
 * As formatDuration there.
 * @param {number} seconds
 */
function formatDuration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

// ---- Begin -----------------------------------------------------------------------------------------------------------

// A browser opens few connections to one server: a page that nobody looks at gives its own back.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) leave();
  else {
    void refresh();
    follow();
  }
});

setInterval(() => {
  if (!document.hidden && !isEnded()) void refresh();
}, POLL_MS);

localize(document);
const log = document.getElementById('log');
if (log !== null) log.scrollTop = log.scrollHeight;
follow();
