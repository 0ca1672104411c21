//! The text that comes out of a page: where lines break, and which blanks count.

use crate::text::unix_lines;

/// Text as it is laid out: blanks collapse, blocks begin a line.
#[derive(Default)]
pub struct Flow {
    text: String,
    /// Line ends owed before the next word.
    breaks: usize,
    is_blank_owed: bool,
    /// Tabs owed before the next word: cells before it in its row.
    tabs: usize,
    /// Those of them that are owed by the row, whatever is in its cells.
    row_breaks: usize,
    /// No cell of this row was opened yet.
    is_row_start: bool,
    /// Nothing was written since this cell was opened.
    is_cell_start: bool,
    /// How deep inside elements whose blanks count.
    pre_depth: usize,
}

impl Flow {
    /// Adds text of the page; entities are decoded already.
    pub fn text(&mut self, text: &str) {
        if self.pre_depth > 0 {
            self.preformatted(text);
            return;
        }
        for word in text.split_inclusive(is_blank) {
            let trimmed = word.trim_end_matches(is_blank);
            if !trimmed.is_empty() {
                self.settle();
                self.text.push_str(trimmed);
            }
            self.is_blank_owed |= trimmed.len() < word.len();
        }
    }

    fn preformatted(&mut self, text: &str) {
        for line in unix_lines(text).split_inclusive('\n') {
            let words = line.trim_end_matches('\n');
            if !words.is_empty() {
                self.settle();
                self.text.push_str(words);
            }
            self.breaks += usize::from(line.ends_with('\n'));
        }
    }

    /// The next word begins a line, with `blank_lines` empty ones before it; not the first of a cell.
    pub fn block(&mut self, blank_lines: usize) {
        if !self.is_cell_start {
            self.begin_line(blank_lines);
        }
    }

    /// The next word begins a line, wherever we are; the next cell is the first one of it.
    pub fn row(&mut self, blank_lines: usize) {
        (self.is_row_start, self.is_cell_start) = (true, false);
        self.begin_line(blank_lines);
        self.row_breaks = self.breaks;
    }

    fn begin_line(&mut self, blank_lines: usize) {
        self.breaks = self.breaks.max(blank_lines + 1);
        self.is_blank_owed = false;
        self.tabs = 0;
    }

    /// One line end, whatever was owed before.
    pub fn line_break(&mut self) {
        self.breaks += 1;
        self.is_blank_owed = false;
        self.tabs = 0;
    }

    /// The next word is in the next cell of a row.
    pub fn cell(&mut self) {
        if !self.is_row_start {
            self.tabs += 1;
            self.close_cell();
        }
        (self.is_row_start, self.is_cell_start) = (false, true);
        self.is_blank_owed = false;
    }

    /// What the end of the cell owes to the next block in it is forgiven.
    pub fn close_cell(&mut self) {
        self.breaks = self.row_breaks;
        (self.is_blank_owed, self.is_cell_start) = (false, false);
    }

    /// From here on blanks count.
    pub fn open_pre(&mut self) {
        self.pre_depth += 1;
    }

    /// From here on they do not, unless another such element is still open.
    pub fn close_pre(&mut self) {
        self.pre_depth = self.pre_depth.saturating_sub(1);
    }

    /// All of it; what was owed at the end is forgiven.
    pub fn finish(self) -> String {
        self.text
    }

    /// Writes what is owed: nothing at the start, no more than two empty lines anywhere.
    fn settle(&mut self) {
        if self.breaks > 0 && !self.text.is_empty() {
            for _ in 0..self.breaks.min(MOST_BREAKS) {
                self.text.push('\n');
            }
        }
        let is_line_start = self.text.is_empty() || self.breaks > 0;
        for _ in 0..self.tabs.min(MOST_TABS) {
            self.text.push('\t');
        }
        if self.is_blank_owed && self.tabs == 0 && !is_line_start {
            self.text.push(' ');
        }
        (self.breaks, self.tabs, self.is_blank_owed) = (0, 0, false);
        (self.row_breaks, self.is_cell_start) = (0, false);
    }
}

/// Layout tables and runs of `<br>` are no content: the rest of them says nothing more.
const MOST_BREAKS: usize = 3;
const MOST_TABS: usize = 16;

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}
