// Opens the lab's page in a real browser and holds it to what it promises:
//
//   node check.mjs lab.html…
//
// No request leaves it, nothing is logged, nothing is wider than the window at four widths, every control is reached
// by Tab and shows that it is, headings are in order, and it can be read by night, on paper and from five metres.
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const WIDTHS = [360, 768, 1280, 1920];
// A projected line has to be this share of the screen's width in height, to be read from five metres: on a screen
// two metres wide that is 5 cm, ten times what a page has at half a metre.
const PROJECTED = 0.025;

const faults = [];
const pages = process.argv.slice(2);
if (pages.length === 0) {
  console.error('give the pages to look at: node check.mjs lab.html…');
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // Containers mostly forbid what the sandbox needs; the page is our own and has no script.
  args: ['--no-sandbox'],
});

for (const path of pages) {
  const url = pathToFileURL(path).href;
  for (const width of WIDTHS) {
    for (const colorScheme of ['light', 'dark']) {
      await look(url, `${path} at ${width} px, ${colorScheme}`, { width, height: 800 }, colorScheme);
    }
  }
  await keyboard(url, path);
  await projector(url, path);
  await paper(url, path);
}
await browser.close();

for (const fault of faults) console.error(`fault: ${fault}`);
console.log(`${pages.length} page(s), ${faults.length} fault(s)`);
process.exit(faults.length === 0 ? 0 : 1);

async function open(url, where, viewport, colorScheme = 'light') {
  const page = await browser.newPage({ viewport, colorScheme });
  page.on('request', request => {
    if (request.url().split('#')[0] !== url) faults.push(`${where}: asks for ${request.url()}`);
  });
  page.on('console', message => faults.push(`${where}: says on the console: ${message.text()}`));
  page.on('pageerror', error => faults.push(`${where}: ${error}`));
  await page.goto(url);
  return page;
}

async function look(url, where, viewport, colorScheme) {
  const page = await open(url, where, viewport, colorScheme);
  // Also what is folded in must fit.
  await page.evaluate(() => document.querySelectorAll('details').forEach(details => (details.open = true)));
  const seen = await page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    const outside = [...document.querySelectorAll('body *')].filter(element => {
      if (element.closest('.scroll, svg, .skip')) return false;
      const box = element.getBoundingClientRect();
      return box.width > 0 && (box.right > wide + 1 || box.left < -1);
    });
    const cut = [...document.querySelectorAll('svg.plot')].flatMap(svg => {
      const whole = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('text')]
        .filter(text => {
          const box = text.getBoundingClientRect();
          return box.left < whole.left - 1 || box.right > whole.right + 1 || box.bottom > whole.bottom + 1;
        })
        .map(text => text.textContent);
    });
    const levels = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(heading => +heading.tagName[1]);
    const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
    const references = [...document.querySelectorAll('[aria-labelledby]')]
      .flatMap(element => element.getAttribute('aria-labelledby').split(' '))
      .concat([...document.querySelectorAll('a')].map(link => decodeURIComponent(link.hash.slice(1))));
    return {
      overflow: document.documentElement.scrollWidth - wide,
      outside: outside.slice(0, 3).map(element => element.outerHTML.slice(0, 120)),
      cut: cut.slice(0, 5),
      skipped: levels.filter((level, place) => place > 0 && level > levels[place - 1] + 1).length,
      first: levels.filter(level => level === 1).length,
      twice: ids.filter((id, place) => ids.indexOf(id) !== place),
      lost: references.filter(id => !ids.includes(id)),
      landmarks: ['header', 'main', 'nav', 'footer'].filter(name => !document.querySelector(name)),
      captions: [...document.querySelectorAll('table')].filter(table => !table.caption?.textContent.trim()).length,
      scopes: document.querySelectorAll('th:not([scope])').length,
      plots: [...document.querySelectorAll('svg')].filter(svg => !svg.querySelector('title') || !svg.querySelector('desc')).length,
      scripts: document.querySelectorAll('script').length,
      background: getComputedStyle(document.documentElement).backgroundColor,
    };
  });
  const say = (wrong, text) => wrong && faults.push(`${where}: ${text}`);
  say(seen.overflow > 0, `is ${seen.overflow} px wider than the window`);
  say(seen.outside.length > 0, `has something outside of the window: ${seen.outside.join(' … ')}`);
  say(seen.cut.length > 0, `cuts words of a plot: ${seen.cut.join(', ')}`);
  say(seen.skipped > 0 || seen.first !== 1, 'has headings out of order');
  say(seen.twice.length > 0, `has an id twice: ${seen.twice.join(', ')}`);
  say(seen.lost.length > 0, `points to what is not there: ${seen.lost.join(', ')}`);
  say(seen.landmarks.length > 0, `lacks ${seen.landmarks.join(', ')}`);
  say(seen.captions + seen.scopes > 0, 'has a table without a caption, or a heading cell without a scope');
  say(seen.plots > 0, 'has a plot without a title or a description');
  say(seen.scripts > 0, 'has a script');
  const night = seen.background.match(/\d+/g).slice(0, 3).every(part => part < 64);
  say(night !== (colorScheme === 'dark'), `has the background ${seen.background}`);
  await page.close();
}

