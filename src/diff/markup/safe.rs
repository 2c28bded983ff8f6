//! Which characters fail the element that they stand in.
//!
//! The names of templates, parameters and links, and the titles of addresses, may not hold every
//! character. Some fail the element only with what stands beside them, which its scope remembers.

use super::scope::*;
use super::{FAILED, Failed, Frame, Parser};

impl Parser<'_> {
    /// Whether the element may go on with this character; see the names of the scopes.
    pub(super) fn check_safe(&self, frame: &mut Frame, this: u8) -> Result<(), Failed> {
        let scope = frame.scope;
        let added = if scope & FAIL_NEXT != 0 {
            return Err(FAILED);
        } else if scope & LINK_TITLE != 0 {
            match this {
                b']' | b'{' => FAIL_NEXT,
                b'<' if self.at(1) == Some(b'!') => FAIL_NEXT,
                b'\n' | b'[' | b'}' | b'>' | b'<' => return Err(FAILED),
                _ => 0,
            }
        } else if scope & ADDRESS_TITLE != 0 {
            match this {
                b'\n' => return Err(FAILED),
                _ => 0,
            }
        } else if scope & TEMPLATE_NAME != 0 {
            match this {
                b'{' => HAS_TEMPLATE | FAIL_NEXT,
                b'}' => FAIL_NEXT,
                b'<' if self.at(1) == Some(b'!') => FAIL_NEXT,
                b'[' | b']' | b'<' | b'>' => return Err(FAILED),
                b'|' => 0,
                b'\n' if scope & HAS_TEXT != 0 => FAIL_ON_TEXT,
                _ if scope & HAS_TEXT != 0 && scope & FAIL_ON_TEXT == 0 => 0,
                _ if self.is_space_here() => 0,
                _ if scope & FAIL_ON_TEXT != 0 => return Err(FAILED),
                _ => HAS_TEXT,
            }
        } else if scope & FAIL_ON_EQUALS != 0 {
            match this {
                b'=' => return Err(FAILED),
                _ => 0,
            }
        } else if scope & AFTER_BRACE != 0
            && (this == b'{' || self.bytes[..self.pos].ends_with(b"{{"))
        {
            if scope & TEMPLATE != 0 {
                FAIL_ON_EQUALS
            } else {
                FAIL_NEXT
            }
        } else if scope & AFTER_BRACE != 0 {
            frame.scope &= !AFTER_BRACE;
            0
        } else if scope & AFTER_END_BRACE != 0 && this == b'}' {
            FAIL_NEXT
        } else if scope & AFTER_END_BRACE != 0 {
            frame.scope &= !AFTER_END_BRACE;
            0
        } else {
            match this {
                b'{' => AFTER_BRACE,
                b'}' => AFTER_END_BRACE,
                _ => 0,
            }
        };
        frame.scope |= added;
        Ok(())
    }
}
