//! Pictures of a report, as SVG.
//!
//! One picture is one file; `plot` is what they draw on. Colours are mid-tones with a contrast
//! of at least 3 to 1 on white and on near-black, and the background is transparent, so that a
//! picture can be put on any page; a style sheet that asks for the reader's colour scheme would
//! go wrong where a light page is shown on a dark desktop. Every picture has a title and a
//! description for those who do not see it.

mod caught;
mod distribution;
mod importance;
mod plot;
mod precision_recall;
mod reliability;

use super::Report;

/// A drawing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    /// What it shows, as a file name without its ending.
    pub name: &'static str,
    /// The drawing, a whole SVG document.
    pub svg: String,
}

impl Picture {
    /// A scorer's most important features, given by name with their shares of the whole; at most
    /// twenty are drawn. A report knows nothing of features, so its owner asks for this one.
    pub fn feature_importance(shares: &[(&str, f64)]) -> Self {
        importance::draw(shares)
    }
}

impl Report {
    /// The pictures that the report's Markdown links to. Those for which there is nothing to
    /// draw, because all rows have the same label, are left out.
    pub fn pictures(&self) -> Vec<Picture> {
        [
            caught::draw,
            precision_recall::draw,
            reliability::draw,
            distribution::draw,
        ]
        .into_iter()
        .filter_map(|draw| draw(self))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{Options, evaluate, testing::outcomes};

    /// Every tag is closed in its turn, and no bare `&` or `<` is left.
    #[track_caller]
    fn check_well_formed(svg: &str) {
        let mut open = Vec::new();
        let mut rest = svg;
        while let Some(start) = rest.find('<') {
            assert!(
                !rest[..start].contains('>'),
                "bare > before {:?}",
                &rest[start..]
            );
            let end = start + rest[start..].find('>').expect("a tag ends");
            let tag = &rest[start + 1..end];
            assert!(!tag.contains('<'), "bare < in {tag:?}");
            assert_eq!(tag.matches('"').count() % 2, 0, "open quote in {tag:?}");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(tag.split_whitespace().next().unwrap());
            }
            rest = &rest[end + 1..];
        }
        assert!(open.is_empty(), "not closed: {open:?}");
        for entity in svg.split('&').skip(1) {
            assert!(
                ["amp;", "lt;", "gt;", "quot;"]
                    .iter()
                    .any(|known| entity.starts_with(known)),
                "bare &"
            );
        }
        assert!(
            !svg.contains("NaN") && !svg.contains("inf"),
            "a number that is none"
        );
        #[cfg(feature = "corpus")]
        {
            let mut reader = quick_xml::Reader::from_str(svg);
            while reader.read_event().expect("well-formed XML") != quick_xml::events::Event::Eof {}
        }
    }

    #[track_caller]
    fn check(rows: &[(f64, bool)], names: &[&str]) {
        let options = Options {
            label: "<bad> & \"worse\"".to_owned(),
            resamples: 20,
            ..Options::default()
        };
        let pictures = evaluate(&outcomes(rows), &options).unwrap().pictures();
        assert_eq!(
            pictures
                .iter()
                .map(|picture| picture.name)
                .collect::<Vec<_>>(),
            names
        );
        for picture in pictures {
            check_well_formed(&picture.svg);
            assert!(
                picture.svg.contains("<title ") && picture.svg.contains("<desc "),
                "{}",
                picture.name
            );
        }
    }

    #[test]
    fn pictures_are_well_formed() {
        let rows: Vec<_> = (0..40)
            .map(|idx| (f64::from(idx * 7 % 40) / 40.0, idx % 3 == 0))
            .collect();
        check(
            &rows,
            &["caught", "precision-recall", "calibration", "scores"],
        );
        check(
            &[(0.0, true), (1.0, false)],
            &["caught", "precision-recall", "calibration", "scores"],
        );
    }

    #[test]
    fn what_does_not_exist_is_not_drawn() {
        check(&[(0.3, false), (0.4, false)], &["calibration", "scores"]);
    }

    #[test]
    fn feature_importance_is_well_formed_whatever_the_names() {
        for shares in [
            &[][..],
            &[("a.b", 0.0)],
            &[("page.<&>", 0.75), ("user.is_anon", 0.25)],
            &[("x", f64::NAN)],
        ] {
            check_well_formed(&Picture::feature_importance(shares).svg);
        }
    }
}
