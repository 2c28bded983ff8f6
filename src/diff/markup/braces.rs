//! Templates and parameters: `{{name|key=value}}`, `{{{name|default}}}`.

use super::scope::*;
use super::{FAILED, Failed, Frame, Parser, is_before};

impl Parser<'_> {
    /// A run of opening braces: parameters (three) and templates (two) around each other, the
    /// innermost first.
    pub(super) fn parse_braces(&mut self, outer: &mut Frame) {
        let n = self.bytes[self.pos..]
            .iter()
            .take(255)
            .take_while(|&&byte| byte == b'{')
            .count();
        self.pos += n;
        self.depth += 1;
        let mut n_left = n;
        while n_left >= 2 {
            let content = if n_left < n { HAS_TEMPLATE } else { 0 };
            if n_left > 2
                && is_before(self.pos, self.last.triple_brace)
                && self.parse(ARGUMENT_NAME).is_ok()
            {
                n_left -= 3;
            } else if is_before(self.pos, self.last.double_brace)
                && self.parse(TEMPLATE_NAME | content).is_ok()
            {
                self.counts.templates += 1;
                n_left -= 2;
            } else {
                break;
            }
        }
        self.depth -= 1;
        if n_left == 0 {
            outer.scope &= !FAIL_NEXT;
        }
    }

    pub(super) fn start_parameter(&mut self, frame: &mut Frame) -> Result<(), Failed> {
        if frame.is(TEMPLATE_NAME) && !frame.is(HAS_TEXT | HAS_TEMPLATE) {
            return Err(FAILED);
        }
        if !frame.is(PARAMETER_KEY) {
            frame.base = frame.scope & !(TEMPLATE_NAME | PARAMETER_VALUE);
            self.depth += 1;
        }
        frame.scope = frame.base | PARAMETER_KEY;
        self.pos += 1;
        Ok(())
    }

    pub(super) fn start_value(&mut self, frame: &mut Frame) {
        frame.scope = frame.base | PARAMETER_VALUE;
        self.depth -= 1;
        self.pos += 1;
    }

    pub(super) fn end_template(&mut self, frame: &Frame) -> Result<(), Failed> {
        if frame.is(TEMPLATE_NAME) && !frame.is(HAS_TEXT | HAS_TEMPLATE) {
            return Err(FAILED);
        }
        self.end_by(2)
    }
}
