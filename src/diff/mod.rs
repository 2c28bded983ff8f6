//! Two texts -> what was added and removed.
//!
//! [`Change`] is what stands in one text and not in the other; [`TextSummaries`] counts both whole
//! texts by tokens and [`MarkupCounts`] one by elements of wikitext, the way revscoring does. Knows
//! nothing of users, pages or wikis.

mod letters;
mod token;

mod frequency;
mod markup;
mod repeats;
mod summary;
mod watch;

mod trim;

mod address;
mod link;

mod change;
mod element;
mod mash;
mod part;
mod replaced;
mod side;
mod size;

pub use change::{Change, Hunk};
pub use element::{AddedDomain, Element, ElementChange};
pub use frequency::FrequencyChange;
pub use markup::MarkupCounts;
pub use part::{Part, PartCounts};
pub use replaced::Replaced;
pub use size::TextSize;
pub use summary::{TextSummaries, TextSummary};
pub use token::{Token, TokenKind, Tokens, tokenize};

pub(crate) use mash::is_mashed;
