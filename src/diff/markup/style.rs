//! Bold, italics, list bullets and rules: markup that stands for a tag.

use super::scope::*;
use super::{Frame, Parser, is_before};

impl Parser<'_> {
    /// A run of apostrophes; whether it closes the element that is open.
    pub(super) fn parse_style(&mut self, frame: &mut Frame) -> bool {
        let n = self.run_length(b'\'');
        self.pos += n;
        // Apostrophes that are none of the marks stand before them.
        let n = match n {
            4 => 3,
            n => n.min(5),
        };
        if (frame.is(ITALICS) && n != 3) || (frame.is(BOLD) && n != 2) {
            if n == 5 {
                self.pos -= if frame.is(ITALICS) { 3 } else { 2 };
            }
            return true;
        }
        if !self.can_recurse() {
            if n == 3 && frame.is(SECOND_PASS) {
                return true;
            }
            if n == 3 && frame.is(ITALICS) {
                frame.scope |= PASS_AGAIN;
            }
            return false;
        }
        match n {
            2 => self.parse_italics(),
            3 => return self.parse_bold(frame),
            _ => self.parse_bold_italics(),
        }
        false
    }

    fn parse_italics(&mut self) {
        let is_italic = match self.attempt_style(ITALICS) {
            Ok(()) => true,
            Err(pass_again) => pass_again && self.attempt_style(ITALICS | SECOND_PASS).is_ok(),
        };
        self.counts.tags += u32::from(is_italic);
    }

    /// Bold; whether its mark closes the element that is open instead.
    fn parse_bold(&mut self, frame: &mut Frame) -> bool {
        if self.attempt_style(BOLD).is_ok() {
            self.counts.tags += 1;
        } else if frame.is(SECOND_PASS) {
            return true;
        } else if frame.is(ITALICS) {
            frame.scope |= PASS_AGAIN;
        } else {
            self.parse_italics();
        }
        false
    }

    /// Five apostrophes: either mark may close first.
    fn parse_bold_italics(&mut self) {
        for (first, second) in [(BOLD, ITALICS), (ITALICS, BOLD)] {
            if self.attempt_style(first).is_ok() {
                self.counts.tags += 1 + u32::from(self.attempt_style(second).is_ok());
                return;
            }
        }
    }

    fn attempt_style(&mut self, scope: u32) -> Result<(), bool> {
        let mark = if scope & BOLD != 0 {
            self.last.triple_tick
        } else {
            self.last.double_tick
        };
        if !is_before(self.pos, mark) {
            return Err(false);
        }
        self.parse(scope)
            .map(|_| ())
            .map_err(|failed| failed.pass_again)
    }

    /// List bullets at the start of a line, each of them a tag.
    pub(super) fn parse_bullets(&mut self, frame: &mut Frame) {
        while let Some(bullet @ (b'#' | b'*' | b';' | b':')) = self.at(0) {
            if bullet == b';' {
                frame.scope |= TERM;
            }
            self.counts.tags += 1;
            self.pos += 1;
        }
    }

    /// The end of a `;` term: by a `:`, which is a tag too, or with its line.
    pub(super) fn end_term(&mut self, frame: &mut Frame) {
        frame.scope &= !TERM;
        match self.at(0) {
            Some(b':') => self.counts.tags += 1,
            _ => frame.scope &= !CELL_LINE,
        }
        self.pos += 1;
    }

    pub(super) fn parse_rule(&mut self) {
        self.counts.tags += 1;
        self.pos += self.run_length(b'-');
    }
}
