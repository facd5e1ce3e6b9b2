// Small things of the whole portal. Everything else is server-rendered; pages with keyboards of their own bring their own module.
const root = document.documentElement;

document.addEventListener('click', event => {
  const copy = event.target.closest('[data-copy]');
  if (copy) {
    navigator.clipboard?.writeText(copy.dataset.copy).then(() => flash(copy), () => copyBySelection(copy));
    if (!navigator.clipboard) copyBySelection(copy);
  }

  const way = event.target.closest('[data-focus]');
  if (way) document.querySelector(way.dataset.focus)?.focus();

  const theme = event.target.closest('[data-set-theme]');
  if (theme) setTheme(theme.dataset.setTheme);

  for (const menu of document.querySelectorAll('details[data-menu][open]')) {
    const chosen = menu.contains(event.target) && event.target.closest('.menu-item');
    if (!chosen && menu.contains(event.target)) continue;
    // Before the choice acts: a dialog gives the focus back to where it was.
    if (chosen && menu.contains(document.activeElement)) menu.querySelector('summary').focus();
    menu.open = false;
  }
});

// A busy button keeps the focus and does nothing.
document.addEventListener('click', event => {
  if (!event.target.closest('button[aria-disabled="true"]')) return;
  event.preventDefault();
  event.stopPropagation();
}, true);

document.addEventListener('focusout', event => {
  const menu = event.target.closest('details[data-menu][open]');
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

document.addEventListener('keydown', event => {
  const menu = event.target.closest?.('details[data-menu]');
  if (menu && !menu.open && event.key === 'ArrowDown' && event.target.matches('summary')) {
    event.preventDefault();
    menu.open = true;
    menu.querySelector('.menu-item:not(:disabled)')?.focus();
  } else if (menu?.open && event.key === 'Escape') {
    menu.open = false;
    menu.querySelector('summary').focus();
  } else if (menu?.open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    event.preventDefault();
    const items = [...menu.querySelectorAll('.menu-item:not(:disabled)')];
    const next = items.indexOf(document.activeElement) + (event.key === 'ArrowDown' ? 1 : -1);
    items[(next + items.length) % items.length]?.focus();
  } else if (event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
    const search = document.querySelector('[data-search]');
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

// Where the browser has no clipboard (plain http): the old way.
function copyBySelection(button) {
  const area = document.createElement('textarea');
  area.value = button.dataset.copy;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  if (document.execCommand('copy')) flash(button);
  area.remove();
  button.focus();
}

function flash(button) {
  button.classList.add('is-done');
  setTimeout(() => button.classList.remove('is-done'), 1500);
}

function setTheme(theme) {
  root.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
}

function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

// Called by the server. The secret leaves the field with the answer, and only once.
window.portal = {
  takeSecret(input) {
    const value = input.value;
    input.value = '';
    return value.length > 4096 ? '\u0000too-long' : value;
  },
  focus(selector) {
    const target = document.querySelector(selector);
    target?.focus();
    target?.scrollIntoView({ block: 'nearest' });
  },
  // To what is wrong, the field before the text about it. Nothing is wrong: the focus stays.
  focusError(scope) {
    const within = document.querySelector(scope);
    const target = within?.querySelector('[aria-invalid="true"]') ?? within?.querySelector('[data-error]');
    target?.focus();
    target?.scrollIntoView({ block: 'nearest' });
  },
  // Called by the first interactive render: from now on clicks arrive.
  alive() {
    root.dataset.alive = '';
  },
  showHash() {
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  },
};
