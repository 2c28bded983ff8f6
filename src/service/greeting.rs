//! What the binary says on standard output once it listens: where, and how to try it.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Histories, Models};

/// An edit that anybody would revert, without a character that a shell would mind.
const EXAMPLE_EDITS: &str = r#"[{"rev_id":2,"parent_text":"The Danube is a river in Europe.","text":"The Danube is a river in Europe. BUY CHEAP WATCHES!!! [http://watches.example click here]","comment":"","timestamp":"2026-01-31T12:00:00Z","user":{"name":"192.0.2.7","is_anon":true},"page":{"id":1,"title":"Danube","namespace":0}}]"#;

/// The lines to print.
pub fn greeting(models: &Models, histories: &Histories, listens: SocketAddr) -> String {
    let address = reachable(listens);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "revscore {} listens on http://{address}",
        env!("CARGO_PKG_VERSION")
    );
    let _ = writeln!(text, "models: {}", models.names());
    for history in histories.iter() {
        let (wiki, n_edits) = (history.wiki(), history.n_edits());
        let _ = writeln!(text, "history: {wiki}, {n_edits} edits");
    }
    for refused in models.refused().iter().chain(histories.refused()) {
        let _ = writeln!(text, "not served: {}: {}", refused.file, refused.reason);
    }
    let _ = writeln!(
        text,
        "try it:\n  curl -s http://{address}/api/v1/score -d '{{\"wiki\":\"{}\",\"explain\":true,\"edits\":{EXAMPLE_EDITS}}}'",
        models.example_wiki()
    );
    text
}

/// An address that a client on this machine can connect to.
pub(super) fn reachable(listens: SocketAddr) -> SocketAddr {
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listens.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(listens: &str, address: &str) {
        let text = greeting(
            &Models::default(),
            &Histories::default(),
            listens.parse().unwrap(),
        );
        assert!(
            text.contains(&format!("curl -s http://{address}/api/v1/score -d '")),
            "{text}"
        );
    }

    #[test]
    fn the_address_is_one_that_can_be_connected_to() {
        check("127.0.0.1:80", "127.0.0.1:80");
        check("0.0.0.0:80", "127.0.0.1:80");
        check("[::]:80", "[::1]:80");
    }

    #[test]
    fn the_example_can_be_pasted_into_a_shell() {
        assert!(!EXAMPLE_EDITS.contains('\''));
        assert!(
            serde_json::from_str::<serde_json::Value>(EXAMPLE_EDITS).unwrap()[0]["text"]
                .is_string()
        );
    }
}
