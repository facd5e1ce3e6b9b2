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
// another reason (an address, a button, a new search) is scrolled to.
const phone = matchMedia('(max-width: 640px)');
let scrolledTo = 0;
let isWaiting = false;

const grid = () => phone.matches ? null : document.querySelector('[data-grid][data-page]');
const rowHeight = table => table.querySelector('tr:has([data-row])')?.offsetHeight ?? 0;

// For a reload or somebody to whom the address is sent; Blazor's own entry in the history stays.
function note(page) {
  const address = new URL(location.href);
  if (page === 1) address.searchParams.delete('page');
  else address.searchParams.set('page', page);
  history.replaceState(history.state, '', address);
}

function lookWhereWeAre() {
  isWaiting = false;
  const table = grid();
  const input = document.querySelector('[data-scrolled]');
  const height = table && rowHeight(table);
  if (!height || !input) return;

  const row = Math.max(0, innerHeight / 2 - table.tBodies[0].getBoundingClientRect().top) / height;
  const page = Math.floor(row / Number(table.dataset.pageSize)) + 1;
  if (page === Number(table.dataset.page)) scrolledTo = page;
  // Asked for already: what comes of it is looked at when it is there.
  if (page === scrolledTo || page > Math.ceil((Number(table.getAttribute('aria-rowcount')) - 1) / Number(table.dataset.pageSize))) return;
  scrolledTo = page;
  note(page);
  input.value = String(page);
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

addEventListener('scroll', () => {
  if (!isWaiting) requestAnimationFrame(lookWhereWeAre);
  isWaiting = true;
}, { passive: true });

let known = null;
function lookWhatIsShown() {
  const table = document.querySelector('[data-grid][data-page]');
  // A browser that keeps what it shows in its place would run after the spacers, whose heights change with every page.
  document.documentElement.style.overflowAnchor = table ? 'none' : '';
  const page = table ? Number(table.dataset.page) : null;
  if (page === known) return;
  const isFirst = known === null;
  known = page;
  if (page === null) scrolledTo = 0;
  else if (page === scrolledTo) requestAnimationFrame(lookWhereWeAre);
  else if (!isFirst || page > 1) {
    scrolledTo = page;
    if (!isFirst) note(page);
    const top = table.tBodies[0].getBoundingClientRect().top + scrollY;
    const rows = phone.matches ? 0 : (page - 1) * Number(table.dataset.pageSize);
    scrollTo({ top: page === 1 ? 0 : top + rows * rowHeight(table), behavior: 'instant' });
  }
}

new MutationObserver(lookWhatIsShown).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-page'] });
lookWhatIsShown();
