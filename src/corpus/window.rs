//! How long a revert may take to count.

use std::str::FromStr;

/// Time within which a revert counts; `None` for any time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window(pub Option<i64>);

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        const UNITS: [(char, i64); 4] = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
        UNITS
            .iter()
            .find_map(|&(unit, seconds)| {
                text.strip_suffix(unit)?
                    .parse::<u32>()
                    .ok()
                    .map(|n| i64::from(n) * seconds)
            })
            .map(|seconds| Self(Some(seconds)))
            .ok_or_else(|| {
                format!("expected a time such as 48h, 90m, 30s or 7d, or none, got {text:?}")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_have_a_unit() {
        for (text, seconds) in [
            ("48h", Some(172_800)),
            ("90m", Some(5400)),
            ("30s", Some(30)),
            ("7d", Some(604_800)),
            ("none", None),
        ] {
            assert_eq!(text.parse::<Window>().unwrap(), Window(seconds), "{text}");
        }
        for text in ["48", "h", "-1h", "", "2 weeks"] {
            assert_eq!(
                text.parse::<Window>().unwrap_err(),
                format!("expected a time such as 48h, 90m, 30s or 7d, or none, got {text:?}")
            );
        }
    }
}
