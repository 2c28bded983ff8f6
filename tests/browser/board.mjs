// What the dashboard has to do in a browser, from the first page to the labels that come out.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const { BOARD, TOKEN, CHROMIUM, LABELS, SCREENSHOTS } = process.env;
const HOSTILE = [900001, 900002, 900003, 900004, 900005];

const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

// Whatever a page does that it should not.
const wrongs = [];

async function open(options = {}) {
    const context = await browser.newContext({ bypassCSP: false, locale: "en-US", ...options });
    const page = await context.newPage();
    page.on("dialog", (dialog) => {
        wrongs.push(`a dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on("pageerror", (error) => wrongs.push(`an error on ${page.url()}: ${error.message}`));
    page.on("console", (message) => {
        if (message.type() === "error" && !/status of 40[34]/.test(message.text())) {
            wrongs.push(`${page.url()} says: ${message.text()}`);
        }
    });
    page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(BOARD) && !url.startsWith("data:")) {
            wrongs.push(`a request elsewhere: ${url}`);
        }
    });
    return page;
}

async function go(page, path) {
    const response = await page.goto(BOARD + path);
    return response.status();
}

async function logIn(page, next = "/wiki/testwiki/queue") {
    await go(page, `/login?next=${encodeURIComponent(next)}`);
    await page.fill("#token", TOKEN);
    await page.click("main form button");
    await page.waitForURL(BOARD + next);
}

// Runs axe from outside of the page's policy, which allows no script of ours either.
async function check(page, name) {
    const frame = await page.context().newCDPSession(page);
    const { executionContextId } = await frame.send("Page.createIsolatedWorld", {
        frameId: (await frame.send("Page.getFrameTree")).frameTree.frame.id, worldName: "axe",
    });
    const run = async (expression) => {
        const { result, exceptionDetails } = await frame.send("Runtime.evaluate", { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true });
        assert.equal(exceptionDetails, undefined, exceptionDetails?.exception?.description);
        return result.value;
    };
    await run(axe + ";0");
    const found = await run("axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target + ' ' + n.failureSummary).slice(0, 3).join(' | ')))");
    assert.deepEqual(found, [], `axe on ${name}`);
    const [width, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(width <= inner, `${name} scrolls sideways: ${width} > ${inner}`);
}

async function picture(page, name) {
    if (SCREENSHOTS) {
        mkdirSync(SCREENSHOTS, { recursive: true });
        await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
    }
}

const api = (path, options = {}) => fetch(BOARD + path, options);
const bearer = { authorization: `Bearer ${TOKEN}` };

async function judgements() {
    return (await (await api("/api/v1/judgements?wiki=testwiki")).json()).judgements;
}

const steps = {
    async "hostile edits are scored and kept"() {
        const answer = await api("/api/v1/score?recorded=true", {
            method: "POST", body: JSON.stringify({ wiki: "testwiki", rev_ids: HOSTILE }),
        });
        assert.equal(answer.status, 200, await answer.clone().text());
        const { scores } = await answer.json();
        assert.ok(scores.every((score) => score.scores), JSON.stringify(scores));
    },

    async "the root is JSON for programs and a page for people"() {
        const json = await api("/", { headers: { accept: "*/*" } });
        assert.match(json.headers.get("content-type"), /json/);
        const html = await api("/", { headers: { accept: "text/html" } });
        assert.match(html.headers.get("content-type"), /html/);
        assert.match(html.headers.get("content-security-policy"), /default-src 'none'; script-src 'self'/);
        assert.doesNotMatch(await html.text(), /<script>|style=|onclick=|javascript:/);
    },

    async "the first page is painted soon"() {
        const page = await open();
        await go(page, "/");
        const times = [];
        for (const path of ["/", "/wiki/testwiki", "/wiki/testwiki/queue"]) {
            await go(page, path);
            const paint = await page.evaluate(() => new Promise((done) => {
                const look = () => {
                    const entry = performance.getEntriesByName("first-contentful-paint")[0];
                    if (entry) { done(entry.startTime); } else { requestAnimationFrame(look); }
                };
                look();
            }));
            times.push(`${path} ${Math.round(paint)} ms`);
        }
        console.log(`   first paint: ${times.join(", ")}`);
        assert.match(await page.textContent("h1"), /Review/);
    },

    async "the overview says what was caught"() {
        const page = await open();
        await go(page, "/");
        assert.match(await page.textContent(".sentence"), /Revscore flagged [\d.]+\s%/);
        await page.click("text=Full report");
        await page.waitForURL(/wiki\/testwiki/);
    },

    async "the slider shows what another threshold costs, and the address keeps it"() {
        const page = await open();
        await go(page, "/wiki/testwiki");
        const flagged = async () => Number((await page.textContent('[data-show="1"]')).replace(/\D/g, ""));
        await page.focus("#slider");
        await page.keyboard.press("Home");
        const all = await flagged();
        const at = await page.getAttribute(".marker", "cx");
        await page.keyboard.press("End");
        assert.ok((await flagged()) < all, "fewer are flagged at the end");
        assert.notEqual(await page.getAttribute(".marker", "cx"), at);
        assert.match(page.url(), /threshold=0\.99/);
        assert.match(await page.getAttribute("#slider", "aria-valuetext"), /0\.99/);
    },

    async "without JavaScript the slider is a form and the queue reads"() {
        const page = await open({ javaScriptEnabled: false });
        await go(page, "/wiki/testwiki?threshold=0.5");
        assert.match(await page.textContent('[data-show="0"]'), /0\.50/);
        assert.ok(!(await page.isVisible("#slider")), "a slider that shows nothing is not shown");
        await page.fill('.threshold input[type="number"]', "0.25");
        await page.click(".threshold form button");
        assert.match(page.url(), /threshold=0\.25\b/);
        assert.match(await page.textContent('[data-show="0"]'), /0\.25/);
        await go(page, "/wiki/testwiki/queue");
        assert.ok(await page.locator("article.edit").isVisible());
        assert.equal(await page.locator("form.judge").count(), 0, "nobody judges without a session");
    },

    async "a wrong token is refused, the right one comes back to where it was wanted"() {
        const page = await open();
        await go(page, "/wiki/testwiki/queue");
        await page.click("main >> text=Log in to judge");
        await page.fill("#token", "not a token of this service");
        await page.click("main form button");
        assert.match(await page.textContent("[role=alert]"), /not known/);
        await check(page, "the refused login");
        await page.fill("#token", TOKEN);
        await page.click("main form button");
        await page.waitForURL(/wiki\/testwiki\/queue/);
        const [cookie] = await page.context().cookies();
        assert.ok(cookie.httpOnly && cookie.sameSite === "Lax", JSON.stringify(cookie));
        await page.click("text=Log out");
        assert.deepEqual(await page.context().cookies(), []);
    },

    async "the queue is judged by keys, one press an edit, and undone"() {
        const page = await open();
        await logIn(page);
        const current = () => page.getAttribute("form.judge input[name=rev_id]", "value");
        const said = [];
        for (const [key, say] of [["d", "damaging"], ["s", "spam"], ["g", "good"]]) {
            said.push([Number(await current()), say]);
            // Nobody judges what was not read yet, and nobody by a capital letter.
            await page.keyboard.press(`Shift+${key}`);
            await page.waitForSelector("button.good:enabled");
            await page.keyboard.press(key);
            await page.waitForURL(new RegExp(`did=${say}&rev=${said.at(-1)[0]}`));
        }
        let kept = Object.fromEntries((await judgements()).map((judgement) => [judgement.rev_id, judgement]));
        assert.equal(kept[said[0][0]].damaging, true);
        assert.equal(kept[said[1][0]].spam, true);
        assert.deepEqual([kept[said[2][0]].damaging, kept[said[2][0]].goodfaith, kept[said[2][0]].by], [false, true, "ada"]);
        await page.keyboard.press("u");
        await page.waitForURL(/did=undo/);
        assert.equal(Number(await current()), said[2][0], "what is undone is next again");
        kept = (await judgements()).map((judgement) => judgement.rev_id);
        assert.deepEqual(kept.sort(), [said[0][0], said[1][0]].sort());
        for (const key of ["k", " "]) {
            const skipped = await current();
            await page.keyboard.press(key);
            await page.waitForFunction((skipped) => {
                const now = document.querySelector("form.judge input[name=rev_id]");
                return now && now.value !== skipped;
            }, skipped);
            assert.match(page.url(), /before=/);
        }
        // A note is typed without judging.
        await page.click(".judge summary");
        await page.fill("#note", "");
        await page.type("#note", "gds <b>");
        assert.equal((await judgements()).length, 2);
        await page.click("button.damaging");
        await page.waitForURL(/did=damaging/);
        assert.ok((await judgements()).some((judgement) => judgement.note === "gds <b>"));
        // Switched off, keys do nothing.
        await page.waitForSelector("button.good:enabled");
        await page.uncheck(".keys input");
        await page.keyboard.press("d");
        await page.waitForTimeout(200);
        assert.equal((await judgements()).length, 3);
        await page.check(".keys input");
        // An edit's own page has the same keys, and says what they did.
        const own = await current();
        await go(page, `/wiki/testwiki/edit/${own}`);
        assert.ok(await page.isVisible(".keys input"));
        await page.waitForSelector("button.good:enabled");
        await page.keyboard.press("g");
        await page.waitForURL(/edit\/\d+\?did=good/);
        await page.keyboard.press("u");
        await page.waitForURL(/did=undo/);
        assert.equal((await judgements()).length, 3);
    },

    async "without JavaScript the buttons judge"() {
        const page = await open({ javaScriptEnabled: false });
        await logIn(page);
        const before = (await judgements()).length;
        await page.click("button.good");
        await page.waitForURL(/did=good/);
        assert.equal((await judgements()).length, before + 1);
        await page.click(".said button");
        assert.equal((await judgements()).length, before);
    },

    async "a session that is over says what is not kept"() {
        const page = await open();
        await logIn(page);
        await page.click(".judge summary");
        await page.fill("#note", "a note <b>");
        await page.context().clearCookies();
        await page.click("button.spam");
        assert.match(await page.textContent("[role=status]"), /was not kept/);
        await check(page, "the login after a judgement");
        await page.fill("#token", TOKEN);
        await page.click("main form button");
        assert.equal(await page.inputValue("#lost"), "a note <b>");
        await check(page, "the note after the login");
        await page.click("main >> text=Go on");
        await page.waitForURL(/wiki\/testwiki\/queue/);
        assert.ok(await page.locator("form.judge").isVisible());
    },

    async "a form of another site judges nothing"() {
        const page = await open();
        await logIn(page);
        const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
        const post = (headers, body) => api("/wiki/testwiki/judge", {
            method: "POST", redirect: "manual", body,
            headers: { cookie, "content-type": "application/x-www-form-urlencoded", ...headers },
        });
        const word = await page.getAttribute("form.judge input[name=word]", "value");
        assert.equal((await post({}, "rev_id=900001&say=good")).status, 403);
        assert.equal((await post({ "sec-fetch-site": "cross-site" }, `rev_id=900001&say=good&word=${word}`)).status, 403);
        const answer = await post({}, `rev_id=900001&say=nothing&word=${word}`);
        assert.equal(answer.status, 400);
    },

    async "hostile edits stay text"() {
        const page = await open();
        for (const id of HOSTILE) {
            assert.equal(await go(page, `/wiki/testwiki/edit/${id}`), 200);
            assert.equal(await page.evaluate(() => window.hacked), undefined);
            assert.equal(await page.locator("main script, main img, main b:has(> *), [onerror], [onmouseover]").count(), 0);
            assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
            const size = (await page.content()).length;
            assert.ok(size < 400_000, `revision ${id} makes a page of ${size}`);
        }
        await go(page, "/wiki/testwiki/edit/900001");
        assert.match(await page.textContent(".diff ins"), /<script>window\.hacked = 1/);
        assert.match(await page.textContent(".page"), /<script>/);
        await go(page, "/wiki/testwiki/edit/900002");
        assert.match(await page.textContent(".diff"), /⟨U\+202E⟩/);
        for (const path of ["/wiki/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/wiki/testwiki/edit/7?lang=%3Cscript%3E", "/wiki/testwiki/queue?before=%3Cscript%3E&did=%3Cscript%3E&rev=1&model=%22%3E", "/login?next=javascript:alert(1)"]) {
            await go(page, path);
            assert.doesNotMatch(await page.content(), /<script>/);
        }
    },

    async "a revision is found by its number"() {
        const page = await open();
        await go(page, "/wiki/testwiki");
        await page.fill("#rev", "900004");
        await page.keyboard.press("Enter");
        await page.waitForURL(/edit\/900004/);
        assert.ok(await page.locator(".reasons li").count() > 2);
        const link = page.locator(".ways a").first();
        assert.match(await link.getAttribute("href"), /\/w\/index\.php\?diff=prev&oldid=900004$/);
        assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
    },

    async "the languages have their own words and numbers"() {
        const page = await open();
        await go(page, "/?lang=de");
        assert.match(await page.textContent(".sentence"), /hat Revscore \d+,\d/);
        assert.equal(await page.getAttribute("html", "lang"), "de");
        await go(page, "/wiki/testwiki");
        assert.match(await page.textContent("main"), /Gefunden/);
        const french = await open({ locale: "fr-FR" });
        await go(french, "/");
        assert.match(await french.textContent(".sentence"), /Revscore a signalé/);
    },

    async "labels come out"() {
        const csv = await (await api("/api/v1/judgements?wiki=testwiki&format=csv")).text();
        assert.match(csv, /^rev_id,damaging,goodfaith,spam,note,by,at\n/);
        writeFileSync(LABELS, csv);
        const again = await api("/api/v1/judgements?wiki=testwiki", { method: "POST", body: csv, headers: { ...bearer, "content-type": "text/csv" } });
        assert.equal(again.status, 201, await again.text());
        assert.equal((await api("/api/v1/judgements?wiki=testwiki", { method: "POST", body: csv })).status, 401);
    },

    async "axe finds nothing, in light, dark and narrow, and nothing scrolls sideways"() {
        const pages = {
            overview: "/", wiki: "/wiki/testwiki", queue: "/wiki/testwiki/queue", edit: "/wiki/testwiki/edit/900001",
            rtl: "/wiki/testwiki/edit/900002", model: "/wiki/testwiki/model/reverted", login: "/login", missing: "/wiki/nowhere",
        };
        for (const [look, options] of Object.entries({
            light: { colorScheme: "light", viewport: { width: 1200, height: 900 } },
            dark: { colorScheme: "dark", viewport: { width: 1200, height: 900 } },
            narrow: { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
            "narrow-dark": { colorScheme: "dark", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
        })) {
            const page = await open(options);
            await logIn(page);
            for (const [name, path] of Object.entries(pages)) {
                await go(page, path);
                await picture(page, `${name}-${look}`);
                await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
                await check(page, `${name} (${look})`);
            }
        }
    },
};

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
    try {
        await step();
        assert.deepEqual(wrongs.splice(0), []);
        console.log(`ok ${name}`);
    } catch (error) {
        failed += 1;
        wrongs.splice(0);
        console.log(`FAILED ${name}\n${error.stack ?? error}`);
    }
}
await browser.close();
process.exit(failed ? 1 : 0);
