// A wiki that answers for every revision: its authors write what they hope will be run.
import http from "node:http";

const HOSTILE = `<script>window.hacked = 1; alert(1)</script>`;

// Every edit has a parent, so far above.
const PARENTS = 10_000_000;

const texts = {
    900001: ["The Danube is a river.\n", `The Danube is a river. ${HOSTILE} BUY CHEAP WATCHES!!! [http://watches.example click here]\n`],
    900002: ["نهر في أوروبا.\n", `نهر في أوروبا. "><img src=x onerror=alert(2)> \u202Eevil\u0000\n`],
    900003: ["line\n".repeat(20_000), `${"x' onmouseover='alert(3)' ".repeat(60_000)}[javascript:alert(4) link]\n`],
    900004: ["A town.\n\nIt has a church, a school and a market.\n", "A town. LOL LOL LOL you all suck!!!!!!!\n"],
    900005: ["A lake.\n", "A lake. hahahahaha http://spam.example/pills http://spam.example/more\n"],
};

const revision = (id) => {
    const isParent = id >= PARENTS;
    const edit = isParent ? id - PARENTS : id;
    const [before, after] = texts[edit] ?? ["A village in the north.\n", "A village in the north. It is small.\n"];
    const age = 900_010 - edit;
    return {
        pageid: edit % 1000 + 50_000, ns: 0, title: edit === 900_002 ? "نهر <b>\"&" : `Page ${edit} ${edit > 900_000 ? HOSTILE : ""}`,
        revisions: [{
            revid: id, parentid: isParent ? 0 : id + PARENTS, minor: false,
            user: isParent ? "Ada" : `192.0.2.${id % 200}`, anon: !isParent,
            timestamp: new Date(Date.UTC(2026, 10, 20, 12) - (age > 1_000 ? 0 : age * 60_000) - (isParent ? 86_400_000 : 0)).toISOString().slice(0, 19) + "Z",
            comment: isParent ? "" : `${HOSTILE} "quoted" [[javascript:alert(5)]]`,
            slots: { main: { contentmodel: "wikitext", content: isParent ? before : after } },
        }],
    };
};

http.createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
        const asked = new URLSearchParams(body || request.url.split("?")[1]);
        const ids = (asked.get("revids") ?? "").split("|").filter(Boolean).map(Number);
        const users = (asked.get("ususers") ?? "").split(/[|\x1f]/).filter(Boolean);
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({
            batchcomplete: true,
            query: {
                pages: ids.map(revision),
                users: users.map((name) => ({ name, userid: 1, groups: ["*", "user"], registration: "2020-01-01T00:00:00Z", editcount: 500 })),
            },
        }));
    });
}).listen(0, "127.0.0.1", function () {
    console.log(`http://127.0.0.1:${this.address().port}`);
});
