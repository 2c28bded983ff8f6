//! Two texts -> what was added and removed.
//!
//! [`TextSummary`] counts one whole text (tokens by type, markup elements, frequency tables), the
//! way revscoring does; [`Change`] is what stands in one text and not in the other. Knows nothing
//! of users, pages or wikis.

mod letters;
mod token;

mod frequency;
mod markup;
mod summary;

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
pub use frequency::{Frequencies, FrequencyChange};
pub use markup::MarkupCounts;
pub use part::{Part, PartCounts};
pub use replaced::Replaced;
pub use size::TextSize;
pub use summary::{SummaryChange, TextSummary};
pub use token::{Token, TokenKind, Tokens, tokenize};

pub(crate) use mash::is_mashed;
pub(crate) use summary::each_changed_word;
