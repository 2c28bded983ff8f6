//! Learned weights: logistic regression over the hashed items of a text, one pass in order of time.
//!
//! Beside naive Bayes, which looks at each item by itself: here items share the blame, so that a
//! word that only ever stands beside a bad one is not bad. FTRL-Proximal (McMahan et al. 2013,
//! "Ad click prediction: a view from the trenches"), which keeps most weights at exactly 0.

/// Step size.
const ALPHA: f32 = 0.3;
/// Dampens the first steps.
const BETA: f32 = 1.0;
/// Items whose summed gradients stay below this have weight 0.
const L1: f32 = 0.1;
/// Pulls all weights towards 0.
const L2: f32 = 5.0;

/// One item's sums.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    z: f32,
    n: f32,
}

impl Sums {
    fn weight(self) -> f32 {
        let excess = self.z.abs() - L1;
        if excess <= 0.0 {
            return 0.0;
        }
        -self.z.signum() * excess / ((BETA + self.n.sqrt()) / ALPHA + L2)
    }

    fn learn(&mut self, gradient: f32) {
        let weight = self.weight();
        let squared = gradient * gradient;
        let step = ((self.n + squared).sqrt() - self.n.sqrt()) / ALPHA;
        self.z += gradient - step * weight;
        self.n += squared;
    }
}

/// Learns from one labelled edit after the other.
#[derive(Clone, Debug)]
pub(super) struct Regression {
    items: Vec<Sums>,
    bias: Sums,
}

impl Regression {
    pub(super) fn new(n_items: usize) -> Self {
        Self {
            items: vec![Sums::default(); n_items],
            bias: Sums::default(),
        }
    }

    /// The weight of an item, in nats.
    pub(super) fn weight(&self, place: usize) -> f32 {
        self.items[place].weight()
    }

    /// Learns from an edit of these items, of which each has the same value.
    pub(super) fn add(&mut self, places: &[(usize, f32)], is_bad: bool) {
        let margin: f32 = places
            .iter()
            .map(|&(place, value)| self.items[place].weight() * value)
            .sum::<f32>()
            + self.bias.weight();
        let error = 1.0 / (1.0 + (-margin).exp()) - f32::from(u8::from(is_bad));
        self.bias.learn(error);
        for &(place, value) in places {
            self.items[place].learn(error * value);
        }
    }
}
