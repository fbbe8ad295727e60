// Drives Chromium for the tests in Rust. Each line on stdin is a call: {page, open} opens a page with these options, and
// {page, call, args} calls a method of Playwright's page, such as "fill" or "keyboard.press", or of the element that a
// selector in {element} finds. Each answer is a line: {value} or {error}. {} tells what the pages complained about, and
// {dump} what they show.
'use strict';
const { chromium } = require('playwright-core');
const readline = require('node:readline');

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP chat.test 127.0.0.1'];

async function main() {
  const browser = await chromium.launch({ executablePath: process.argv[2], args: FLAGS });
  const pages = new Map(), errors = [];
  async function carryOut({ page: name, open, element, call, args = [], dump }) {
    if (dump) {
      const texts = [...pages].map(async ([name, page]) => [name, await page.evaluate('[document.body.innerText, text.value]')]);
      return Object.fromEntries(await Promise.all(texts));
    }
    if (open) {
      const context = await browser.newContext(open);
      context.setDefaultTimeout(15000);
      const page = await context.newPage();
      page.on('console', message => { if (message.type() === 'error') errors.push(message.text()); });
      page.on('pageerror', error => errors.push(String(error)));
      pages.set(name, page);
      return page.goto(open.url).then(() => null);
    }
    if (!call) return errors;
    const path = call.split('.'), method = path.pop();
    const object = path.reduce((object, key) => object[key], element ? pages.get(name).locator(element) : pages.get(name));
    const value = await object[method](...args);
    return typeof value === 'object' && value?.constructor?.name === 'ElementHandle' ? null : value ?? null;
  }
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let answer;
    try { answer = { value: await carryOut(JSON.parse(line)) }; } catch (error) { answer = { error: String(error) }; }
    let text;
    try { text = JSON.stringify(answer); } catch { text = '{"value":null}'; }
    process.stdout.write(`${text}\n`);
  }
  await browser.close();
}

main().catch(error => { console.error(error); process.exit(1); });
