//! Addresses of other sites, and their domains.
//!
//! As MediaWiki finds external links: by scheme, or by `//` after a bracket. A domain is the
//! host's name; which part of it can be registered is not known here, so that `a.blog.example`
//! and `b.blog.example` are two.

/// Addresses are cut there.
const MAX_ADDRESS: usize = 255;

/// Whether `//` after this text begins an address.
pub(super) fn is_address(before: &[u8]) -> bool {
    let ends_with = |scheme: &[u8]| {
        before.len() >= scheme.len()
            && before[before.len() - scheme.len()..].eq_ignore_ascii_case(scheme)
    };
    ends_with(b"http:") || ends_with(b"https:") || ends_with(b"ftp:") || ends_with(b"[")
}

/// The address from its `//` on, without its scheme.
pub(super) fn address(text: &str, start: usize) -> &str {
    let mut end = text.len().min(start + MAX_ADDRESS);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let window = &text[start..end];
    let length = window
        .bytes()
        .position(|byte| byte <= b' ' || b"[]<>\"{}|".contains(&byte))
        .unwrap_or(window.len());
    &window[..length]
}

/// The domain of an address without its scheme (`//www.Example.org:80/x` -> `example.org`).
pub(super) fn domain(address: &str) -> Option<String> {
    let rest = address.strip_prefix("//")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority
        .rsplit('@')
        .next()?
        .split(':')
        .next()?
        .trim_end_matches('.')
        .to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    (host.contains('.') && !host.starts_with('.')).then(|| host.to_owned())
}

/// Names shorter than this resemble too many.
const MIN_LOOK_ALIKE_CHARS: usize = 6;

/// Whether one domain could be taken for another, different one: it adds or changes one letter, has
/// the same name under another ending (`example.net`, `example.org`), or begins with
/// the other's letters (`example-org.com`, `example.org.evil.com`).
pub(super) fn resembles(domain: &str, other: &str) -> bool {
    let is_part = |inner: &str, outer: &str| {
        outer
            .strip_suffix(inner)
            .is_some_and(|before| before.ends_with('.'))
    };
    // A site's own other hosts are no imitations.
    if domain == other || is_part(other, domain) || is_part(domain, other) {
        return false;
    }
    let (Some((name, _)), Some((other_name, _))) =
        (domain.rsplit_once('.'), other.rsplit_once('.'))
    else {
        return false;
    };
    let is_ending_alone = |name: &str| name.chars().nth(MIN_LOOK_ALIKE_CHARS - 1).is_none();
    if is_ending_alone(name) || is_ending_alone(other_name) {
        return false;
    }
    name == other_name
        || is_one_letter_off(domain.as_bytes(), other.as_bytes())
        || starts_with_letters(domain, other)
}

/// Whether two different domains are the same but for one letter that is more, less or another, or
/// for two neighbours that changed places. Letters beyond ASCII are several here, and missed.
fn is_one_letter_off(one: &[u8], other: &[u8]) -> bool {
    if one.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let n_start = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[n_start..], &other[n_start..]);
    let ends = one.iter().rev().zip(other.iter().rev());
    let n_end = ends.take_while(|(a, b)| a == b).count();
    match (
        &one[..one.len().saturating_sub(n_end)],
        &other[..other.len().saturating_sub(n_end)],
    ) {
        ([a, b], [c, d]) => a == d && b == c,
        (one, other) => one.len() <= 1 && other.len() <= 1,
    }
}

/// Whether a domain begins with all letters of another, whatever hyphens and dots lie between.
fn starts_with_letters(domain: &str, other: &str) -> bool {
    let is_letter = |byte: &u8| !matches!(byte, b'-' | b'.');
    let mut letters = domain.bytes().filter(is_letter);
    other
        .bytes()
        .filter(is_letter)
        .all(|letter| letters.next() == Some(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: Option<&str>) {
        assert_eq!(domain(address).as_deref(), expected, "{address}");
    }

    #[test]
    fn domains_are_hosts_without_www() {
        check("//example.org", Some("example.org"));
        check("//www.Example.org:80/x?y#z", Some("example.org"));
        check("//user:word@a.com", Some("a.com"));
        check("//a.com.", Some("a.com"));
        check("//a.com?b", Some("a.com"));
        check("//例え.jp/", Some("例え.jp"));
        check("//localhost/", None);
        check("///a.com", None);
        check("a.com", None);
        check("//", None);
    }

    #[test]
    fn addresses_end_where_links_do() {
        assert_eq!(address("//a.com/b]c", 0), "//a.com/b");
        assert_eq!(address("//a.com b", 0), "//a.com");
        assert_eq!(
            address(&format!("//a.com/{}", "é".repeat(300)), 0).len(),
            254
        );
    }

    #[test]
    fn domains_that_could_be_taken_for_another() {
        for (domain, other, expected) in [
            ("example.net", "example.org", true),
            ("examp1e.org", "example.org", true),
            ("exmaple.org", "example.org", true),
            ("example-org.com", "example.org", true),
            ("example.org.evil.com", "example.org", true),
            ("example.org", "example.org", false),
            ("news.example.org", "example.org", false),
            ("example.org", "news.example.org", false),
            ("exampple.org", "example.org", true),
            ("exampel.org", "exmaple.org", false),
            ("bbc.uk", "abc.uk", false),
            ("other.com", "example.org", false),
            ("localhost", "example.org", false),
        ] {
            assert_eq!(resembles(domain, other), expected, "{domain} {other}");
        }
    }
}
