//! A wiki in the bench's own process: it answers what the service asks of MediaWiki's Action API, at
//! once, so that what is measured is the service's own part of a score by id.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use serde_json::json;

/// Parents have ids of their own, so that none is known from another edit.
const PARENTS_FROM: u64 = 1 << 40;

/// Edits of one page, one after the other.
pub(crate) const EDITS_A_PAGE: u64 = 10;

/// Starts it; it ends with the process.
pub(crate) fn start(article: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let article = Arc::new(article);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let article = Arc::clone(&article);
            std::thread::spawn(move || serve(stream, &article));
        }
    });
    address
}

/// Answers until the connection ends.
fn serve(stream: TcpStream, article: &str) {
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    while let Some(form) = read_form(&mut stream) {
        let answer = answer(&form, article);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        let stream = stream.get_mut();
        if stream.write_all(head.as_bytes()).is_err()
            || stream.write_all(answer.as_bytes()).is_err()
        {
            return;
        }
    }
}

/// The body of the next request; `None` at the end.
fn read_form(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let lower = line.trim_end().to_ascii_lowercase();
        if lower.is_empty() {
            break;
        }
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

fn answer(form: &str, article: &str) -> String {
    let ids = form
        .split('&')
        .find_map(|pair| pair.strip_prefix("revids="));
    let ids = ids.unwrap_or_default().split("%7C");
    let mut pages = String::new();
    for id in ids.filter_map(|id| id.parse::<u64>().ok()) {
        let is_parent = id >= PARENTS_FROM;
        let added = if is_parent {
            ""
        } else {
            "It adds [[some words]].\n"
        };
        let at = article.len() * (id as usize % 64) / 64;
        let at = article[..at].rfind('\n').map_or(0, |at| at + 1);
        let text = format!("{}{added}{}", &article[..at], &article[at..]);
        let revision = json!({
            "revid": id, "parentid": if is_parent { 0 } else { id + PARENTS_FROM }, "minor": false,
            "user": "192.0.2.7", "anon": true, "timestamp": "2026-01-31T12:00:00Z", "comment": "more of it",
            "slots": {"main": {"contentmodel": "wikitext", "content": text}},
        });
        let page = id % PARENTS_FROM / EDITS_A_PAGE + 1;
        let comma = if pages.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(
            pages,
            r#"{comma}{{"pageid":{page},"ns":0,"title":"River {page}","revisions":[{revision}]}}"#
        );
    }
    format!(r#"{{"batchcomplete":true,"query":{{"pages":[{pages}],"users":[]}}}}"#)
}
