// Moves between the rows of a grid without waiting for the server. Which row is in the tab order is the server's to render.
document.addEventListener('keydown', event => {
  const box = event.target.closest?.('[data-grid] [data-row]');
  if (!box || event.ctrlKey || event.metaKey || event.altKey) return;

  const rows = [...box.closest('[data-grid]').querySelectorAll('[data-row]')];
  const at = rows.indexOf(box);
  const target = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: Math.min(at + 10, rows.length - 1), PageUp: Math.max(at - 10, 0) }[event.key];
  if (target !== undefined) {
    event.preventDefault();
    const next = rows[target];
    if (!next) return;
    next.focus();
    next.closest('tr').scrollIntoView({ block: 'nearest' });
    // Shift takes the rows along.
    if (event.shiftKey) {
      for (const row of [box, next]) if (!row.checked) row.click();
      next.focus();
    }
  } else if (event.key === 'Enter') {
    event.preventDefault();
    document.querySelector('[data-add-selected]:not(:disabled)')?.click();
  }
});

// From the search to the first row.
document.addEventListener('keydown', event => {
  if (event.key !== 'ArrowDown' || !event.target.matches?.('[data-search]')) return;
  const first = document.querySelector('[data-grid] [data-row]');
  if (first) {
    event.preventDefault();
    first.focus();
  }
});

// Scrolling goes through all rows, of which the server keeps three pages: it is told which page is in sight. A page that it shows for
// another reason (an address, a button, a new search) is scrolled to. Each time it is told has a number, which comes back with the
// page: whoever scrolls on before the answer is there must not be thrown back by it.
const phone = matchMedia('(max-width: 640px)');
const told = { times: 0, page: 0, table: null };
let isWaiting = false;

const grid = () => phone.matches ? null : document.querySelector('[data-grid][data-page]');
const rowHeight = table => table.querySelector('tr:has([data-row])')?.offsetHeight ?? 0;
const isAnswered = table => table !== told.table || table.dataset.answered === String(told.times);

// For a reload or somebody to whom the address is sent; Blazor's own entry in the history stays. Browsers allow only so many changes
// within a time, and Safari throws when it has been enough: the next one makes up for it.
function note(page) {
  const address = new URL(location.href);
  if (page === 1) address.searchParams.delete('page');
  else address.searchParams.set('page', page);
  try {
    history.replaceState(history.state, '', address);
  } catch (refusal) {
    if (refusal.name !== 'SecurityError') throw refusal;
  }
}

function lookWhereWeAre() {
  isWaiting = false;
  const table = grid();
  const input = document.querySelector('[data-scrolled]');
  const height = table && rowHeight(table);
  if (!height || !input) return;

  const row = Math.max(0, innerHeight / 2 - table.tBodies[0].getBoundingClientRect().top) / height;
  const page = Math.floor(row / Number(table.dataset.pageSize)) + 1;
  const coming = isAnswered(table) ? Number(table.dataset.page) : told.page;
  if (page === coming || page > Math.ceil((Number(table.getAttribute('aria-rowcount')) - 1) / Number(table.dataset.pageSize))) return;

  Object.assign(told, { times: told.times + 1, page, table });
  input.value = `${page}:${told.times}`;
  input.dispatchEvent(new Event('change', { bubbles: true }));
  note(page);
}

addEventListener('scroll', () => {
  if (!isWaiting) requestAnimationFrame(lookWhereWeAre);
  isWaiting = true;
}, { passive: true });

let shown = null;
function lookWhatIsShown() {
  const table = document.querySelector('[data-grid][data-page]');
  // A browser that keeps what it shows in its place would run after the spacers, whose heights change with every page.
  document.documentElement.style.overflowAnchor = table ? 'none' : '';
  const before = shown;
  shown = table && { table, page: Number(table.dataset.page), answered: table.dataset.answered };
  if (!table || (before?.table === table && before.page === shown.page && before.answered === shown.answered)) return;

  if (before?.table === table && before.answered !== shown.answered) requestAnimationFrame(lookWhereWeAre);
  else if (before ? before.page !== shown.page : shown.page > 1) {
    if (before) note(shown.page);
    const top = table.tBodies[0].getBoundingClientRect().top + scrollY;
    const rows = phone.matches ? 0 : (shown.page - 1) * Number(table.dataset.pageSize);
    scrollTo({ top: shown.page === 1 ? 0 : top + rows * rowHeight(table), behavior: 'instant' });
  }
}

new MutationObserver(lookWhatIsShown)
  .observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-page', 'data-answered'] });
lookWhatIsShown();
