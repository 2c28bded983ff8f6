//! Edit-quality scoring for MediaWiki wikis.
//!
//! The modules are listed in the order in which data flows through them: a [`revision`] and its
//! parent are compared ([`diff`]) inside an [`edit`], beside what its [`language`] and the wiki's
//! [`history`] know; its [`feature`]s fill one row of a [`dataset`]; an [`estimator`] learns from it,
//! an [`evaluation`] says what it would catch at which cost, and a [`model`] file carries all of it
//! to whoever scores edits.
//!
//! ```
//! use revscore::{Edit, Model, Page, Revision, User};
//!
//! let model = Model::open("models/enwiki.reverted.model")?;
//! let parent = Revision { text: Some("The Ember is a river.".into()), ..Revision::default() };
//! let revision = Revision {
//!     text: Some("The Ember is a river. HAHAHA".into()),
//!     comment: Some(String::new()),
//!     user: User::named("192.0.2.7"),
//!     ..Revision::default()
//! };
//! let page = Page { title: "Ember (river)".into(), ..Page::default() };
//! let edit = Edit::new(Some(&parent), &revision, &page, model.language());
//! assert!(model.score(&edit).probability > 0.1);
//! # Ok::<(), revscore::ModelError>(())
//! ```
//!
//! The feature `corpus` adds the room of that name: dumps in, revisions and what became of them out.
//!
//! The library does no I/O (but for opening and saving model and history files and, in `corpus`, reading
//! dumps), reads no clock and no environment, and never fails to score: what is missing in an edit is
//! missing in its type.

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod envelope;

pub mod revision;

#[cfg(feature = "corpus")]
pub mod corpus;

pub mod diff;

pub mod language;

pub mod history;

pub mod edit;

pub mod feature;

pub mod dataset;

pub mod estimator;

pub mod evaluation;

pub mod model;

#[cfg(feature = "serve")]
#[doc(hidden)]
pub mod service;

pub use edit::Edit;
pub use evaluation::Report;
pub use feature::{Feature, FeatureSet};
pub use history::History;
pub use language::Language;
pub use model::{Model, ModelError, Score, Target};
pub use revision::{Page, Revision, RevisionId, Timestamp, User};
