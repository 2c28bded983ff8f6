//! Models in the shadow: they score what the served ones score, and are only compared with them.
//!
//! Nobody waits for them. An edit is scored in the shadow when no other edit waits for a thread;
//! otherwise it is skipped, and counted as such. Both are held against the threshold of the served
//! model's review level, as a client would hold them that keeps its threshold.

use std::sync::Arc;

use super::{Asked, EditParts, Overrides, Wanted, score_edit};
use crate::service::App;
use crate::service::models::Served;

/// Which of two models flag an edit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    Both,
    OnlyServed,
    OnlyShadow,
    Neither,
}

impl Side {
    /// As a label of a metric.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::OnlyServed => "only_served",
            Self::OnlyShadow => "only_shadow",
            Self::Neither => "neither",
        }
    }

    fn of(is_served: bool, is_shadow: bool) -> Self {
        match (is_served, is_shadow) {
            (true, true) => Self::Both,
            (true, false) => Self::OnlyServed,
            (false, true) => Self::OnlyShadow,
            (false, false) => Self::Neither,
        }
    }
}

impl App {
    /// Lets the model of the same name in the shadow score an edit too, if there is one and time.
    pub(super) fn compare_in_shadow(
        &self,
        parts: &Arc<EditParts>,
        served: &Arc<Served>,
        asked: &Asked,
        wanted_probability: f64,
    ) {
        let shadow = self.shadow();
        let Some(other) = shadow.same(served).cloned() else {
            return;
        };
        let (app, parts, served) = (self.clone(), Arc::clone(parts), Arc::clone(served));
        let asked = Asked {
            models: [Wanted::from(other)].into(),
            recording: asked.recording.clone().queued(),
            is_explained: false,
            has_values: false,
            ..asked.clone()
        };
        let is_taken = self.pool().run_if_idle(move || {
            let (scores, _) = score_edit(&app, &parts, &Overrides::default(), &asked);
            if let Some(scored) = scores.first() {
                let threshold = served.review_threshold();
                let side = Side::of(
                    wanted_probability >= threshold,
                    scored.wanted_probability >= threshold,
                );
                let difference = (scored.wanted_probability - wanted_probability).abs();
                app.metrics().compared(&served, side, difference);
            }
        });
        if !is_taken {
            self.metrics().shadow_skipped();
        }
    }
}
