//! Links to other sites: what link spam consists of.
//!
//! A domain counts once an edit, and is new when the page had no link to it: the first link of a
//! spammer always is. No list of good or bad sites is known here, only one of services that hide
//! where a link leads.

use std::net::Ipv4Addr;

use super::{Feature, Unit, flag, share};
use crate::diff::{AddedDomain, Change, Element};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_change(
        "links.added",
        Unit::Count,
        "external links added",
        |change| change.elements.added(Element::ExternalLink) as f32,
    ),
    Feature::of_change(
        "links.removed",
        Unit::Count,
        "external links removed",
        |change| change.elements.removed(Element::ExternalLink) as f32,
    ),
    Feature::of_change(
        "links.domains",
        Unit::Count,
        "domains among the external links added",
        |change| change.elements.added_domains.len() as f32,
    ),
    Feature::of_change(
        "links.new_domains",
        Unit::Count,
        "of these, domains to which the page had no link before",
        |change| change.elements.new_domains() as f32,
    ),
    Feature::of_change(
        "links.new_domains_share",
        Unit::Ratio,
        "new domains among those added; missing when no link was added",
        |change| {
            share(
                change.elements.new_domains() as u32,
                change.elements.added_domains.len() as u32,
            )
        },
    ),
    Feature::of_change(
        "links.added_per_word",
        Unit::Ratio,
        "external links added per word added, each plus 1",
        |change| {
            (change.elements.added(Element::ExternalLink) as f32 + 1.0)
                / (change.added.counts.words as f32 + 1.0)
        },
    ),
    Feature::of_change(
        "links.only_links",
        Unit::Flag,
        "links were added, with at most five words",
        |change| {
            flag(Some(
                change.elements.added(Element::ExternalLink) > 0 && change.added.counts.words <= 5,
            ))
        },
    ),
    Feature::of_change(
        "links.outside_references",
        Unit::Count,
        "external links added beyond one for every reference and template added",
        outside_references,
    ),
    Feature::of_change(
        "links.longest_domain",
        Unit::Chars,
        "the longest domain added; 0 when no link was added",
        longest_domain,
    ),
    Feature::of_change(
        "links.odd_domains",
        Unit::Count,
        "domains added that hold a digit or two hyphens",
        odd_domains,
    ),
    Feature::of_change(
        "links.look_alikes",
        Unit::Count,
        "new domains added that could be taken for one that the page had: a letter off, another ending, or the same \
         start",
        |change| count_domains(change, |added| added.is_look_alike),
    ),
    Feature::of_change(
        "links.ip_addresses",
        Unit::Count,
        "IPv4 addresses linked to instead of domains",
        |change| count_domains(change, |added| added.domain.parse::<Ipv4Addr>().is_ok()),
    ),
    Feature::of_change(
        "links.shorteners",
        Unit::Count,
        "domains added that hide where their links lead",
        |change| count_domains(change, |added| SHORTENERS.contains(&added.domain.as_str())),
    ),
];

/// Services that anyone can have shorten any address, sorted. Those that only shorten addresses of
/// one site (`youtu.be`, `w.wiki`) are left out, because they say where they lead.
const SHORTENERS: [&str; 44] = [
    "2.gp",
    "adf.ly",
    "bit.do",
    "bit.ly",
    "bitly.com",
    "bl.ink",
    "buff.ly",
    "cli.gs",
    "clck.ru",
    "cutt.ly",
    "da.gd",
    "dlvr.it",
    "goo.gl",
    "goo.su",
    "ift.tt",
    "is.gd",
    "j.mp",
    "ouo.io",
    "ow.ly",
    "po.st",
    "qps.ru",
    "rb.gy",
    "rebrand.ly",
    "s.id",
    "short.io",
    "shorte.st",
    "shorturl.at",
    "snipurl.com",
    "soo.gd",
    "surl.li",
    "t.cn",
    "t.co",
    "t.ly",
    "t2m.io",
    "tiny.cc",
    "tinyurl.com",
    "tny.im",
    "tr.im",
    "trib.al",
    "u.to",
    "urlz.fr",
    "v.gd",
    "vk.cc",
    "x.gd",
];

fn count_domains(change: &Change, is_counted: impl Fn(&AddedDomain) -> bool) -> f32 {
    let domains = change.elements.added_domains.iter();
    domains.filter(|added| is_counted(added)).count() as f32
}

fn outside_references(change: &Change) -> f32 {
    let in_references = change
        .elements
        .added(Element::Reference)
        .max(change.elements.added(Element::Template));
    change
        .elements
        .added(Element::ExternalLink)
        .saturating_sub(in_references) as f32
}

fn longest_domain(change: &Change) -> f32 {
    let lengths = change
        .elements
        .added_domains
        .iter()
        .map(|added| added.domain.chars().count());
    lengths.max().unwrap_or(0) as f32
}

fn odd_domains(change: &Change) -> f32 {
    let is_odd = |domain: &str| {
        domain.bytes().any(|b| b.is_ascii_digit()) || domain.matches('-').count() >= 2
    };
    count_domains(change, |added| is_odd(&added.domain))
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::check_texts;

    #[test]
    fn links_and_domains_are_counted() {
        check_texts("links.added", "a", "a http://x.com/1 http://x.com/2", 2.0);
        check_texts("links.removed", "http://x.com", "", 1.0);
        check_texts("links.domains", "a", "a http://x.com/1 http://x.com/2", 1.0);
        check_texts(
            "links.new_domains",
            "http://x.com",
            "http://x.com http://x.com/2 http://y.com",
            1.0,
        );
        check_texts(
            "links.new_domains_share",
            "http://x.com",
            "http://x.com http://x.com/2 http://y.com",
            0.5,
        );
        check_texts("links.new_domains_share", "a", "b", f32::NAN);
        check_texts("links.only_links", "a", "a [http://x.com buy now]", 1.0);
        check_texts(
            "links.outside_references",
            "a",
            "a<ref>http://x.com</ref> http://y.com",
            1.0,
        );
        check_texts(
            "links.odd_domains",
            "a",
            "a http://buy-cheap-pills.com http://x.org",
            1.0,
        );
        check_texts("links.longest_domain", "a", "a http://x.org", 5.0);
        check_texts(
            "links.look_alikes",
            "http://example.org",
            "http://example.org http://example.net http://news.example.org",
            1.0,
        );
        check_texts(
            "links.ip_addresses",
            "a",
            "a http://192.0.2.7:80/x http://1.com",
            1.0,
        );
        check_texts(
            "links.shorteners",
            "a",
            "a http://bit.ly/x http://youtu.be/x",
            1.0,
        );
    }
}
