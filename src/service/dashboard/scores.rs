//! Scores and reasons in words: how sure a model is, what moved it, and what became of the edit.

use maud::{Markup, html};

use super::words::Words;
use crate::model::{Explanation, Family};
use crate::service::ledger::{Fate, Group, Judgement, LedgerScore};
use crate::service::report::group_name;

/// Reasons that are shown.
const MAX_REASONS: usize = 6;

/// A group of edits by its name.
pub(super) fn group(words: &Words, group: Group) -> String {
    match group {
        Group::All => words.say("group_all").to_owned(),
        Group::Namespace(namespace) => {
            let text = format!("namespace_{namespace}");
            match words.say(&text) {
                missing if missing == text => {
                    words.fill("namespace", &[("n", &namespace.to_string())])
                }
                known => known.to_owned(),
            }
        }
        Group::Kind(_) => words.say(&format!("kind_{}", group_name(group))).to_owned(),
        Group::UserClass(_) => words
            .say(&format!("class_{}", group_name(group)))
            .to_owned(),
    }
}

/// How sure a model is, as a number with a bar.
pub(super) fn probability(words: &Words, probability: f64) -> Markup {
    html! {
        span.probability {
            (super::chart::bar(Some(probability)))
            strong { (words.percent(probability)) }
        }
    }
}

/// What moved a score: as the ledger has it, or with more words from who just looked.
pub(super) fn reasons(
    words: &Words,
    score: Option<&LedgerScore>,
    explanation: Option<&Explanation>,
) -> Markup {
    let rows: Vec<(Family, bool, Option<&str>)> = match (explanation, score) {
        (Some(explanation), _) => {
            let reasons = explanation.reasons.iter();
            reasons
                .map(|reason| {
                    (
                        reason.family,
                        reason.contribution > 0.0,
                        Some(reason.text.as_str()),
                    )
                })
                .collect()
        }
        (None, Some(score)) => {
            let reasons = score.reasons.iter();
            reasons
                .map(|(family, moved)| (*family, *moved > 0.0, None))
                .collect()
        }
        (None, None) => Vec::new(),
    };
    html! {
        @if !rows.is_empty() {
            ul.reasons {
                @for (family, speaks_for, text) in rows.into_iter().take(MAX_REASONS) {
                    li class=(if speaks_for { "for" } else { "against" }) {
                        span.sign aria-hidden="true" { (if speaks_for { "▲" } else { "▽" }) }
                        span.unseen { (words.say(if speaks_for { "reason_for" } else { "reason_against" })) " " }
                        span {
                            b { (words.say(&format!("family_{}", family.name()))) }
                            // What a model says of an edit is English.
                            @if let Some(text) = text { ": " bdi lang="en" { (super::diff::visible(text)) } }
                        }
                    }
                }
            }
        }
    }
}

/// What became of an edit.
pub(super) fn fate(words: &Words, fate: &Fate, wiki: &str) -> Markup {
    html! {
        @if let Some(reverted) = &fate.reverted {
            @let by = reverted.revision.0;
            (words.say("fate_reverted")) " "
            a href=(format!("/wiki/{wiki}/edit/{by}")) { (by) }
            @if let Some(seconds) = reverted.seconds {
                " (" (words.fill("fate_after", &[("time", &words.duration(seconds as f64))])) ")"
            }
            @if fate.revert_undone { " " (words.say("fate_undone")) }
            @if fate.edit_war { " " (words.say("fate_edit_war")) }
        } @else if fate.self_reverted {
            (words.say("fate_self"))
        } @else {
            (words.say("fate_none"))
        }
    }
}

/// What people said.
pub(super) fn judgements(words: &Words, judgements: &[Judgement]) -> Markup {
    html! {
        ul.judgements {
            @for judgement in judgements {
                li {
                    b { (verdict(words, judgement)) }
                    " · " bdi { (judgement.by) } " · " (words.time(judgement.at))
                    @if let Some(note) = &judgement.note { p.note dir="auto" { (super::diff::visible(note)) } }
                }
            }
        }
    }
}

fn verdict<'a>(words: &'a Words, judgement: &Judgement) -> &'a str {
    match (judgement.spam, judgement.is_bad()) {
        (Some(true), _) => words.say("verdict_spam"),
        (_, Some(true)) => words.say("verdict_damaging"),
        (_, Some(false)) => words.say("verdict_good"),
        (_, None) => words.say("verdict_none"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;
    use crate::evaluation::{Kind, UserClass};
    use crate::revision::{RevisionId, Timestamp};

    #[test]
    fn every_family_kind_and_class_has_words_in_every_language() {
        let kinds = [
            Kind::LinkSpam,
            Kind::Blanking,
            Kind::Profanity,
            Kind::Gibberish,
            Kind::Other,
        ];
        for words in words::all() {
            let kinds = kinds.map(Group::Kind).into_iter();
            let groups = kinds.chain(UserClass::ALL.map(Group::UserClass));
            for name in groups.map(|name| group(words, name)) {
                assert!(!name.contains('_'), "{name}");
            }
            for group in crate::feature::GROUPS {
                for feature in group.features {
                    let name = format!("family_{}", Family::of(feature).name());
                    assert_ne!(words.say(&name), name);
                }
            }
            assert_eq!(
                super::group(words, Group::Namespace(9_999))
                    .matches("9999")
                    .count(),
                1
            );
        }
    }

    #[test]
    fn notes_are_text() {
        let judgement = Judgement {
            wiki: "w".into(),
            revision: RevisionId(1),
            damaging: Some(true),
            goodfaith: None,
            spam: None,
            note: Some("<img src=x onerror=alert(1)>\u{202e}".to_owned()),
            by: "ada".to_owned(),
            at: Timestamp(0),
        };
        let html = judgements(words::find("en").unwrap(), &[judgement]).into_string();
        assert!(
            html.contains("&lt;img") && html.contains("⟨U+202E⟩"),
            "{html}"
        );
    }
}
