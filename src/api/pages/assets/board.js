// Bull Board goes on showing what it had when an answer fails, and says nothing. This says it: it watches how the page's
// own requests end, and asks for nothing itself.

const banner = document.createElement('p');
banner.id = 'not-live';
banner.setAttribute('role', 'alert');
banner.hidden = true;

/** @param {number} status of the last answer about the queues; 0 without an answer */
function tell(status) {
  banner.hidden = status >= 200 && status < 500 && status !== 401;
  banner.textContent =
    status === 401
      ? 'You are signed out: load the page again to sign in. What you see may be old.'
      : 'Not live: Redis or the server does not answer. What you see may be old; the page keeps asking. The page Jobs shows what the database has.';
}

/** @param {PerformanceEntry} entry */
const isQueues = (entry) => new URL(entry.name).pathname.endsWith('/api/queues');

new PerformanceObserver((list) => {
  const last = list.getEntries().filter(isQueues).at(-1);
  if (last instanceof PerformanceResourceTiming) tell(last.responseStatus);
}).observe({ type: 'resource', buffered: true });

document.body.prepend(banner);