// Every control is reached, in the order of the page, and it can be seen where one is.
async function keyboard(url, where) {
  const page = await open(url, where, { width: 1280, height: 800 });
  const controls = await page.evaluate(() =>
    [...document.querySelectorAll('a[href], summary, [tabindex="0"]')]
      .filter(control => control.checkVisibility())
      .map((control, number) => (control.dataset.number = number)).length);
  const reached = [];
  for (let press = 0; press < controls; press++) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return {
        number: +document.activeElement.dataset.number,
        seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        skip: document.activeElement.classList.contains('skip'),
        left: document.activeElement.getBoundingClientRect().left,
      };
    });
    reached.push(focus.number);
    if (!focus.seen) faults.push(`${where}: control ${focus.number} does not show that it has the focus`);
    if (focus.skip && focus.left < 0) faults.push(`${where}: the skip link stays out of sight`);
  }
  const inOrder = reached.every((number, place) => number === place);
  if (!inOrder) faults.push(`${where}: Tab reaches ${reached.join(', ')} of ${controls} controls`);
  // A folded part opens by the keyboard alone.
  const summary = page.locator('summary').first();
  if (await summary.count()) {
    await summary.focus();
    await page.keyboard.press('Enter');
    if (!(await page.evaluate(() => document.activeElement.parentElement.open))) {
      faults.push(`${where}: a folded part does not open by Enter`);
    }
  }
  await page.close();
}

// #headline, and every other headline, alone on a projector.
async function projector(url, where) {
  const first = await open(url, where, { width: 1920, height: 1080 });
  const ids = await first.evaluate(() => [...document.querySelectorAll('.headline')].map(element => element.id));
  await first.close();
  if (!ids.includes('headline')) faults.push(`${where}: has no #headline`);
  for (const id of ids) {
    const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
    await page.goto(`${url}#${id}`);
    const seen = await page.evaluate(id => {
      const headline = document.getElementById(id);
      const rest = [...document.querySelectorAll('h1, h2, h3, footer, .standings, .contents')];
      return {
        size: parseFloat(getComputedStyle(headline.querySelector('ol')).fontSize),
        high: document.documentElement.scrollHeight,
        others: rest.filter(element => !headline.contains(element) && element.checkVisibility()).length,
      };
    }, id);
    if (seen.size < 1920 * PROJECTED) faults.push(`${where}#${id}: ${seen.size} px is too small to project`);
    if (seen.high > 1080) faults.push(`${where}#${id}: does not fit a screen: ${seen.high} px high`);
    if (seen.others > 0) faults.push(`${where}#${id}: is not alone on the screen`);
    await page.close();
  }
}

async function paper(url, where) {
  const page = await open(url, where, { width: 1280, height: 800 }, 'dark');
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const seen = await page.evaluate(() => ({
    ink: getComputedStyle(document.body).color,
    background: getComputedStyle(document.documentElement).backgroundColor,
    links: [...document.querySelectorAll('.to-slide, .skip')].filter(element => element.checkVisibility()).length,
  }));
  if (seen.background !== 'rgb(255, 255, 255)') faults.push(`${where}: prints its background: ${seen.background}`);
  if (seen.links > 0) faults.push(`${where}: prints what only a screen can use`);
  const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true });
  if (pdf.length < 10_000) faults.push(`${where}: prints an empty page`);
  await page.close();
}
