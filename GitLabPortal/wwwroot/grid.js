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
